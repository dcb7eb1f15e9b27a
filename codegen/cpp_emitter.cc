// SPDX-License-Identifier: Apache-2.0
#include "codegen/cpp_emitter.h"

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;

std::string Comment(const std::string& text, const std::string& indent) {
  if (text.empty()) return {};
  return indent + "// " + ReplaceAll(text, "\n", "\n" + indent + "// ") + "\n";
}

std::string Declaration(const Method& method) {
  const std::string name = method.descriptor->name();
  const std::string request = CppType(*method.descriptor->input_type());
  const std::string response = CppType(*method.descriptor->output_type());
  if (method.streams()) {
    return "  virtual ::vedette::Task<::vedette::Status> " + name +
           "(\n      ::vedette::CallContext context,\n      " + request +
           " request,\n      ::vedette::rpc::StreamWriter<" + response + ">& writer) = 0;\n";
  }
  return "  virtual ::vedette::Task<::vedette::Result<" + response + ">> " + name +
         "(\n      ::vedette::CallContext context,\n      " + request + " request) = 0;\n";
}

void EmitService(const Service& service, std::string* out) {
  const std::string api = service.name + "Api";
  *out += Comment(service.comment, "") + "class " + api + " {\n public:\n  virtual ~" + api +
          "() = default;\n";
  for (const Method& method : service.methods) {
    *out += "\n" + Comment(method.comment, "  ") + Declaration(method);
  }
  *out +=
      "};\n\n// `implementation` behind the checks the contract asks for: what everybody holds, in "
      "this process\n// and beyond. It keeps the references it is given.\n";
  *out += "std::unique_ptr<" + api + "> Make" + service.name + "Guard(\n    " + api +
          "& implementation, ::vedette::rpc::GuardDependencies dependencies);\n\n";
  *out += "// For rpc::GrpcServer::Add. `api` is the guard.\n";
  *out += "std::unique_ptr<::vedette::rpc::GrpcService> Make" + service.name + "GrpcService(" +
          api + "& api);\n\n";
  *out += "// The service in another process.\n";
  *out += "std::unique_ptr<" + api + "> Make" + service.name +
          "Client(std::shared_ptr<::vedette::rpc::Channel> channel);\n\n";
  *out +=
      "// The REST routes of the contract. `api` and `adapter` outlive the router; `api` is a "
      "guard or a client.\n";
  *out += "void Add" + service.name + "Routes(\n    ::vedette::http::Router& router, " + api +
          "& api, ::vedette::rpc::RestAdapter& adapter);\n\n";
}

}  // namespace

std::string Stem(const pb::FileDescriptor& file) {
  return file.name().substr(0, file.name().rfind('.'));
}

std::string CppType(const pb::Descriptor& message) {
  std::string name = message.name();
  for (const pb::Descriptor* outer = message.containing_type(); outer != nullptr;
       outer = outer->containing_type()) {
    name = outer->name() + "_" + name;
  }
  return "::" + ReplaceAll(message.file()->package(), ".", "::") + "::" + name;
}

std::string EmitHeader(const pb::FileDescriptor& file, const std::vector<Service>& services) {
  const std::string package = ReplaceAll(file.package(), ".", "::");
  std::string out =
      "// Generated from " + file.name() + "; do not edit.\n#pragma once\n\n#include <" +
      Stem(file) +
      ".pb.h>\n\n#include <memory>\n\n#include \"base/result.h\"\n"
      "#include \"kit/rpc/call_context.h\"\n#include \"kit/rpc/forward.h\"\n"
      "#include \"kit/rpc/stream_writer.h\"\n#include \"kit/task/task.h\"\n\nnamespace " +
      package + " {\n\n";
  for (const Service& service : services) EmitService(service, &out);
  return out + "}  // namespace " + package + "\n";
}

}  // namespace vedette::codegen
