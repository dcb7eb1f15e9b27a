// SPDX-License-Identifier: Apache-2.0
//
// What a caller sees is the same in the process, through gRPC and through REST.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "kit/rpc/testing/fixture.h"

namespace vedette::rpc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

enum class Way { kLocal, kGrpc, kRest };

class CallTest : public ::testing::TestWithParam<Way> {
 protected:
  v1::EchoApi& api() {
    switch (GetParam()) {
      case Way::kLocal:
        return *fixture_.guard;
      case Way::kGrpc:
        return *fixture_.client;
      default:
        return fixture_.rest;
    }
  }

  Result<v1::EchoResponse> Echo(const std::string& token, v1::EchoRequest request) {
    return Await<Result<v1::EchoResponse>>(
        fixture_.runtime, [this, token, request] { return api().Echo(ContextOf(token), request); });
  }

  struct Counted {
    Status status;
    std::vector<std::int64_t> sequences;
  };
  // Takes at most `take` ticks, then leaves.
  Counted Count(const std::string& token, v1::CountRequest request, std::size_t take = 1000) {
    struct Taker final : StreamWriter<v1::Tick> {
      Task<bool> Write(v1::Tick tick) override {
        EXPECT_EQ(tick.text(), "tick\n" + std::to_string(tick.sequence()));
        taken.push_back(tick.sequence());
        co_return taken.size() < limit;
      }
      std::vector<std::int64_t> taken;
      std::size_t limit = 0;
    };
    Taker taker;
    taker.limit = take;
    Status status = Await<Status>(fixture_.runtime, [this, &taker, token, request] {
      return api().Count(ContextOf(token), request, taker);
    });
    return {std::move(status), std::move(taker.taken)};
  }

  EchoFixture fixture_;
};

v1::EchoRequest ValidRequest() {
  v1::EchoRequest request;
  request.set_study_id("S1");
  request.set_text("hello");
  request.set_age(41);
  return request;
}

TEST_P(CallTest, AnswerHoldsWhatWasSent) {
  v1::EchoRequest request = ValidRequest();
  request.set_mood(v1::WORRIED);
  v1::Part& part = *request.add_parts();
  part.set_item_code("SYSBP");
  part.set_number(152.125);
  part.add_tags("a\"b\\");
  v1::Everything& all = *request.mutable_everything();
  all.set_large(std::numeric_limits<std::int64_t>::min());
  all.set_large_unsigned(std::numeric_limits<std::uint64_t>::max());
  all.set_real(0.1);
  all.set_data(std::string("\0\xff\x80", 3));
  all.set_maybe_text("");
  const auto response = Echo("maria", request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(response->request(), request))
      << response->request().DebugString();
  EXPECT_EQ(response->caller(), "u-maria");
}

TEST_P(CallTest, ErrorArrivesAsItWasReturned) {
  v1::EchoRequest request = ValidRequest();
  request.set_behaviour("fail");
  const auto response = Echo("maria", request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), EchoService::TheError());
}

TEST_P(CallTest, NobodyIsUnauthenticated) {
  const auto response = Echo("", ValidRequest());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnauthenticated);
  EXPECT_EQ(fixture_.service.started, 0);
}

TEST_P(CallTest, AnotherStudyIsDenied) {
  v1::EchoRequest request = ValidRequest();
  request.set_study_id("S2");
  const auto response = Echo("maria", request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kPermissionDenied);
  EXPECT_THAT(response.error().message, HasSubstr("S2"));
  EXPECT_EQ(fixture_.service.started, 0);
}

TEST_P(CallTest, SiteFieldIsChecked) {
  v1::EchoOnSiteRequest request;
  request.set_study_id("S1");
  request.set_site_id("702");
  const auto call = [&](const std::string& token) {
    return Await<Result<v1::EchoResponse>>(fixture_.runtime, [this, token, request] {
      return api().EchoOnSite(ContextOf(token), request);
    });
  };
  const auto denied = call("maria");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Code::kPermissionDenied);
  request.add_words("one");
  request.add_words("two");
  request.set_number(-5);
  request.set_mood(v1::CALM);
  request.set_loud(true);
  const auto allowed = call("central");
  ASSERT_TRUE(allowed) << allowed.error().message;
  EXPECT_EQ(allowed->request().text(), "LOUD,one,two,-5,CALM");
}

TEST_P(CallTest, AllViolationsAreNamedTogether) {
  v1::EchoRequest request = ValidRequest();
  request.set_text("太長的話語六");  // six characters, eighteen bytes
  request.set_age(0);
  request.set_secret("0123456789-secret");
  request.add_parts()->set_item_code("OK");
  v1::Part& bad = *request.add_parts();
  bad.set_item_code("sys");
  bad.set_number(1000.5);
  bad.add_tags("fine");
  bad.add_tags("toolong");
  const auto response = Echo("maria", request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kInvalidArgument);
  EXPECT_THAT(
      response.error().violations,
      UnorderedElementsAre(FieldViolation{"text", "must have at most 5 characters"},
                           FieldViolation{"age", "must be greater than 0"},
                           FieldViolation{"secret", "must have at most 10 characters"},
                           FieldViolation{"parts[1].itemCode", "must have the form [A-Z]+"},
                           FieldViolation{"parts[1].number", "must be at most 1000"},
                           FieldViolation{"parts[1].tags[1]", "must have at most 4 characters"}));
  EXPECT_THAT(response.error().message, ::testing::Not(HasSubstr("secret01")));
  EXPECT_EQ(fixture_.service.started, 0);
}

