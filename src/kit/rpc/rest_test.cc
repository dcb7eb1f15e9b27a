// SPDX-License-Identifier: Apache-2.0
//
// What is particular to REST: how requests are read and how responses look.
#include "kit/rpc/rest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/testing/fixture.h"

namespace vedette::rpc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RestTest : public ::testing::Test {
 protected:
  http::Response Send(std::string method,
                      std::string target,
                      std::string body = {},
                      std::string token = "maria",
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Request request;
    request.method = std::move(method);
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    request.body = std::move(body);
    if (!token.empty()) request.headers.Set("authorization", "bearer " + token);
    for (auto& [name, value] : headers) request.headers.Set(name, value);
    return Await<http::Response>(fixture_.runtime, [&] { return fixture_.rest.Send(request); });
  }

  EchoFixture fixture_;
};

constexpr char kEcho[] = "/api/testing/studies/S1/echo";
constexpr char kBody[] = R"({"text":"hello","age":4})";

TEST_F(RestTest, SuccessHasTheContractsStatusAndJson) {
  const http::Response response = Send("POST", kEcho, kBody);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
  EXPECT_THAT(response.body, HasSubstr(R"("request":{"studyId":"S1","text":"hello","age":4,)"));
  EXPECT_THAT(response.body, HasSubstr(R"("caller":"u-maria")"));
}

TEST_F(RestTest, PathVariableMayBeRepeatedInTheBodyButNotContradicted) {
  EXPECT_EQ(Send("POST", kEcho, R"({"studyId":"S1","text":"hello","age":4})").status, 201);
  const http::Response response = Send("POST", kEcho, R"({"studyId":"S2","text":"hello","age":4})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(ReadProblem(response).violations,
              ElementsAre(FieldViolation{"studyId", "differs from the one in the path"}));
}

TEST_F(RestTest, QueryTakesJsonNamesProtoNamesAndRepetition) {
  const http::Response response =
      Send("GET",
           "/api/testing/studies/S1/sites/701/echo?words=a+b&words=%E4%B8%AD&loud=true&&number=-7"
           "&mood=CALM");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("text":"LOUD,a b,中,-7,CALM")"));
}

TEST_F(RestTest, WrongQueryIsNamed) {
  const http::Response response =
      Send("GET", "/api/testing/studies/S1/sites/701/echo?wods=a&number=x&loud=1&mood=GRIM");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/problem+json");
  EXPECT_THAT(ReadProblem(response).violations,
              ElementsAre(FieldViolation{"wods", "is not known; did you mean words?"},
                          FieldViolation{"number", "must be a whole number in range"},
                          FieldViolation{"loud", "must be true or false"},
                          FieldViolation{"mood", "is none of the known values"}));
  EXPECT_EQ(Send("GET", "/api/testing/studies/S1/sites/701/echo?words=%zz").status, 400);
  EXPECT_EQ(Send("GET", "/api/testing/studies/S1/sites/701/echo?words=%ff").status, 400);
}

TEST_F(RestTest, NobodyIsToldToSignInBeforeAnythingElse) {
  const http::Response response = Send("POST", kEcho, "no json", "");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.Get("WWW-Authenticate"), "Bearer");
  const http::Response expired = Send("POST", kEcho, kBody, "expired");
  EXPECT_EQ(expired.status, 401);
  EXPECT_THAT(expired.body, HasSubstr("The token has expired."));
  EXPECT_EQ(Send("POST", kEcho, kBody, "", {{"Authorization", "Basic abc"}}).status, 401);
}

TEST_F(RestTest, BodyThatIsNoJsonIsABadRequest) {
  const http::Response response = Send("POST", kEcho, "{\"text\": \"patient 4711\"");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, Not(HasSubstr("4711")));
}

