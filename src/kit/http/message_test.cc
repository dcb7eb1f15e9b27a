// SPDX-License-Identifier: Apache-2.0
#include "kit/http/message.h"

#include <gtest/gtest.h>

#include "kit/http/response_head.h"

namespace vedette::http {
namespace {

TEST(HeadersTest, NamesCompareWithoutCase) {
  Headers headers;
  headers.Add("Content-Type", "a");
  headers.Add("content-type", "b");
  EXPECT_EQ(headers.Get("CONTENT-TYPE"), "a");
  headers.Set("Content-type", "c");
  EXPECT_EQ(headers.all().size(), 1U);
  EXPECT_EQ(headers.Get("content-type"), "c");
  headers.Remove("CONTENT-type");
  EXPECT_FALSE(headers.Get("content-type"));
}

TEST(ProblemTest, TellsEverythingOfTheError) {
  Error error{Code::kResourceExhausted, "Too \"many\"\n"};
  error.violations = {{"events[3].value", "is missing"}};
  error.retry_after = std::chrono::milliseconds(1500);
  const Response response = ProblemResponse(error);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.Get("content-type"), "application/problem+json");
  EXPECT_EQ(response.headers.Get("retry-after"), "2");
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Too many requests","status":429,)"
                           R"("detail":"Too \"many\"\u000a","code":"RESOURCE_EXHAUSTED",)"
                           R"("errors":[{"field":"events[3].value","description":"is missing"}]})");
}

TEST(ResponseHeadTest, AHeaderCannotSmuggleInAnother) {
  Response response;
  response.headers.Add("X-A", "1\r\nX-Evil: 1");
  response.headers.Add("X B", "1");
  response.headers.Add("Content-Length", "999");
  response.headers.Add("X-Good", "1");
  std::string head;
  AppendHead(head, response, {.content_length = 3});
  EXPECT_EQ(head.find("Evil"), std::string::npos);
  EXPECT_EQ(head.find("X B"), std::string::npos);
  EXPECT_EQ(head.find("999"), std::string::npos);
  EXPECT_NE(head.find("X-Good: 1\r\n"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 3\r\n"), std::string::npos);
}

TEST(ResponseHeadTest, SafeDefaultsYieldToTheHandler) {
  Response response;
  response.headers.Add("cache-control", "public");
  std::string head;
  AppendHead(head, response, {});
  EXPECT_NE(head.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
  EXPECT_NE(head.find("Referrer-Policy: no-referrer\r\n"), std::string::npos);
  EXPECT_EQ(head.find("no-store"), std::string::npos);
}

}  // namespace
}  // namespace vedette::http
