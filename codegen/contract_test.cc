// SPDX-License-Identifier: Apache-2.0
#include "codegen/contract.h"

#include <gmock/gmock.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include "codegen/cpp_emitter.h"
#include "codegen/openapi_emitter.h"

namespace vedette::codegen {
namespace {

namespace pb = google::protobuf;
using ::testing::HasSubstr;

// The files of the tree, and one that a test writes.
class Sources final : public pb::compiler::SourceTree {
 public:
  explicit Sources(std::string text) : text_(std::move(text)) { disk_.MapPath("", "proto"); }

  pb::io::ZeroCopyInputStream* Open(const std::string& name) override {
    if (name == kName) {
      return new pb::io::ArrayInputStream(text_.data(), static_cast<int>(text_.size()));
    }
    // descriptor.proto comes with the library.
    if (name == "google/protobuf/descriptor.proto") {
      descriptor_ = pb::DescriptorProto::descriptor()->file()->DebugString();
      return new pb::io::ArrayInputStream(descriptor_.data(), static_cast<int>(descriptor_.size()));
    }
    return disk_.Open(name);
  }

  static constexpr char kName[] = "vedette/sample/v1/sample.proto";

 private:
  std::string text_;
  std::string descriptor_;
  pb::compiler::DiskSourceTree disk_;
};

class Errors final : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int, const std::string& message) override {
    ADD_FAILURE() << file << ":" << line << ": " << message;
  }
};

struct Outcome {
  bool good = false;
  std::string error;
  std::string header;
  std::string source;
  std::string openapi;
};

// The sample service with this method and these fields of its request.
Outcome Generate(const std::string& options,
                 const std::string& fields = "string study_id = 1;",
                 const std::string& name = "SampleService") {
  Sources sources(R"(syntax = "proto3"; package vedette.sample.v1;
import "google/api/annotations.proto"; import "vedette/options.proto";
service )" + name +
                  R"( {
  // Gets it. Or not.
  rpc GetIt(GetItRequest) returns (It) { )" +
                  options + R"( } }
message GetItRequest { )" +
                  fields + R"( }
message It { string id = 1; optional string note = 2; })");
  Errors errors;
  pb::compiler::Importer importer(&sources, &errors);
  const pb::FileDescriptor* file = importer.Import(Sources::kName);
  Outcome outcome;
  if (file == nullptr) return outcome;
  // The importer's options are of its own pool; ours come by way of their bytes.
  pb::FileDescriptorProto bytes;
  file->CopyTo(&bytes);
  pb::FileDescriptorProto known;
  EXPECT_TRUE(known.ParseFromString(bytes.SerializeAsString()));
  pb::DescriptorPool pool(pb::DescriptorPool::generated_pool());
  const pb::FileDescriptor* built = pool.BuildFile(known);
  if (built == nullptr) return outcome;
  std::vector<Service> services;
  outcome.good = ReadContract(*built, &services, &outcome.error);
  if (!outcome.good) return outcome;
  outcome.header = EmitHeader(*built, services);
  outcome.source = EmitSource(*built, services);
  outcome.openapi = EmitOpenApi(services);
  return outcome;
}

constexpr char kPolicy[] = R"(option (vedette.policy) = { permission: "sample.read" };)";

TEST(ContractTest, GoodContractGivesItsParts) {
  const Outcome outcome = Generate(
      R"(option (google.api.http) = { get: "/api/v1/samples/{study_id}" };
         option (vedette.policy) = { permission: "sample.read" study_field: "study_id" };)");
  ASSERT_TRUE(outcome.good) << outcome.error;
  EXPECT_THAT(outcome.header, HasSubstr("class SampleApi {"));
  EXPECT_THAT(outcome.header,
              HasSubstr("::vedette::Task<::vedette::Result<::vedette::sample::v1::It>> GetIt("));
  EXPECT_THAT(outcome.header, HasSubstr("MakeSampleGuard("));
  EXPECT_THAT(outcome.header, HasSubstr("MakeSampleClient("));
  EXPECT_THAT(outcome.header, HasSubstr("AddSampleRoutes("));
  EXPECT_THAT(outcome.header, ::testing::Not(HasSubstr("grpcpp")));
  EXPECT_THAT(outcome.source, HasSubstr(R"(.permission = "sample.read")"));
  EXPECT_THAT(outcome.source, HasSubstr(R"("/api/v1/samples/{study_id}")"));
  EXPECT_THAT(outcome.openapi, HasSubstr(R"("/api/v1/samples/{studyId}")"));
  EXPECT_THAT(outcome.openapi, HasSubstr(R"("required":["id"])"));
}

