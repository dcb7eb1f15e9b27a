// SPDX-License-Identifier: Apache-2.0
#include "codegen/contract.h"

#include <google/api/annotations.pb.h>

#include <regex>
#include <set>

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;

bool Refuse(std::string* error, const std::string& place, const std::string& what) {
  *error = place + ": " + what;
  return false;
}

bool ReadPattern(const google::api::HttpRule& rule, Route* route, std::string* error) {
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet:
      route->verb = "GET", route->pattern = rule.get();
      break;
    case google::api::HttpRule::kPut:
      route->verb = "PUT", route->pattern = rule.put();
      break;
    case google::api::HttpRule::kPost:
      route->verb = "POST", route->pattern = rule.post();
      break;
    case google::api::HttpRule::kDelete:
      route->verb = "DELETE", route->pattern = rule.delete_();
      break;
    case google::api::HttpRule::kPatch:
      route->verb = "PATCH", route->pattern = rule.patch();
      break;
    default:
      *error = "google.api.http needs one of get, put, post, delete and patch";
      return false;
  }
  return true;
}

bool ReadRoute(const google::api::HttpRule& rule,
               const pb::MethodDescriptor& method,
               Route* route,
               std::string* error) {
  if (!ReadPattern(rule, route, error)) return false;
  if (route->pattern.empty() || route->pattern.front() != '/') {
    *error = "the route \"" + route->pattern + "\" must begin with a slash";
    return false;
  }
  if (!rule.body().empty() && rule.body() != "*") {
    *error = "body must be \"*\" or absent, not \"" + rule.body() + "\"";
    return false;
  }
  route->has_body = rule.body() == "*";
  if (route->has_body && (route->verb == "GET" || route->verb == "DELETE")) {
    *error = route->verb + " takes no body";
    return false;
  }
  for (std::size_t at = 0; (at = route->pattern.find('{', at)) != std::string::npos; ++at) {
    const std::size_t end = route->pattern.find('}', at);
    if (end == std::string::npos) {
      *error = "the route \"" + route->pattern + "\" lacks a closing brace";
      return false;
    }
    const std::string name = route->pattern.substr(at + 1, end - at - 1);
    const pb::FieldDescriptor* field = method.input_type()->FindFieldByName(name);
    if (field == nullptr || field->is_repeated() ||
        field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      *error = "the route's variable {" + name + "} is no single-valued field of " +
               method.input_type()->full_name();
      return false;
    }
    route->variables.push_back(name);
  }
  return true;
}

bool CheckScopeField(const pb::MethodDescriptor& method,
                     const std::string& option,
                     const std::string& name,
                     std::string* error) {
  if (name.empty()) return true;
  const pb::FieldDescriptor* field = method.input_type()->FindFieldByName(name);
  if (field == nullptr) {
    return Refuse(error, method.full_name(),
                  option + " names \"" + name + "\", which is no field of " +
                      method.input_type()->full_name());
  }
  if (field->is_repeated() || field->type() != pb::FieldDescriptor::TYPE_STRING) {
    return Refuse(error, method.full_name(), option + " must name a single string field");
  }
  return true;
}

bool CheckPolicy(const pb::MethodDescriptor& method,
                 const MethodPolicy& policy,
                 std::string* error) {
  const int ways = (policy.permission().empty() ? 0 : 1) + (policy.open() ? 1 : 0) +
                   (policy.authenticated() ? 1 : 0);
  if (ways != 1) {
    return Refuse(error, method.full_name(),
                  "vedette.policy must set exactly one of permission, open and authenticated");
  }
  if (policy.permission().empty() &&
      !(policy.study_field().empty() && policy.site_field().empty())) {
    return Refuse(error, method.full_name(), "study_field and site_field need a permission");
  }
  if (policy.study_field().empty() && !policy.site_field().empty()) {
    return Refuse(error, method.full_name(), "site_field needs a study_field");
  }
  if (policy.success_status() != 0 &&
      (policy.success_status() < 200 || policy.success_status() > 299)) {
    return Refuse(error, method.full_name(), "success_status must be 200 to 299");
  }
  const std::string& rate = policy.rate_class();
  if (!rate.empty() && rate != "capture" && rate != "interactive" && rate != "report") {
    return Refuse(error, method.full_name(),
                  "rate_class must be capture, interactive or report, not \"" + rate + "\"");
  }
  if ((policy.stale_if_error_ms() != 0 || policy.hedge_after_ms() != 0) &&
      (!policy.idempotent() || method.server_streaming())) {
    return Refuse(error, method.full_name(),
                  "stale_if_error_ms and hedge_after_ms need a call that is idempotent and unary");
  }
  return CheckScopeField(method, "study_field", policy.study_field(), error) &&
         CheckScopeField(method, "site_field", policy.site_field(), error) &&
         CheckScopeField(method, "affinity_field", policy.affinity_field(), error);
}

