// SPDX-License-Identifier: Apache-2.0
#include "kit/config/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"

namespace vedette::config {
namespace {

using testing::HasSubstr;

struct Limits {
  std::int64_t rate = 100;
  std::int64_t burst = 200;
  void Describe(Section& section) {
    section.Field("rate", rate, {.text = "A second.", .minimum = 1, .maximum = 1000});
    section.Field("burst", burst, {.text = "At once.", .minimum = 1, .maximum = 5000});
  }
};

struct Live {
  std::string log_level = "info";
  double sampling = 0.1;
  std::vector<std::string> off;
  std::chrono::milliseconds window = std::chrono::seconds(10);
  bool strict = false;
  Limits limits;

  void Describe(Section& section) {
    section.Field("log_level", log_level, {.text = "Level.", .choices = {"debug", "info"}});
    section.Field("sampling", sampling, {.text = "Ratio.", .minimum = 0, .maximum = 1});
    section.Field("off", off, {.text = "Features that are switched off."});
    section.Field("window", window, {.text = "Window.", .minimum = 1, .maximum = 60'000});
    section.Field("strict", strict, {.text = "Strict."});
    section.Nested("limits", limits, "Limits.");
  }
  Status Validate() const {
    if (limits.burst < limits.rate) return FailField("limits.burst", "must not be below the rate");
    return {};
  }
};

struct WithSecret {
  Sensitive<std::string> password;
  void Describe(Section& section) { section.Field("password", password, {.text = "Secret."}); }
};

class FakeSource final : public LiveSource {
 public:
  explicit FakeSource(std::function<void(const LiveDocument&)>& out, bool* ended = nullptr)
      : out_(out), ended_(ended) {}
  ~FakeSource() override {
    if (ended_ != nullptr) *ended_ = true;
  }
  std::string kind() const override { return "fake"; }
  std::string name() const override { return "fake source"; }
  void Start(std::function<void(const LiveDocument&)> changed) override {
    out_ = std::move(changed);
  }

 private:
  std::function<void(const LiveDocument&)>& out_;
  bool* ended_;
};

class LiveConfigTest : public testing::Test {
 protected:
  LiveConfigTest() {
    base_.sampling = 0.5;
    live_ = std::make_unique<LiveConfig<Live>>(base_, metrics_, logger_, clock_);
  }

  Status Offer(std::string text, std::string revision = "7") {
    return live_->Offer("fake", "fake source", {std::move(text), std::move(revision)});
  }
  std::string LastChanges() const {
    std::string text;
    for (const auto& entry : capture_->entries()) {
      if (entry.message == "live configuration changed") {
        text = std::get<std::string>(entry.fields.at("changes"));
      }
    }
    return text;
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  std::shared_ptr<LogCapture> capture_ = std::make_shared<LogCapture>();
  Logger logger_{capture_, clock_, LogLevel::kDebug};
  Live base_;
  std::unique_ptr<LiveConfig<Live>> live_;
};

TEST_F(LiveConfigTest, TakesADocumentAndTellsTheSubscribers) {
  std::vector<double> seen;
  const auto subscription =
      live_->Subscribe([&](const Live& now) { seen.push_back(now.sampling); });
  ASSERT_TRUE(Offer("sampling: 1"));
  EXPECT_EQ(seen, (std::vector<double>{0.5, 1.0}));
  EXPECT_EQ(live_->Current()->sampling, 1.0);
  EXPECT_EQ(live_->Current()->log_level, "info");
}

TEST_F(LiveConfigTest, AFieldThatIsNoLongerNamedHasTheValueOfTheStartAgain) {
  ASSERT_TRUE(Offer("sampling: 1\nlog_level: debug"));
  ASSERT_TRUE(Offer("log_level: debug"));
  EXPECT_EQ(live_->Current()->sampling, 0.5);
  EXPECT_EQ(live_->Current()->log_level, "debug");
  ASSERT_TRUE(Offer("# nothing is changed today"));
  EXPECT_EQ(live_->Current()->log_level, "info");
}

TEST_F(LiveConfigTest, AuditsWhatChangedFromWhatToWhatAndByWhom) {
  clock_.Advance(std::chrono::seconds(5));
  ASSERT_TRUE(
      Offer("log_level: debug\noff: [preview, enrichment]\nwindow: 5s\n"
            "limits: {burst: 300}\nstrict: true",
            "42"));
  EXPECT_EQ(LastChanges(),
            "log_level: info -> debug; off:  -> preview, enrichment; window: 10s -> 5s; "
            "strict: false -> true; limits.burst: 200 -> 300");
  const auto entries = capture_->entries();
  ASSERT_FALSE(entries.empty());
  const auto& fields = entries.back().fields;
  EXPECT_EQ(std::get<std::string>(fields.at("source")), "fake source");
  EXPECT_EQ(std::get<std::string>(fields.at("revision")), "42");
  EXPECT_EQ(std::get<std::int64_t>(fields.at("fields")), 5);
  const LiveState state = live_->State();
  EXPECT_EQ(state.source, "fake source");
  EXPECT_EQ(state.revision, "42");
  EXPECT_EQ(state.changed, FakeClock::kStart + std::chrono::seconds(5));
  EXPECT_EQ(state.accepted, 1U);
  EXPECT_EQ(std::get<std::string>(fields.at("hash")), state.hash);
}

TEST_F(LiveConfigTest, KeepsTheLastGoodOneWhenADocumentIsWrong) {
  ASSERT_TRUE(Offer("sampling: 0.25"));
  int calls = 0;
  const auto subscription = live_->Subscribe([&](const Live&) { ++calls; });
  const Status refused = Offer("sampling: 2\nlog_level: loud\nunknown: 1", "8");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_EQ(refused.error().violations.size(), 3U);
  EXPECT_EQ(live_->Current()->sampling, 0.25);
  EXPECT_EQ(live_->Current()->log_level, "info");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(live_->State().refused, 1U);
  EXPECT_EQ(live_->State().revision, "7");
  EXPECT_FALSE(live_->State().refusal.empty());
  std::vector<std::string> fields;
  for (const auto& entry : capture_->entries()) {
    if (entry.message == "live configuration problem") {
      fields.push_back(std::get<std::string>(entry.fields.at("field")));
    }
  }
  EXPECT_EQ(fields, (std::vector<std::string>{"sampling", "log_level", "unknown"}));
}

TEST_F(LiveConfigTest, ARefusalIsForgottenOnceADocumentIsTaken) {
  ASSERT_FALSE(Offer("sampling: 2"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_config_live_last_load_good 0"));
  ASSERT_TRUE(Offer("sampling: 1"));
  EXPECT_TRUE(live_->State().refusal.empty());
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vedette_config_live_last_load_good 1"));
}

TEST_F(LiveConfigTest, WhatConcernsSeveralFieldsIsCheckedToo) {
  const Status refused = Offer("limits: {rate: 500}");
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().violations.size(), 1U);
  EXPECT_EQ(refused.error().violations[0].field, "limits.burst");
  EXPECT_EQ(live_->Current()->limits.rate, 100);
}

TEST_F(LiveConfigTest, AnAbsentOrBlankDocumentChangesNothing) {
  ASSERT_TRUE(Offer("sampling: 1"));
  EXPECT_FALSE(live_->Offer("fake", "fake source", {std::nullopt, "9"}));
  EXPECT_FALSE(Offer(" \n\t"));
  EXPECT_EQ(live_->Current()->sampling, 1.0);
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_config_live_loads_total{outcome=\"absent\",source=\"fake\"} 2"));
}

TEST_F(LiveConfigTest, AnyBytesAreSurvived) {
  for (const std::string& bytes :
       {std::string("\xff\xfe\x00z", 4), std::string("[1, 2"), std::string("- a\n- b"),
        std::string("a: &a [*a]"), std::string(100, '{'), std::string("text")}) {
    EXPECT_FALSE(Offer(bytes));
  }
  EXPECT_EQ(live_->Current()->sampling, 0.5);
}

TEST_F(LiveConfigTest, AMebibyteOfKeysIsRefusedWithoutFloodingTheLog) {
  std::string text;
  int keys = 0;
  while (text.size() < kDocumentLimit - 16) text += "k" + std::to_string(keys++) + ":\n";
  // Were each key held against all others, this would take minutes.
  EXPECT_EQ(Offer(text).error().violations.size(), static_cast<std::size_t>(keys));
  EXPECT_LT(capture_->entries().size(), 30U);
}

TEST_F(LiveConfigTest, VariablesAreNotReplacedSoNoneCanBeRead) {
  ::setenv("VEDETTE_LIVE_CANARY", "canary-value", 1);
  EXPECT_FALSE(Offer("off: [\"${VEDETTE_LIVE_CANARY}\"]\nlog_level: ${VEDETTE_LIVE_CANARY}"));
  EXPECT_FALSE(capture_->Contains("canary-value"));
  ::unsetenv("VEDETTE_LIVE_CANARY");
}

TEST_F(LiveConfigTest, TheSameValuesAgainAreToldToNobody) {
  ASSERT_TRUE(Offer("sampling: 1", "1"));
  int calls = 0;
  const auto subscription = live_->Subscribe([&](const Live&) { ++calls; });
  const std::size_t lines = capture_->entries().size();
  ASSERT_TRUE(Offer("sampling: 1.0  # as before", "2"));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(capture_->entries().size(), lines);
  EXPECT_EQ(live_->State().revision, "2");
  EXPECT_EQ(live_->State().accepted, 2U);
}

TEST_F(LiveConfigTest, AnEndedSubscriptionIsNotCalled) {
  int calls = 0;
  auto subscription = live_->Subscribe([&](const Live&) { ++calls; });
  subscription.reset();
  ASSERT_TRUE(Offer("sampling: 1"));
  EXPECT_EQ(calls, 1);
}

TEST_F(LiveConfigTest, MetricsTellOutcomeHashAndTime) {
  clock_.Advance(std::chrono::seconds(3));
  ASSERT_TRUE(Offer("sampling: 1"));
  ASSERT_FALSE(Offer("sampling: x"));
  const std::string page = metrics_.Expose();
  EXPECT_THAT(page,
              HasSubstr("vedette_config_live_loads_total{outcome=\"accepted\",source=\"fake\"} 1"));
  EXPECT_THAT(page,
              HasSubstr("vedette_config_live_loads_total{outcome=\"refused\",source=\"fake\"} 1"));
  EXPECT_THAT(page, HasSubstr("vedette_config_live_changed_timestamp_seconds 1767225603"));
  const double hash = metrics_.GetGauge("vedette_config_live_hash", "", {}).Value();
  EXPECT_EQ(hash, static_cast<double>(std::stoull(live_->State().hash, nullptr, 16)));
}

TEST_F(LiveConfigTest, FollowsASourceUntilItIsStopped) {
  std::function<void(const LiveDocument&)> tell;
  bool ended = false;
  live_->Follow(std::make_unique<FakeSource>(tell, &ended));
  ASSERT_TRUE(tell);
  tell({"sampling: 0", "1"});
  EXPECT_EQ(live_->Current()->sampling, 0.0);
  live_->Stop();
  EXPECT_TRUE(ended);
  EXPECT_EQ(live_->Current()->sampling, 0.0);
}

TEST_F(LiveConfigTest, ASubscriberThatThrowsHarmsNobodyElse) {
  std::function<void(const LiveDocument&)> tell;
  live_->Follow(std::make_unique<FakeSource>(tell));
  const auto broken = live_->Subscribe([](const Live& now) {
    if (now.sampling == 0) throw std::runtime_error("a defect");
  });
  double seen = -1;
  const auto sound = live_->Subscribe([&](const Live& now) { seen = now.sampling; });
  EXPECT_NO_THROW(tell({"sampling: 0", "1"}));
  EXPECT_EQ(seen, 0.0);
  EXPECT_EQ(live_->State().revision, "1");
  EXPECT_TRUE(capture_->Contains("live values were not applied everywhere"));
  tell({"sampling: 1", "2"});
  EXPECT_EQ(seen, 1.0);
}

TEST(LiveConfig, RefusesAStructWithASecret) {
  MetricsRegistry metrics;
  FakeClock clock;
  EXPECT_THROW(LiveConfig<WithSecret>({}, metrics, Logger(), clock), std::logic_error);
}

}  // namespace
}  // namespace vedette::config