TEST_F(RestTest, NulCharacterIsRefused) {
  const http::Response response = Send("POST", kEcho, R"({"text":"a\u0000b","age":4})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(ReadProblem(response).violations.front().field, "text");
}

TEST_F(RestTest, ErrorCarriesCodeViolationsAndRetryAfter) {
  const http::Response response =
      Send("POST", kEcho, R"({"text":"hello","age":4,"behaviour":"fail"})");
  EXPECT_EQ(response.status, 412);
  EXPECT_EQ(response.headers.Get("Retry-After"), "7");
  EXPECT_EQ(ReadProblem(response), EchoService::TheError());
}

TEST_F(RestTest, InternalOperationHasNoRoute) { EXPECT_EQ(fixture_.router.size(), 5U); }

TEST_F(RestTest, RouteLimitsItsBody) {
  const auto match = fixture_.router.Find("POST", kEcho);
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->options.max_body_bytes, 65536U);
}

struct Chunks final : http::ResponseStream {
  Task<bool> Write(std::string chunk) override {
    text += chunk;
    co_return true;
  }
  std::string text;
};

Task<void> SendAndDrain(RestEcho& rest, http::Request request, Chunks* chunks) {
  const http::Response response = co_await rest.Send(std::move(request));
  co_await response.stream(*chunks);
}

TEST_F(RestTest, StreamIsServerSentEvents) {
  http::Response response =
      Send("GET", "/api/testing/studies/S1/count?limit=2", "", "maria", {{"Last-Event-ID", "41"}});
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Get("Content-Type"), "text/event-stream");
  EXPECT_EQ(response.heartbeat, std::chrono::seconds(15));
  ASSERT_TRUE(response.stream);
}

TEST_F(RestTest, EventsHaveNameIdAndData) {
  Chunks chunks;
  http::Request request;
  request.method = "GET";
  request.path = "/api/testing/studies/S1/count";
  request.query = "limit=2";
  request.headers.Set("Authorization", "Bearer maria");
  request.headers.Set("Last-Event-ID", "41");
  fixture_.runtime.RunBlocking([&] { return SendAndDrain(fixture_.rest, request, &chunks); });
  EXPECT_THAT(chunks.text, HasSubstr("event: tick\n"));
  EXPECT_THAT(chunks.text, HasSubstr("id: 42\n"));
  EXPECT_THAT(chunks.text, HasSubstr("id: 43\n"));
  EXPECT_THAT(chunks.text, HasSubstr(R"(data: {"sequence":42,"text":"tick\n42"})"));
  EXPECT_THAT(chunks.text, Not(HasSubstr("id: 44")));
}

TEST_F(RestTest, WrongLastEventIdIsNamed) {
  const http::Response response =
      Send("GET", "/api/testing/studies/S1/count", "", "maria", {{"Last-Event-ID", "x"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(ReadProblem(response).violations.front().field, "Last-Event-ID");
}

TEST_F(RestTest, StreamIsRefusedWithItsStatus) {
  EXPECT_EQ(Send("GET", "/api/testing/studies/S2/count").status, 403);
  EXPECT_EQ(Send("GET", "/api/testing/studies/S1/count", "", "").status, 401);
  EXPECT_EQ(Send("GET", "/api/testing/studies/S1/count?after=-1").status, 400);
}

TEST_F(RestTest, ResponseThatNobodyReadsCancelsTheOperation) {
  {
    const http::Response response = Send("GET", "/api/testing/studies/S1/count?behaviour=hang");
    ASSERT_EQ(response.status, 200);
  }
  EXPECT_TRUE(Await<bool>(fixture_.runtime, [this] { return fixture_.service.gave_up.Wait(); }));
}

TEST_F(RestTest, StopEndsStreamsAndRefusesNewOnes) {
  const http::Response response = Send("GET", "/api/testing/studies/S1/count?behaviour=hang");
  ASSERT_EQ(response.status, 200);
  fixture_.runtime.RunBlocking([this] { return fixture_.adapter.Stop(); });
  EXPECT_TRUE(fixture_.service.gave_up.IsSet());
  EXPECT_EQ(Send("GET", "/api/testing/studies/S1/count").status, 503);
}

}  // namespace
}  // namespace vedette::rpc::testing
