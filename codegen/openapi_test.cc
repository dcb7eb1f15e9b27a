// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <set>
#include <string>

#include "kit/rpc/openapi_text.h"

namespace vedette {
namespace {

class OpenApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    text_ = simdjson::padded_string(OpenApiDocument());
    document_ = parser_.parse(text_);
  }

  std::string Text(std::string_view pointer) {
    std::string_view text;
    EXPECT_FALSE(document_.at_pointer(pointer).get(text)) << pointer;
    return std::string(text);
  }

  // Every "$ref" in the document.
  void CollectReferences(simdjson::dom::element element, std::set<std::string>* references) {
    simdjson::dom::object object;
    simdjson::dom::array array;
    if (!element.get(object)) {
      for (const auto [key, value] : object) {
        std::string_view reference;
        if (key == "$ref" && !value.get(reference)) references->insert(std::string(reference));
        CollectReferences(value, references);
      }
    } else if (!element.get(array)) {
      for (const auto item : array) CollectReferences(item, references);
    }
  }

  simdjson::padded_string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element document_;
};

TEST_F(OpenApiTest, IsOpenApi31WithEveryServicesRoutes) {
  EXPECT_EQ(Text("/openapi"), "3.1.0");
  const simdjson::dom::object paths = document_["paths"];
  for (const char* path :
       {"/api/monitor/projects/{projectId}/alerts", "/api/v1/patient/info/{patientId}",
        "/api/v1/subjects", "/api/v1/studies/{studyId}/rules/{ruleId}:activate",
        "/api/v1/identity/login"}) {
    EXPECT_FALSE(paths[path].error()) << path;
  }
}

TEST_F(OpenApiTest, EveryReferenceLeadsSomewhere) {
  std::set<std::string> references;
  CollectReferences(document_, &references);
  EXPECT_GT(references.size(), 20U);
  for (const std::string& reference : references) {
    EXPECT_FALSE(document_.at_pointer(reference.substr(1)).error()) << reference;
  }
}

TEST_F(OpenApiTest, RulesAreInTheSchemas) {
  const simdjson::dom::element body = document_.at_pointer(
      "/paths/~1api~1v1~1subjects/post/requestBody/content/application~1json/"
      "schema");
  const simdjson::dom::element age = body.at_pointer("/properties/age");
  EXPECT_EQ(std::int64_t(age["exclusiveMinimum"]), 0);
  EXPECT_EQ(std::int64_t(age["maximum"]), 150);
  const simdjson::dom::element name = body.at_pointer("/properties/name");
  EXPECT_EQ(std::int64_t(name["maxLength"]), 128);
  EXPECT_EQ(std::int64_t(name["minLength"]), 1);
  EXPECT_TRUE(bool(name["x-sensitive"]));
  std::set<std::string> required;
  for (const auto item : body["required"]) required.insert(std::string(std::string_view(item)));
  EXPECT_THAT(required, ::testing::ElementsAre("name", "projectId"));
}

TEST_F(OpenApiTest, ResponsesAreDescribed) {
  EXPECT_FALSE(document_
                   .at_pointer("/paths/~1api~1v1~1subjects/post/responses/201/content/"
                               "application~1json")
                   .error());
  EXPECT_FALSE(document_
                   .at_pointer("/paths/~1api~1monitor~1projects~1{projectId}~1alerts~1stream/get/"
                               "responses/200/content/text~1event-stream")
                   .error());
  EXPECT_EQ(Text("/components/securitySchemes/bearer/scheme"), "bearer");
  EXPECT_FALSE(document_.at_pointer("/components/schemas/Problem").error());
}

TEST_F(OpenApiTest, InternalAndTestOperationsAreNotPublic) {
  EXPECT_THAT(std::string(OpenApiDocument()),
              ::testing::Not(::testing::HasSubstr("BatchGetRuleVersions")));
  EXPECT_THAT(std::string(OpenApiDocument()), ::testing::Not(::testing::HasSubstr("api/testing")));
}

TEST_F(OpenApiTest, OpenOperationNeedsNoToken) {
  const simdjson::dom::array security =
      document_.at_pointer("/paths/~1api~1v1~1identity~1login/post/security");
  EXPECT_EQ(security.size(), 0U);
}

}  // namespace
}  // namespace vedette