TEST_P(CallTest, ExceptionBecomesAnInternalErrorWithReference) {
  v1::EchoRequest request = ValidRequest();
  request.set_behaviour("throw");
  request.set_secret("s3cr3t");
  const auto response = Echo("maria", request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kInternal);
  EXPECT_THAT(response.error().message, HasSubstr("Reference: "));
  EXPECT_TRUE(fixture_.log->HasMessage("operation threw"));
  const std::string id = response.error().message.substr(response.error().message.rfind(' ') + 1);
  EXPECT_TRUE(fixture_.log->Contains(id));
  EXPECT_FALSE(fixture_.log->Contains("s3cr3t"));
}

TEST_P(CallTest, OpenOperationTakesNobodyAndABadToken) {
  for (const std::string token : {"", "expired"}) {
    const auto response = Await<Result<v1::PingResponse>>(
        fixture_.runtime, [&] { return api().Ping(ContextOf(token), {}); });
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->answer(), "nobody");
  }
}

TEST_P(CallTest, TraceGoesOn) {
  CallContext context = ContextOf("maria");
  context.trace = TraceContext().Child();
  const auto response = Await<Result<v1::WhoAmIResponse>>(
      fixture_.runtime, [&] { return api().WhoAmI(context, {}); });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->trace_id(), context.trace.TraceIdHex());
  EXPECT_EQ(response->subject(), "u-maria");
}

TEST_P(CallTest, InternalOperationIsForServices) {
  const auto call = [this](const std::string& token) {
    return Await<Result<v1::PingResponse>>(fixture_.runtime,
                                           [&] { return api().Internal(ContextOf(token), {}); });
  };
  const auto user = call("central");
  ASSERT_FALSE(user);
  if (GetParam() == Way::kRest) {
    EXPECT_EQ(user.error().code, Code::kNotFound);
    return;
  }
  EXPECT_EQ(user.error().code, Code::kPermissionDenied);
  const auto service = call("service");
  ASSERT_TRUE(service) << service.error().message;
  EXPECT_EQ(service->answer(), "inside");
}

TEST_P(CallTest, StreamBringsItemsInOrderAndEnds) {
  v1::CountRequest request;
  request.set_study_id("S1");
  request.set_after(40);
  request.set_limit(3);
  const Counted counted = Count("maria", request);
  EXPECT_TRUE(counted.status) << counted.status.error().message;
  EXPECT_THAT(counted.sequences, ElementsAre(41, 42, 43));
}

TEST_P(CallTest, StreamFailsAfterItsItems) {
  v1::CountRequest request;
  request.set_study_id("S1");
  request.set_behaviour("fail-late");
  const Counted counted = Count("maria", request);
  ASSERT_FALSE(counted.status);
  EXPECT_EQ(counted.status.error().code, Code::kFailedPrecondition);
  EXPECT_EQ(counted.status.error().violations, EchoService::TheError().violations);
  EXPECT_THAT(counted.sequences, ElementsAre(1, 2));
}

TEST_P(CallTest, StreamIsGuarded) {
  v1::CountRequest request;
  request.set_study_id("S2");
  const Counted denied = Count("maria", request);
  ASSERT_FALSE(denied.status);
  EXPECT_EQ(denied.status.error().code, Code::kPermissionDenied);
  EXPECT_EQ(fixture_.service.started, 0);
}

TEST_P(CallTest, ReceiverThatLeavesEndsTheStream) {
  v1::CountRequest request;
  request.set_study_id("S1");
  const Counted counted = Count("maria", request, 2);
  EXPECT_THAT(counted.sequences, ElementsAre(1, 2));
  EXPECT_TRUE(Await<bool>(fixture_.runtime, [this] { return fixture_.service.gave_up.Wait(); }));
  EXPECT_EQ(fixture_.service.cancelled, 1);
}

TEST_P(CallTest, CallsAreCountedByOutcome) {
  ASSERT_TRUE(Echo("maria", ValidRequest()));
  v1::EchoRequest invalid = ValidRequest();
  invalid.set_age(-1);
  ASSERT_FALSE(Echo("maria", invalid));
  const std::string page = fixture_.metrics.Expose();
  EXPECT_THAT(page, HasSubstr("vedette_rpc_server_calls_total{"));
  EXPECT_THAT(page, HasSubstr("method=\"echo.Echo\""));
  EXPECT_THAT(page, HasSubstr("code=\"INVALID_ARGUMENT\""));
  EXPECT_THAT(page, HasSubstr("vedette_rpc_server_seconds_count{method=\"echo.Echo\"} 2"));
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         CallTest,
                         ::testing::Values(Way::kLocal, Way::kGrpc, Way::kRest),
                         [](const auto& instance) {
                           switch (instance.param) {
                             case Way::kLocal:
                               return "Local";
                             case Way::kGrpc:
                               return "Grpc";
                             default:
                               return "Rest";
                           }
                         });

}  // namespace
}  // namespace vedette::rpc::testing
