// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "codegen/json_text.h"

namespace vedette::codegen {

// JSON Schemas (2020-12, as OpenAPI 3.1 takes them) of messages and enums. A message that is both
// sent and received has two: what we send always holds the fields without presence, what we take
// holds those the rules require ("ItemInput").
class SchemaSet {
 public:
  // Learns which messages are taken and which are sent, before anything else is asked.
  void AddRequest(const google::protobuf::Descriptor& message);
  void AddResponse(const google::protobuf::Descriptor& message);

  // {"$ref": …}
  std::string Reference(const google::protobuf::Descriptor& message, bool input) const;
  // The schema of a field's value; with what the contract says about it.
  std::string Field(const google::protobuf::FieldDescriptor& field, bool input) const;
  // An object without the named fields: a request whose path holds them.
  std::string Object(const google::protobuf::Descriptor& message,
                     bool input,
                     const std::vector<std::string>& without) const;

  // All that are referred to, under components/schemas.
  void EmitAll(JsonObject* schemas) const;

 private:
  using Messages = std::set<const google::protobuf::Descriptor*>;
  void Collect(const google::protobuf::Descriptor& message, Messages* into);
  std::string Name(const google::protobuf::Descriptor& message, bool input) const;
  std::string Value(const google::protobuf::FieldDescriptor& field, bool input) const;

  Messages requests_;  // the requests themselves are inlined where they are taken
  Messages taken_;     // within requests
  Messages sent_;
  std::set<const google::protobuf::EnumDescriptor*> enums_;
  std::map<std::string, std::set<std::string>> full_names_;  // by short name
};

}  // namespace vedette::codegen
