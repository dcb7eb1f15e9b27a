// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <vedette/options.pb.h>

#include <string>
#include <string_view>
#include <vector>

namespace vedette::codegen {

// One HTTP way into an operation.
struct Route {
  std::string verb;                    // "GET"
  std::string pattern;                 // "/api/v1/studies/{study_id}"
  bool has_body = false;               // the request comes as JSON in the body
  std::vector<std::string> variables;  // proto names of fields in the path
};

struct Method {
  const google::protobuf::MethodDescriptor* descriptor;
  MethodPolicy policy;
  std::vector<Route> routes;
  std::string comment;  // of the contract, without "//"; may have several lines

  bool streams() const { return descriptor->server_streaming(); }
};

struct Service {
  const google::protobuf::ServiceDescriptor* descriptor;
  std::string name;  // "Trial" of "TrialService"
  std::vector<Method> methods;
  std::string comment;
};

// Reads the services of a file and checks them. False, and a sentence that names the place and what
// is wrong with it, for a contract that cannot be generated.
bool ReadContract(const google::protobuf::FileDescriptor& file,
                  std::vector<Service>* services,
                  std::string* error);

// "a.b" with every `from` replaced.
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);

// The comment before a declaration, without leading blanks; empty when there is none.
template <class Descriptor>
std::string LeadingComment(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return {};
  std::string text =
      location.leading_comments.empty() ? location.trailing_comments : location.leading_comments;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (!text.empty() && text.front() == ' ') text.erase(0, 1);
  return ReplaceAll(std::move(text), "\n ", "\n");
}

}  // namespace vedette::codegen
