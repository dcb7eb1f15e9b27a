// SPDX-License-Identifier: Apache-2.0
// What is wrong is refused with the right status and a reason a person understands, over REST and
// gRPC alike, and changes nothing.
#include <gtest/gtest.h>
#include <vedette/monitor/v1/monitor.vedette.h>

#include <filesystem>
#include <stdexcept>

#include "base/clock.h"
#include "kit/auth/token.h"
#include "kit/rpc/channel.h"
#include "system/study.h"
#include "system/system.h"

namespace vedette::system_test {
namespace {

using monitor::v1::RecordRequest;
using monitor::v1::RecordResponse;

constexpr char kSigningKeyFile[] = "identity.pem";

RecordRequest GrpcReading(const std::string& subject, double value, const std::string& unit) {
  RecordRequest request;
  request.set_study_id(kStudy);
  request.set_source("test");
  monitor::v1::Observation& event = *request.add_events();
  event.set_subject_number(subject);
  event.set_item("SYSBP");
  event.set_number(value);
  event.set_unit(unit);
  event.set_time("2026-03-01T08:30:00+08:00");
  event.set_idempotency_key("k1");
  return request;
}

// A token of the system's own key that ended an hour ago.
std::string ExpiredToken(const std::filesystem::path& data) {
  const auto key = SigningKey::LoadFile((data / kSigningKeyFile).string());
  if (!key) throw std::runtime_error(key.error().message);
  const Timestamp now = SystemClock().Now();
  TokenClaims claims;
  claims.issuer = "vedette";
  claims.audience = "vedette";
  claims.id = "expired";
  claims.principal = {"1", "admin", false, {{"administrator", "*", "*"}}};
  claims.issued_at = now - std::chrono::hours(2);
  claims.not_before = claims.issued_at;
  claims.expires_at = now - std::chrono::hours(1);
  return *SignToken(claims, *key);
}

class RefusalTest : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    system_.Start();
    admin_ = system_.Token();
    SetUpStudy(system_, admin_);
    investigator_ = system_.Token("investigator", kInvestigatorPassword);
    rpc::ChannelOptions options;
    options.service = "system";
    options.addresses = {system_.rpc()};
    monitor_ = monitor::v1::MakeMonitorClient(*rpc::Channel::Create(
        std::move(options), std::make_shared<rpc::ClientPoller>(), nullptr, clock_));
  }

  // Everything refused must have left the log as it was.
  void TearDown() override {
    EXPECT_EQ(JsonAt(system_.Rest("GET", kSummary, {}, admin_).body, "/events"), "0");
  }

  RestAnswer Post(const std::string& body, const std::string& token) {
    return system_.Rest("POST", kEvents, body, token);
  }

  Error Call(RecordRequest request, const std::string& token) {
    CallContext context;
    context.deadline = Deadline::After(clock_, std::chrono::seconds(30));
    context.principal = std::make_shared<const Principal>();
    if (!token.empty()) context.bearer_token = std::make_shared<const std::string>(token);
    const auto result = Await<Result<RecordResponse>>(system_.runtime(), [&] {
      return monitor_->Record(std::move(context), std::move(request));
    });
    return result ? Error{Code::kInternal, "accepted"} : result.error();
  }

  SystemClock clock_;
  System system_{GetParam()};
  std::string admin_;
  std::string investigator_;
  std::unique_ptr<monitor::v1::MonitorApi> monitor_;
};

TEST_P(RefusalTest, AnUnknownItemIsNamedWithTheClosestOne) {
  std::string body = Reading("701-001", 152, "k1");
  body.replace(body.find("SYSBP"), 5, "SYSPB");
  const RestAnswer rest = Post(body, admin_);
  EXPECT_EQ(rest.status, 400) << rest.body;
  EXPECT_EQ(rest.content_type, "application/problem+json");
  EXPECT_EQ(JsonAt(rest.body, "/errors/0/field"), "events[0].item");
  EXPECT_NE(JsonAt(rest.body, "/errors/0/description").find("SYSBP"), std::string::npos)
      << rest.body;

  RecordRequest request = GrpcReading("701-001", 152, "mmHg");
  request.mutable_events(0)->set_item("SYSPB");
  const Error error = Call(request, admin_);
  EXPECT_EQ(error.code, Code::kInvalidArgument);
  ASSERT_EQ(error.violations.size(), 1U);
  EXPECT_EQ(error.violations[0].field, "events[0].item");
}

TEST_P(RefusalTest, AForeignUnitIsNamedWithThoseThatAreTaken) {
  const RestAnswer rest = Post(Reading("701-001", 152, "k1", "bar"), admin_);
  EXPECT_EQ(rest.status, 400) << rest.body;
  EXPECT_EQ(JsonAt(rest.body, "/errors/0/field"), "events[0].unit");
  const std::string description = JsonAt(rest.body, "/errors/0/description");
  EXPECT_NE(description.find("mmHg"), std::string::npos) << description;
  EXPECT_NE(description.find("kPa"), std::string::npos) << description;
  EXPECT_EQ(Call(GrpcReading("701-001", 152, "bar"), admin_).code, Code::kInvalidArgument);
}