bool CheckField(const pb::FieldDescriptor& field, std::string* error) {
  using Field = pb::FieldDescriptor;
  if (field.is_map() || field.type() == Field::TYPE_GROUP) {
    return Refuse(error, field.full_name(), "maps and groups are not offered in contracts");
  }
  if (!field.options().HasExtension(vedette::field_rules)) return true;
  const FieldRules& rule = field.options().GetExtension(vedette::field_rules);
  const bool text = field.cpp_type() == Field::CPPTYPE_STRING;
  const bool number = !text && field.cpp_type() != Field::CPPTYPE_MESSAGE &&
                      field.cpp_type() != Field::CPPTYPE_ENUM &&
                      field.cpp_type() != Field::CPPTYPE_BOOL;
  if (!text && (rule.min_length() != 0 || rule.max_length() != 0 || !rule.pattern().empty())) {
    return Refuse(error, field.full_name(), "lengths and patterns are for strings");
  }
  if (!number && (rule.has_minimum() || rule.has_maximum() || rule.has_exclusive_minimum())) {
    return Refuse(error, field.full_name(), "minimum and maximum are for numbers");
  }
  if (!field.is_repeated() && (rule.min_items() != 0 || rule.max_items() != 0)) {
    return Refuse(error, field.full_name(), "min_items and max_items are for repeated fields");
  }
  if (!rule.pattern().empty()) {
    try {
      std::regex compiled(rule.pattern());
    } catch (const std::regex_error&) {
      return Refuse(error, field.full_name(), "the pattern is not a regular expression");
    }
  }
  return true;
}

bool CheckMessage(const pb::Descriptor& message,
                  std::set<const pb::Descriptor*>* seen,
                  std::string* error) {
  if (!seen->insert(&message).second) return true;
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    if (!CheckField(field, error)) return false;
    if (field.message_type() != nullptr && !CheckMessage(*field.message_type(), seen, error)) {
      return false;
    }
  }
  return true;
}

bool ReadMethod(const pb::MethodDescriptor& method, Method* read, std::string* error) {
  read->descriptor = &method;
  read->comment = LeadingComment(method);
  if (method.client_streaming()) {
    return Refuse(error, method.full_name(), "client streaming is not offered");
  }
  if (!method.options().HasExtension(policy)) {
    return Refuse(error, method.full_name(),
                  "lacks option (vedette.policy): say permission, open or authenticated");
  }
  read->policy = method.options().GetExtension(policy);
  if (!CheckPolicy(method, read->policy, error)) return false;
  if (!method.options().HasExtension(google::api::http)) return true;
  if (read->policy.internal()) {
    return Refuse(error, method.full_name(), "an internal operation has no google.api.http route");
  }
  const google::api::HttpRule& rule = method.options().GetExtension(google::api::http);
  std::vector<const google::api::HttpRule*> bindings{&rule};
  for (const google::api::HttpRule& more : rule.additional_bindings()) bindings.push_back(&more);
  for (const google::api::HttpRule* binding : bindings) {
    Route route;
    std::string what;
    if (!ReadRoute(*binding, method, &route, &what)) return Refuse(error, method.full_name(), what);
    read->routes.push_back(std::move(route));
  }
  return true;
}

}  // namespace

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool ReadContract(const pb::FileDescriptor& file,
                  std::vector<Service>* services,
                  std::string* error) {
  constexpr std::string_view kSuffix = "Service";
  std::set<const pb::Descriptor*> seen;
  for (int i = 0; i < file.service_count(); ++i) {
    const pb::ServiceDescriptor& descriptor = *file.service(i);
    const std::string& name = descriptor.name();
    if (name.size() <= kSuffix.size() || !name.ends_with(kSuffix)) {
      return Refuse(error, descriptor.full_name(), "a service's name ends in \"Service\"");
    }
    Service service{
        &descriptor, name.substr(0, name.size() - kSuffix.size()), {}, LeadingComment(descriptor)};
    for (int j = 0; j < descriptor.method_count(); ++j) {
      const pb::MethodDescriptor& method = *descriptor.method(j);
      Method read;
      if (!ReadMethod(method, &read, error)) return false;
      if (!CheckMessage(*method.input_type(), &seen, error)) return false;
      if (!CheckMessage(*method.output_type(), &seen, error)) return false;
      service.methods.push_back(std::move(read));
    }
    services->push_back(std::move(service));
  }
  return true;
}

}  // namespace vedette::codegen
