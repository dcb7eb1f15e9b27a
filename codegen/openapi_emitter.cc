// SPDX-License-Identifier: Apache-2.0
#include "codegen/openapi_emitter.h"

#include <algorithm>
#include <map>
#include <set>

#include "codegen/json_text.h"
#include "codegen/openapi_schema.h"

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;

constexpr char kProblemSchema[] = R"({
"type":"object","description":"What went wrong (RFC 9457).",
"properties":{
"type":{"type":"string"},
"title":{"type":"string"},
"status":{"type":"integer","format":"int32"},
"detail":{"type":"string","description":"A sentence for people."},
"code":{"type":"string","description":"For programs: INVALID_ARGUMENT, NOT_FOUND, …"},
"errors":{"type":"array","description":"Every field that is wrong.","items":{"type":"object",
"properties":{"field":{"type":"string","description":"A path: events[3].value"},
"description":{"type":"string"}},"required":["field","description"]}}},
"required":["type","title","status","detail","code"]})";

constexpr char kProblemResponse[] = R"({"description":"The call failed.","content":{
"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}})";

std::string Lower(std::string text, std::size_t count) {
  for (std::size_t i = 0; i < std::min(count, text.size()); ++i) {
    if (text[i] >= 'A' && text[i] <= 'Z') text[i] += 'a' - 'A';
  }
  return text;
}

// "trial" of the file vedette/trial/v1/trial.proto.
std::string Tag(const Method& method) {
  const std::string& file = method.descriptor->file()->name();
  const std::size_t begin = file.rfind('/') + 1;
  return file.substr(begin, file.rfind('.') - begin);
}

std::string Path(const Method& method, const Route& route) {
  std::string path = route.pattern;
  for (const std::string& name : route.variables) {
    const std::string& json = method.descriptor->input_type()->FindFieldByName(name)->json_name();
    path = ReplaceAll(std::move(path), "{" + name + "}", "{" + json + "}");
  }
  return path;
}

const pb::FieldDescriptor* Resumes(const Method& method) {
  if (!method.streams()) return nullptr;
  if (method.descriptor->output_type()->FindFieldByName("sequence") == nullptr) return nullptr;
  return method.descriptor->input_type()->FindFieldByName("after");
}

std::string Parameters(const Method& method, const Route& route, const SchemaSet& schemas) {
  JsonArray parameters;
  const pb::Descriptor& request = *method.descriptor->input_type();
  for (int i = 0; i < request.field_count(); ++i) {
    const pb::FieldDescriptor& field = *request.field(i);
    const bool in_path = std::ranges::find(route.variables, field.name()) != route.variables.end();
    if ((!in_path && route.has_body) || field.message_type() != nullptr) continue;
    const bool required =
        in_path || (field.options().HasExtension(vedette::field_rules) &&
                    field.options().GetExtension(vedette::field_rules).required());
    JsonObject parameter;
    parameter.AddText("name", field.json_name())
        .AddText("in", in_path ? "path" : "query")
        .Add("required", required ? "true" : "false");
    if (const std::string comment = LeadingComment(field); !comment.empty()) {
      parameter.AddText("description", comment);
    }
    parameters.Add(parameter.Add("schema", schemas.Field(field, true)).ToString());
  }
  if (Resumes(method) != nullptr) {
    parameters.Add(JsonObject()
                       .AddText("name", "Last-Event-ID")
                       .AddText("in", "header")
                       .Add("required", "false")
                       .AddText("description", "Goes on after this event; browsers send it.")
                       .Add("schema", R"({"type":"string"})")
                       .ToString());
  }
  return parameters.empty() ? std::string() : parameters.ToString();
}

std::string Content(const std::string& type, const std::string& schema) {
  return JsonObject().Add(type, JsonObject().Add("schema", schema).ToString()).ToString();
}

