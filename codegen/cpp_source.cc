// SPDX-License-Identifier: Apache-2.0
#include "codegen/cpp_emitter.h"

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;

constexpr char kGlue[] = "::vedette::rpc::glue::";

std::string Quote(const std::string& text) {
  return "\"" + ReplaceAll(ReplaceAll(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string Types(const Service& service, const Method& method) {
  return service.name + "Api, " + CppType(*method.descriptor->input_type()) + ", " +
         CppType(*method.descriptor->output_type());
}

std::string Pointer(const Service& service, const Method& method) {
  return "&" + service.name + "Api::" + method.descriptor->name();
}

// "trial.GetStudy" of vedette.trial.v1.TrialService.GetStudy.
std::string Label(const Method& method) {
  const std::string& stem = method.descriptor->file()->name();
  const std::size_t slash = stem.rfind('/');
  const std::size_t from = slash == std::string::npos ? 0 : slash + 1;
  return stem.substr(from, stem.rfind('.') - from) + "." + method.descriptor->name();
}

std::string RateClassOf(const MethodPolicy& policy) {
  const std::string prefix = "::vedette::RateClass::";
  if (policy.rate_class() == "capture") return prefix + "kCapture";
  return prefix + (policy.rate_class() == "report" ? "kReport" : "kInteractive");
}

void EmitInfos(const Service& service, std::string* out) {
  *out += "constexpr ::vedette::rpc::MethodInfo k" + service.name + "Methods[] = {\n";
  for (const Method& method : service.methods) {
    const MethodPolicy& policy = method.policy;
    const std::string full = service.descriptor->full_name();
    const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
    *out +=
        "    {.service = " + Quote(full) + ", .name = " + Quote(method.descriptor->name()) +
        ", .path = " + Quote("/" + full + "/" + method.descriptor->name()) +
        ",\n     .label = " + Quote(Label(method)) +
        ", .permission = " + Quote(policy.permission()) +
        ",\n     .study_field = " + Quote(policy.study_field()) +
        ", .site_field = " + Quote(policy.site_field()) + ", .rate_class = " + RateClassOf(policy) +
        ",\n     .timeout = ::std::chrono::milliseconds(" + std::to_string(policy.timeout_ms()) +
        "), .max_request_bytes = " + std::to_string(policy.max_request_bytes()) +
        ",\n     .success_status = " +
        std::to_string(policy.success_status() == 0 ? 200 : policy.success_status()) +
        ",\n     .feature = " + Quote(policy.feature()) +
        ", .affinity_field = " + Quote(policy.affinity_field()) +
        ",\n     .stale_if_error = ::std::chrono::milliseconds(" +
        std::to_string(policy.stale_if_error_ms()) +
        "), .hedge_after = ::std::chrono::milliseconds(" + std::to_string(policy.hedge_after_ms()) +
        "),\n     .open = " + flag(policy.open()) + ", .internal = " + flag(policy.internal()) +
        ", .idempotent = " + flag(policy.idempotent()) + ", .streams = " + flag(method.streams()) +
        "},\n";
  }
  *out += "};\n\n";
}

void EmitOperations(const Service& service, std::string* out) {
  *out += "constexpr ::vedette::rpc::Operation k" + service.name + "Operations[] = {\n";
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    const Method& method = service.methods[i];
    const auto prototype = [](const pb::Descriptor* type) {
      return "&" + std::string(kGlue) + "Prototype<" + CppType(*type) + ">";
    };
    const std::string erased = "&" + std::string(kGlue) + (method.streams() ? "Stream<" : "Call<") +
                               Types(service, method) + ", " + Pointer(service, method) + ">";
    *out += "    {&k" + service.name + "Methods[" + std::to_string(i) + "], " +
            prototype(method.descriptor->input_type()) + ",\n     " +
            prototype(method.descriptor->output_type()) + ",\n     " +
            (method.streams() ? "nullptr, " + erased : erased + ", nullptr") + "},\n";
  }
  *out += "};\n\n";
}

// The head of an override of `method`.
std::string Override(const Method& method) {
  const std::string head = method.descriptor->name() + "(::vedette::CallContext context, " +
                           CppType(*method.descriptor->input_type()) + " request";
  const std::string response = CppType(*method.descriptor->output_type());
  if (method.streams()) {
    return "  ::vedette::Task<::vedette::Status> " + head + ", ::vedette::rpc::StreamWriter<" +
           response + ">& writer) override {\n";
  }
  return "  ::vedette::Task<::vedette::Result<" + response + ">> " + head + ") override {\n";
}

std::string Arguments(const Method& method) {
  return std::string("std::move(context), std::move(request)") +
         (method.streams() ? ", writer" : "");
}

void EmitGuard(const Service& service, std::string* out) {
  const std::string api = service.name + "Api";
  const std::string type = service.name + "Guard";
  *out += "class " + type + " final : public " + api + " {\n public:\n  " + type + "(" + api +
          "& implementation, const ::vedette::rpc::GuardDependencies& dependencies)\n"
          "      : implementation_(implementation), guard_(k" +
          service.name + "Operations, dependencies) {}\n";
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    const Method& method = service.methods[i];
    *out += "\n" + Override(method) + "    return " + kGlue +
            (method.streams() ? "GuardedStream<" : "Guarded<") + Types(service, method) +
            ">(\n        guard_[" + std::to_string(i) + "], implementation_, " +
            Pointer(service, method) + ", " + Arguments(method) + ");\n  }\n";
  }
  *out += "\n private:\n  " + api +
          "& implementation_;\n  ::vedette::rpc::ServiceGuard guard_;\n};\n\n";
}

void EmitClient(const Service& service, std::string* out) {
  const std::string type = service.name + "Client";
  *out += "class " + type + " final : public " + service.name + "Api {\n public:\n  explicit " +
          type +
          "(std::shared_ptr<::vedette::rpc::Channel> channel) : channel_(std::move(channel)) {}\n";
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    const Method& method = service.methods[i];
    *out += "\n" + Override(method) + "    return " + kGlue +
            (method.streams() ? "RemoteStream<" : "Remote<") +
            CppType(*method.descriptor->output_type()) + ">(\n        channel_, k" + service.name +
            "Methods[" + std::to_string(i) + "], " + Arguments(method) + ");\n  }\n";
  }
  *out += "\n private:\n  std::shared_ptr<::vedette::rpc::Channel> channel_;\n};\n\n";
}