struct Case {
  std::string options;
  std::string fields;
  std::string complaint;
};

class RefusalTest : public ::testing::TestWithParam<Case> {};

TEST_P(RefusalTest, SaysWhereAndWhat) {
  const Case& wrong = GetParam();
  const Outcome outcome =
      Generate(wrong.options, wrong.fields.empty() ? "string study_id = 1;" : wrong.fields);
  EXPECT_FALSE(outcome.good);
  EXPECT_THAT(outcome.error, HasSubstr("vedette.sample.v1."));
  EXPECT_THAT(outcome.error, HasSubstr(wrong.complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Wrong,
    RefusalTest,
    ::testing::Values(
        Case{"", "", "lacks option (vedette.policy)"},
        Case{"option (vedette.policy) = { idempotent: true };", "", "exactly one of permission"},
        Case{R"(option (vedette.policy) = { permission: "x" open: true };)", "",
             "exactly one of permission"},
        Case{R"(option (vedette.policy) = { permission: "x" study_field: "study" };)", "",
             "study_field names \"study\", which is no field of"},
        Case{R"(option (vedette.policy) = { permission: "x" study_field: "study_id" };)",
             "int32 study_id = 1;", "must name a single string field"},
        Case{R"(option (vedette.policy) = { open: true study_field: "study_id" };)", "",
             "need a permission"},
        Case{R"(option (vedette.policy) = { permission: "x" site_field: "study_id" };)", "",
             "site_field needs a study_field"},
        Case{R"(option (vedette.policy) = { open: true rate_class: "fast" };)", "",
             "rate_class must be"},
        Case{R"(option (vedette.policy) = { open: true hedge_after_ms: 50 };)", "",
             "need a call that is idempotent"},
        Case{R"(option (vedette.policy) = { open: true affinity_field: "nowhere" };)", "",
             "affinity_field"},
        Case{R"(option (vedette.policy) = { open: true success_status: 404 };)", "",
             "success_status must be"},
        Case{R"(option (vedette.policy) = { open: true };
                option (google.api.http) = { get: "/a/{id}" };)",
             "", "the route's variable {id}"},
        Case{R"(option (vedette.policy) = { open: true };
                option (google.api.http) = { get: "/a" body: "*" };)",
             "", "GET takes no body"},
        Case{R"(option (vedette.policy) = { open: true };
                option (google.api.http) = { post: "/a" body: "study_id" };)",
             "", "body must be"},
        Case{R"(option (vedette.policy) = { open: true internal: true };
                option (google.api.http) = { get: "/a" };)",
             "", "internal operation has no"},
        Case{kPolicy, R"(int32 a = 1 [(vedette.field_rules) = { max_length: 3 }];)", "for strings"},
        Case{kPolicy, R"(string a = 1 [(vedette.field_rules) = { minimum: 3 }];)", "for numbers"},
        Case{kPolicy, R"(string a = 1 [(vedette.field_rules) = { max_items: 3 }];)", "repeated"},
        Case{kPolicy, R"(string a = 1 [(vedette.field_rules) = { pattern: "(" }];)",
             "not a regular expression"},
        Case{kPolicy, "map<string, string> a = 1;", "maps"}));

TEST(ContractTest, ServicesNameEndsInService) {
  const Outcome outcome = Generate(kPolicy, "string study_id = 1;", "Sample");
  EXPECT_FALSE(outcome.good);
  EXPECT_THAT(outcome.error, HasSubstr("ends in \"Service\""));
}

}  // namespace
}  // namespace vedette::codegen