std::string Responses(const Method& method, const SchemaSet& schemas) {
  const pb::Descriptor& response = *method.descriptor->output_type();
  const std::uint32_t status =
      method.policy.success_status() == 0 ? 200 : method.policy.success_status();
  JsonObject success;
  if (method.streams()) {
    success
        .AddText("description",
                 "Server-sent events \"" + Lower(response.name(), response.name().size()) +
                     "\", each with one " + response.name() +
                     " as data. An error later on is the event \"error\" with a Problem as data.")
        .Add("content", Content("text/event-stream", schemas.Reference(response, false)));
  } else {
    success.AddText("description", "Done.")
        .Add("content", Content("application/json", schemas.Reference(response, false)));
  }
  return JsonObject()
      .Add(std::to_string(status), success.ToString())
      .Add("default", R"({"$ref":"#/components/responses/Problem"})")
      .ToString();
}

std::string OperationObject(const Method& method,
                            const Route& route,
                            const std::string& id,
                            const SchemaSet& schemas) {
  JsonObject operation;
  operation.AddText("operationId", id).Add("tags", "[" + JsonString(Tag(method)) + "]");
  if (!method.comment.empty()) {
    // The first sentence is the summary.
    const std::string flat = ReplaceAll(method.comment, "\n", " ");
    const std::size_t end = flat.find(". ");
    operation.AddText("summary", end == std::string::npos ? flat : flat.substr(0, end + 1));
    if (end != std::string::npos) operation.AddText("description", flat);
  }
  if (const std::string parameters = Parameters(method, route, schemas); !parameters.empty()) {
    operation.Add("parameters", parameters);
  }
  if (route.has_body) {
    const std::string schema =
        schemas.Object(*method.descriptor->input_type(), true, route.variables);
    operation.Add("requestBody", JsonObject()
                                     .Add("required", "true")
                                     .Add("content", Content("application/json", schema))
                                     .ToString());
  }
  operation.Add("responses", Responses(method, schemas));
  if (method.policy.open()) operation.Add("security", "[]");
  if (!method.policy.permission().empty()) {
    operation.AddText("x-permission", method.policy.permission());
  }
  if (method.policy.idempotent()) operation.Add("x-idempotent", "true");
  return operation.ToString();
}

}  // namespace

std::string EmitOpenApi(const std::vector<Service>& services) {
  SchemaSet schemas;
  for (const Service& service : services) {
    for (const Method& method : service.methods) {
      if (method.routes.empty()) continue;
      schemas.AddRequest(*method.descriptor->input_type());
      schemas.AddResponse(*method.descriptor->output_type());
    }
  }
  std::map<std::string, std::map<std::string, std::string>> paths;
  std::set<std::string> ids;
  JsonArray tags;
  for (const Service& service : services) {
    if (!service.methods.empty()) {
      tags.Add(JsonObject().AddText("name", Tag(service.methods.front())).ToString());
    }
    for (const Method& method : service.methods) {
      for (const Route& route : method.routes) {
        std::string id = Lower(method.descriptor->name(), 1);
        while (!ids.insert(id).second) id += "_";
        paths[Path(method, route)].emplace(Lower(route.verb, route.verb.size()),
                                           OperationObject(method, route, id, schemas));
      }
    }
  }
  JsonObject path_items;
  for (const auto& [path, operations] : paths) {
    JsonObject item;
    for (const auto& [verb, operation] : operations) item.Add(verb, operation);
    path_items.Add(path, "\n" + item.ToString());
  }
  JsonObject all_schemas;
  all_schemas.Add("Problem", kProblemSchema);
  schemas.EmitAll(&all_schemas);
  JsonObject components;
  components.Add("schemas", all_schemas.ToString())
      .Add("responses", JsonObject().Add("Problem", kProblemResponse).ToString())
      .Add("securitySchemes",
           R"({"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}})");
  JsonObject info;
  info.AddText("title", "Vedette")
      .AddText("version", "1")
      .AddText("description", "Real-time monitoring of clinical research.")
      .Add("license", R"({"name":"Apache-2.0","identifier":"Apache-2.0"})");
  return JsonObject()
             .AddText("openapi", "3.1.0")
             .Add("info", info.ToString())
             .Add("security", R"([{"bearer":[]}])")
             .Add("tags", tags.ToString())
             .Add("paths", path_items.ToString())
             .Add("components", components.ToString())
             .ToString() +
         "\n";
}

}  // namespace vedette::codegen
