// SPDX-License-Identifier: Apache-2.0
#include "services/trial/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/rpc/guard.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "model/role_table.h"
#include "services/trial/module.h"

namespace vedette::trial {
namespace {

using ::testing::HasSubstr;

CallContext As(std::vector<Grant> grants) {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "u1", .name = "ann", .grants = std::move(grants)});
  return context;
}

CallContext Administrator() { return As({{"administrator", "*", "*"}}); }

v1::CreateStudyRequest NewStudy(const std::string& id) {
  v1::CreateStudyRequest request;
  request.set_id(id);
  request.set_name("Pilot");
  request.set_phase("II");
  return request;
}

v1::PutItemsRequest OnePressureItem() {
  v1::PutItemsRequest request;
  request.set_study_id("S1");
  v1::Item& item = *request.add_items();
  item.set_code("SYSBP");
  item.set_name("Systolic Blood Pressure");
  item.set_domain("VS");
  item.set_type(v1::NUMBER);
  item.set_unit("mmHg");
  v1::UnitConversion& conversion = *item.add_accepted_units();
  conversion.set_unit("kPa");
  conversion.set_factor(7.50062);
  item.set_plausible_low(40);
  return request;
}

// The module as the app builds it, called as everybody calls it: through the guard.
class TrialApiTest : public ::testing::Test {
 protected:
  TrialApiTest() {
    EXPECT_TRUE(Await<Status>(runtime_, [&] { return module_.Start(); }));
    EXPECT_TRUE(Call(&v1::TrialApi::CreateStudy, Administrator(), NewStudy("S1")));
  }

  ~TrialApiTest() override {
    runtime_.RunBlocking([&] { return module_.Stop(); });
  }

  template <class Response, class Request>
  Result<Response> Call(Task<Result<Response>> (v1::TrialApi::*method)(CallContext, Request),
                        CallContext context,
                        Request request) {
    return Await<Result<Response>>(runtime_, [&] { return (*guard_.*method)(context, request); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(testkit::DatabaseKind::kSqlite, runtime_);
  FakeClock clock_;
  Authorizer authorizer_{DefaultRoleTable()};
  MetricsRegistry metrics_;
  TrialModule module_{TrialDependencies{*database_, clock_, authorizer_, Logger()}, TrialConfig{}};
  std::unique_ptr<v1::TrialApi> guard_ = v1::MakeTrialGuard(
      module_.api(), rpc::GuardDependencies{authorizer_, metrics_, clock_, Logger()});
};

TEST_F(TrialApiTest, IsReadyOnceStartedUntilStopped) {
  EXPECT_TRUE(module_.Ready());
  runtime_.RunBlocking([&] { return module_.Stop(); });
  EXPECT_EQ(module_.Ready().error().code, Code::kUnavailable);
}

TEST_F(TrialApiTest, GivesBackTheStudyItCreated) {
  v1::GetStudyRequest request;
  request.set_study_id("S1");
  const auto study = Call(&v1::TrialApi::GetStudy, Administrator(), request);
  ASSERT_TRUE(study);
  EXPECT_EQ(study->name(), "Pilot");
  EXPECT_EQ(study->phase(), "II");
  EXPECT_EQ(study->status(), "active");
  EXPECT_EQ(study->created_at(), 1'767'225'600);
  EXPECT_EQ(study->revision(), 1);
}

TEST_F(TrialApiTest, GivesBackTheItemsItWasGiven) {
  const auto put = Call(&v1::TrialApi::PutItems, Administrator(), OnePressureItem());
  ASSERT_TRUE(put);
  EXPECT_EQ(put->created(), 1);
  EXPECT_EQ(put->revision(), 2);

  v1::ListItemsRequest request;
  request.set_study_id("S1");
  const auto items = Call(&v1::TrialApi::ListItems, Administrator(), request);
  ASSERT_TRUE(items);
  EXPECT_EQ(items->revision(), 2);
  ASSERT_EQ(items->items_size(), 1);
  EXPECT_EQ(items->items(0).SerializeAsString(), OnePressureItem().items(0).SerializeAsString());
}

TEST_F(TrialApiTest, ATakenStudyIdAlreadyExists) {
  const auto again = Call(&v1::TrialApi::CreateStudy, Administrator(), NewStudy("S1"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
}

TEST_F(TrialApiTest, AnUnknownStudyIsNotFoundForWhoMayReadAll) {
  v1::ListItemsRequest request;
  request.set_study_id("S9");
  EXPECT_EQ(Call(&v1::TrialApi::ListItems, Administrator(), request).error().code, Code::kNotFound);
}

TEST_F(TrialApiTest, AStudyOutsideTheRoleIsDenied) {
  v1::GetStudyRequest request;
  request.set_study_id("S1");
  EXPECT_EQ(Call(&v1::TrialApi::GetStudy, As({{"cra", "S2", "*"}}), request).error().code,
            Code::kPermissionDenied);
  EXPECT_TRUE(Call(&v1::TrialApi::GetStudy, As({{"cra", "S1", "701"}}), request));
}

TEST_F(TrialApiTest, WhoReadsMayNotWrite) {
  EXPECT_EQ(Call(&v1::TrialApi::PutItems, As({{"cra", "S1", "*"}}), OnePressureItem()).error().code,
            Code::kPermissionDenied);
  EXPECT_EQ(Call(&v1::TrialApi::CreateStudy, As({{"data_manager", "*", "*"}}), NewStudy("S2"))
                .error()
                .code,
            Code::kPermissionDenied);
}

TEST_F(TrialApiTest, NobodyIsUnauthenticated) {
  EXPECT_EQ(Call(&v1::TrialApi::CreateStudy, CallContext{}, NewStudy("S2")).error().code,
            Code::kUnauthenticated);
}

TEST_F(TrialApiTest, NamesEveryFieldAtFault) {
  v1::PutItemsRequest request = OnePressureItem();
  request.mutable_items(0)->set_code("no spaces");
  request.mutable_items(0)->clear_type();
  const auto put = Call(&v1::TrialApi::PutItems, Administrator(), request);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::kInvalidArgument);
  ASSERT_EQ(put.error().violations.size(), 2u);
  EXPECT_EQ(put.error().violations[0].field, "items[0].code");
  EXPECT_EQ(put.error().violations[1].field, "items[0].type");
}

TEST_F(TrialApiTest, SaysWhyAnItemCannotChange) {
  ASSERT_TRUE(Call(&v1::TrialApi::PutItems, Administrator(), OnePressureItem()));
  v1::PutItemsRequest request = OnePressureItem();
  request.mutable_items(0)->set_unit("Pa");
  const auto put = Call(&v1::TrialApi::PutItems, Administrator(), request);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(put.error().message, HasSubstr("SYSBP"));
}

}  // namespace
}  // namespace vedette::trial