TEST_P(RefusalTest, AnImplausibleValueIsRefusedWithoutRepeatingIt) {
  const RestAnswer rest = Post(Reading("701-001", 1357.024680, "k1"), admin_);
  EXPECT_EQ(rest.status, 400) << rest.body;
  EXPECT_EQ(rest.body.find("1357.02468"), std::string::npos) << rest.body;
  EXPECT_EQ(system_.Logs().find("1357.02468"), std::string::npos);
}

TEST_P(RefusalTest, AMissingFieldIsNamed) {
  std::string body = Reading("701-001", 152, "k1");
  body.replace(body.find("\"item\":\"SYSBP\","), 15, "");
  const RestAnswer rest = Post(body, admin_);
  EXPECT_EQ(rest.status, 400) << rest.body;
  EXPECT_EQ(JsonAt(rest.body, "/errors/0/field"), "events[0].item");

  RecordRequest request = GrpcReading("701-001", 152, "mmHg");
  request.mutable_events(0)->clear_item();
  const Error error = Call(request, admin_);
  EXPECT_EQ(error.code, Code::kInvalidArgument);
  ASSERT_FALSE(error.violations.empty());
  EXPECT_EQ(error.violations[0].field, "events[0].item");
}

TEST_P(RefusalTest, AMisspeltFieldIsNamed) {
  std::string body = Reading("701-001", 152, "k1");
  body.replace(body.find("\"item\""), 6, "\"itm\"");
  const RestAnswer rest = Post(body, admin_);
  EXPECT_EQ(rest.status, 400);
  EXPECT_NE(rest.body.find("itm"), std::string::npos) << rest.body;
}

TEST_P(RefusalTest, OneBadRowRefusesTheWholeBatch) {
  std::string body = Reading("701-001", 152, "k1");
  const std::string second = Reading("701-001", 152, "k2", "bar");
  const std::string row =
      second.substr(second.find("[{") + 1, second.rfind("]") - second.find("[{") - 1);
  body.insert(body.rfind("]"), "," + row);
  const RestAnswer rest = Post(body, admin_);
  EXPECT_EQ(rest.status, 400);
  EXPECT_EQ(JsonAt(rest.body, "/errors/0/field"), "events[1].unit") << rest.body;
}

TEST_P(RefusalTest, AnOversizedBodyIsRefused) {
  const std::string body = R"({"source":")" + std::string(9 << 20, 'x') + "\"}";
  EXPECT_EQ(Post(body, admin_).status, 413);
  RecordRequest request = GrpcReading("701-001", 152, "mmHg");
  request.set_source(std::string(17 << 20, 'x'));
  const Code code = Call(request, admin_).code;
  EXPECT_TRUE(code == Code::kPayloadTooLarge || code == Code::kResourceExhausted);
}

TEST_P(RefusalTest, WithoutATokenNobodyCalls) {
  EXPECT_EQ(Post(Reading("701-001", 152, "k1"), "").status, 401);
  EXPECT_EQ(Post(Reading("701-001", 152, "k1"), "not.a.token").status, 401);
  EXPECT_EQ(Call(GrpcReading("701-001", 152, "mmHg"), "").code, Code::kUnauthenticated);
}

TEST_P(RefusalTest, AnExpiredTokenSaysSo) {
  const std::string expired = ExpiredToken(system_.core_data());
  const RestAnswer rest = Post(Reading("701-001", 152, "k1"), expired);
  EXPECT_EQ(rest.status, 401);
  EXPECT_NE(JsonAt(rest.body, "/detail").find("expired"), std::string::npos) << rest.body;
  const Error error = Call(GrpcReading("701-001", 152, "mmHg"), expired);
  EXPECT_EQ(error.code, Code::kUnauthenticated);
  EXPECT_NE(error.message.find("expired"), std::string::npos) << error.message;
}

TEST_P(RefusalTest, AnotherSitesSubjectIsNotForThisInvestigator) {
  const RestAnswer rest = Post(Reading("702-001", 152, "k1"), investigator_);
  EXPECT_EQ(rest.status, 403) << rest.body;
  EXPECT_NE(JsonAt(rest.body, "/detail").find("702"), std::string::npos) << rest.body;
  const Error error = Call(GrpcReading("702-001", 152, "mmHg"), investigator_);
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_NE(error.message.find("702"), std::string::npos) << error.message;
}

TEST_P(RefusalTest, AnotherStudyIsNotForThisInvestigator) {
  const RestAnswer rest =
      system_.Rest("GET", "/api/monitor/projects/OTHER/alerts", {}, investigator_);
  EXPECT_EQ(rest.status, 403) << rest.body;
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         RefusalTest,
                         testing::Values(Shape::kSingleSqlite, Shape::kSplitPostgres),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace vedette::system_test
