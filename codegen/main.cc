// SPDX-License-Identifier: Apache-2.0
//
// protoc-gen-vedette: from a contract to the C++ around it. With the parameter "openapi" it writes
// one openapi.json for all the files it is given instead.
#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <memory>
#include <string>
#include <vector>

#include "codegen/contract.h"
#include "codegen/cpp_emitter.h"
#include "codegen/openapi_emitter.h"

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;

class Generator : public pb::compiler::CodeGenerator {
 public:
  std::uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }

  bool Generate(const pb::FileDescriptor* file,
                const std::string&,
                pb::compiler::GeneratorContext* context,
                std::string* error) const override {
    std::vector<Service> services;
    if (!ReadContract(*file, &services, error)) return false;
    Write(context, Stem(*file) + ".vedette.h", EmitHeader(*file, services));
    Write(context, Stem(*file) + ".vedette.cc", EmitSource(*file, services));
    return true;
  }

  bool GenerateAll(const std::vector<const pb::FileDescriptor*>& files,
                   const std::string& parameter,
                   pb::compiler::GeneratorContext* context,
                   std::string* error) const override {
    if (!parameter.empty() && parameter != "openapi") {
      *error = "unknown parameter \"" + parameter + "\"; there is only \"openapi\"";
      return false;
    }
    if (parameter.empty()) {
      for (const pb::FileDescriptor* file : files) {
        if (!Generate(file, parameter, context, error)) return false;
      }
      return true;
    }
    std::vector<Service> services;
    for (const pb::FileDescriptor* file : files) {
      if (!ReadContract(*file, &services, error)) return false;
    }
    Write(context, "openapi.json", EmitOpenApi(services));
    return true;
  }

 private:
  static void Write(pb::compiler::GeneratorContext* context,
                    const std::string& name,
                    const std::string& text) {
    const std::unique_ptr<pb::io::ZeroCopyOutputStream> stream(context->Open(name));
    pb::io::CodedOutputStream(stream.get()).WriteString(text);
  }
};

}  // namespace
}  // namespace vedette::codegen

int main(int argc, char** argv) {
  const vedette::codegen::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