void EmitFunctions(const Service& service, std::string* out) {
  const std::string& name = service.name;
  const std::string api = name + "Api";
  *out += "std::unique_ptr<" + api + "> Make" + name + "Guard(\n    " + api +
          "& implementation, ::vedette::rpc::GuardDependencies dependencies) {\n"
          "  return std::make_unique<" +
          name + "Guard>(implementation, dependencies);\n}\n\n";
  *out += "std::unique_ptr<::vedette::rpc::GrpcService> Make" + name + "GrpcService(" + api +
          "& api) {\n  return std::make_unique<::vedette::rpc::GrpcService>(k" + name +
          "Operations, &api);\n}\n\n";
  *out += "std::unique_ptr<" + api + "> Make" + name +
          "Client(std::shared_ptr<::vedette::rpc::Channel> channel) {\n  return std::make_unique<" +
          name + "Client>(std::move(channel));\n}\n\n";
  *out += "void Add" + name +
          "Routes([[maybe_unused]] ::vedette::http::Router& router,\n"
          "    [[maybe_unused]] " +
          api + "& api,\n    [[maybe_unused]] ::vedette::rpc::RestAdapter& adapter) {\n";
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    for (const Route& route : service.methods[i].routes) {
      *out += "  adapter.Add(router, k" + name + "Operations[" + std::to_string(i) + "], &api, {" +
              Quote(route.verb) + ", " + Quote(route.pattern) + ", " +
              (route.has_body ? "true" : "false") + "});\n";
    }
  }
  *out += "}\n\n";
}

}  // namespace

std::string EmitSource(const pb::FileDescriptor& file, const std::vector<Service>& services) {
  std::string out = "// Generated from " + file.name() + "; do not edit.\n#include <" + Stem(file) +
                    ".vedette.h>\n\n";
  if (services.empty()) return out;
  const std::string package = ReplaceAll(file.package(), ".", "::");
  out +=
      "#include <utility>\n\n#include \"kit/rpc/glue.h\"\n#include \"kit/rpc/grpc_service.h\"\n"
      "#include \"kit/rpc/rest.h\"\n\nnamespace " +
      package + " {\nnamespace {\n\n";
  for (const Service& service : services) {
    EmitInfos(service, &out);
    EmitOperations(service, &out);
    EmitGuard(service, &out);
    EmitClient(service, &out);
  }
  out += "}  // namespace\n\n";
  for (const Service& service : services) EmitFunctions(service, &out);
  return out + "}  // namespace " + package + "\n";
}

}  // namespace vedette::codegen
