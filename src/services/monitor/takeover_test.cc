// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/monitor_fixture.h"

namespace vedette::monitor {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Two monitors on one database: by mistake, or for a moment while one replaces the other.
class TakeoverTest : public MonitorTest {
 protected:
  ~TakeoverTest() override {
    if (other_ == nullptr) return;
    runtime_.RunBlocking([this] { return other_->Stop(); });
  }

  void StartAnother() {
    other_ = std::make_unique<MonitorModule>(Dependencies(), QuickConfig());
    ASSERT_TRUE(Run<Status>([this] { return other_->Start(); }));
  }

  Result<v1::RecordResponse> RecordByOther(v1::RecordRequest request) {
    return Run<Result<v1::RecordResponse>>(
        [&] { return other_->api().Record(Context(), request); });
  }

  std::unique_ptr<MonitorModule> other_;
};

TEST_P(TakeoverTest, TheOneThatWasTakenOverWritesNoMore) {
  Activate(HighRule());
  ASSERT_TRUE(Record(Batch({Systolic("k1", 150)})));
  StartAnother();

  const auto refused = Record(Batch({Systolic("k2", 150)}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("Another monitor has taken over"));
  EXPECT_FALSE(module_->Ready());
  EXPECT_TRUE(other_->Ready());

  EXPECT_EQ(RecordByOther(Batch({Systolic("k1", 150)}))->duplicates(), 1);
  EXPECT_EQ(RecordByOther(Batch({Systolic("k2", 150)}))->alerts_raised(), 1);
  EXPECT_THAT(Alerts(), SizeIs(2));
}

TEST_P(TakeoverTest, ReceivedTimesGoOnFromThoseOfTheOther) {
  clock_.Shift(std::chrono::hours(1));
  ASSERT_TRUE(Record(Batch({Systolic("k1", 120)})));
  clock_.Shift(std::chrono::hours(0));
  StartAnother();
  ASSERT_TRUE(RecordByOther(Batch({Systolic("k2", 120)})));
  constexpr db::Sql kReceived{"test_received",
                              "SELECT received_at FROM monitor_event ORDER BY sequence"};
  const auto rows =
      *Run<Result<db::Rows>>([&] { return database_->Query(Context().deadline, kReceived); });
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_LE(rows[0].Int(0), rows[1].Int(0));
}

VEDETTE_ON_BOTH_DATABASES(TakeoverTest);

}  // namespace
}  // namespace vedette::monitor
