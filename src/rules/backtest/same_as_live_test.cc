// SPDX-License-Identifier: Apache-2.0
// The back-test finds what the live engine holds: the same alerts with the same ids and digests,
// whatever the order in which data came, were corrected and withdrawn.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "rules/backtest/backtest.h"
#include "rules/check/test_catalog.h"
#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

constexpr Seconds kBegin = 1'600'000'000 / kDay * kDay;
constexpr Seconds kCutoff = kBegin + 130 * kDay;
constexpr std::size_t kSubjects = 14;

// A small trial in the order in which it became known.
class SmallTrial {
 public:
  explicit SmallTrial(std::shared_ptr<const Catalog> catalog, std::uint64_t seed)
      : catalog_(std::move(catalog)), random_(seed) {
    const char* series[] = {"lab.ALT",  "lab.TBILI", "lab.CREAT", "lab.NEUT",
                            "vs.SYSBP", "vs.TEMP",   "lab.HCG",   "pro.DIARY"};
    for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
      Attributes(subject);
      for (const char* name : series) {
        const std::size_t count = random_() % 40;
        for (std::size_t i = 0; i < count; ++i) {
          Observe(subject, *catalog_->FindSeries(name));
        }
      }
      for (std::uint64_t row = random_() % 6; row > 0; --row) {
        Event(subject, row);
      }
      for (const CatalogVisit& visit : catalog_->visits) {
        if (random_() % 3 != 0) {
          Change change = Put(*catalog_->FindByCode(visit.item), Moment());
          change.number = 1;
          Add(subject, change);
        }
      }
    }
    std::vector<std::pair<Seconds, std::size_t>> order;
    for (std::size_t i = 0; i < made_.size(); ++i) {
      order.emplace_back(made_[i].change.received, i);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [received, i] : order) {
      changes_.push_back(made_[i]);
    }
  }

  const std::vector<History::RecordedChange>& changes() const { return changes_; }
  static std::string SubjectId(std::uint32_t subject) { return "S" + std::to_string(subject); }

 private:
  bool Chance(double share) { return static_cast<double>(random_() % 10'000) < share * 10'000; }
  // Whole hours, so that observations share seconds.
  Seconds Moment() { return kBegin + static_cast<Seconds>(random_() % (120 * 24)) * 3'600; }

  Change Put(const CatalogItem& item, Seconds time) {
    const auto delay = static_cast<Seconds>(random_() % (Chance(0.1) ? 20 * kDay : 7'200));
    return {.item = catalog_->IndexOf(item),
            .key = random_(),
            .time = time,
            .received = std::min(time + delay, kCutoff)};
  }

  // With a correction or a withdrawal later, sometimes.
  void Add(std::uint32_t subject, Change change) {
    made_.push_back({subject, change});
    while (Chance(0.12)) {
      change.received =
          std::min(change.received + static_cast<Seconds>(random_() % (9 * kDay)), kCutoff);
      change.number *= 1 + 0.2 * static_cast<double>(random_() % 5);
      change.time += Chance(0.3) ? kDay : 0;
      change.kind = Chance(0.2) ? Change::Kind::kRemove : Change::Kind::kPut;
      change.flags = Chance(0.1) ? Observation::kAbsent : Observation::kNone;
      made_.push_back({subject, change});
    }
  }

  void Attributes(std::uint32_t subject) {
    const auto add_time = [&](const char* name, Seconds time) {
      Change change = Put(*catalog_->FindAttribute(name), kBegin);
      change.received = kBegin + static_cast<Seconds>(random_() % (30 * kDay));
      change.number = static_cast<double>(time);
      made_.push_back({subject, change});
    };
    if (!Chance(0.1)) {
      add_time("first_dose", kBegin + 20 * kDay + static_cast<Seconds>(random_() % (9 * kDay)));
    }
    if (Chance(0.5)) {
      add_time("last_dose", kBegin + 100 * kDay);
    }
    Change sex = Put(*catalog_->FindAttribute("sex"), kBegin);
    sex.text = Chance(0.5) ? "F" : "M";
    made_.push_back({subject, sex});
  }

  void Observe(std::uint32_t subject, const CatalogItem& item) {
    Change change = Put(item, Moment());
    if (item.kind == ValueKind::kText) {
      change.text = Chance(0.3) ? "POSITIVE" : "NEGATIVE";
    } else {
      const double level = item.name == "vs.SYSBP"    ? 150
                           : item.name == "vs.TEMP"   ? 38
                           : item.name == "lab.CREAT" ? 90
                           : item.name == "lab.NEUT"  ? 1.5
                                                      : 60;
      change.number = level * (0.6 + static_cast<double>(random_() % 100) / 100);
      change.flags = Chance(0.05)   ? Observation::kBelow
                     : Chance(0.05) ? Observation::kAbove
                                    : Observation::kNone;
      change.range_high = Chance(0.9) ? 40 : std::numeric_limits<double>::quiet_NaN();
      change.range_low = 2;
    }
    Add(subject, change);
  }

  void Event(std::uint32_t subject, std::uint64_t row) {
    const Seconds start = Moment();
    const auto field = [&](const char* name) {
      Change change = Put(*catalog_->FindField("AE", name), start);
      change.row = row;
      return change;
    };
    Change term = field("AEDECOD");
    term.text = Chance(0.5) ? "HEADACHE" : "NAUSEA";
    Add(subject, term);
    Change serious = field("AESER");
    serious.text = Chance(0.5) ? "Y" : "N";
    Add(subject, serious);
    Change begin = field("AESTDT");
    begin.number = static_cast<double>(start);
    Add(subject, begin);
    if (Chance(0.6)) {
      Change reported = field("REPORTED");
      reported.number = static_cast<double>(start + 2 * kDay);
      Add(subject, reported);
    }
  }

  std::shared_ptr<const Catalog> catalog_;
  std::mt19937_64 random_;
  std::vector<History::RecordedChange> made_;
  std::vector<History::RecordedChange> changes_;
};

std::string Describe(const DetectedAlert& alert) {
  return "started " + std::to_string(alert.started - kBegin) + ", fired " +
         std::to_string(alert.fired - kBegin) + ", last " + std::to_string(alert.last - kBegin) +
         ", state " + std::to_string(static_cast<int>(alert.detection)) + ", resolved " +
         std::to_string(alert.resolved.value_or(0)) + ", anchors " + std::to_string(alert.anchors) +
         ", digest " + std::to_string(alert.digest);
}

class SameAsLiveTest : public testing::TestWithParam<RuleDefinition> {
 protected:
  std::shared_ptr<const Rule> Compiled() const {
    RuleDefinition definition = GetParam();
    definition.study_id = catalog_->study_id;
    definition.rule_id = "R";
    definition.title = "test";
    auto rule = CompileRule(definition, catalog_);
    if (!rule) {
      ADD_FAILURE() << Render(definition.when, rule.error().front());
      return nullptr;
    }
    return *rule;
  }

  std::shared_ptr<const Catalog> catalog_ = TestCatalog();
};

TEST_P(SameAsLiveTest, AsCorrectedIsWhatTheEngineHoldsAndAsKnownIsWhatItTold) {
  const std::shared_ptr<const Rule> rule = Compiled();
  ASSERT_NE(rule, nullptr);
  std::size_t alerts = 0;
  for (const std::uint64_t seed : {1, 2}) {
    const SmallTrial trial(catalog_, seed);
    History history(catalog_);
    history.KeepArrival(true);
    Engine engine(catalog_, {TimedRule{.rule = rule}}, {.bounded = false});
    std::vector<SubjectHandle> handles;
    for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
      history.Subject(SmallTrial::SubjectId(subject), "site");
      handles.push_back(engine.Subject(SmallTrial::SubjectId(subject), "site"));
      engine.Load(handles.back(), {}, kBegin);
    }
    std::uint64_t raised = 0;
    std::vector<Transition> transitions;
    std::vector<Engine::SubjectTransition> advanced;
    for (const History::RecordedChange& recorded : trial.changes()) {
      history.Add(recorded.subject, recorded.change);
      engine.Advance(recorded.change.received, &advanced);
      engine.Apply(handles[recorded.subject], std::span(&recorded.change, 1),
                   recorded.change.received, &transitions);
    }
    history.Finish();
    engine.Advance(kCutoff, &advanced);
    for (const Engine::SubjectTransition& one : advanced) {
      transitions.push_back(one.transition);
    }
    for (const Transition& transition : transitions) {
      raised += transition.kind == TransitionKind::kRaised ? 1 : 0;
    }

    const BacktestResult result = RunBacktest(rule, history, {.now = kCutoff});
    auto found = result.alerts.begin();
    for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
      for (const DetectedAlert& expected : engine.Detected(handles[subject])) {
        if (expected.detection == Detection::kPending) {
          continue;
        }
        ASSERT_NE(found, result.alerts.end()) << "missing: " << Describe(expected);
        EXPECT_EQ(found->subject, subject);
        ASSERT_EQ(found->alert, expected)
            << "subject " << subject << "\nfound    " << Describe(found->alert) << "\nexpected "
            << Describe(expected);
        ++found;
      }
    }
    EXPECT_EQ(found, result.alerts.end());
    alerts += result.alerts.size();

    const BacktestResult known =
        RunBacktest(rule, history, {.mode = BacktestMode::kAsKnown, .now = kCutoff});
    EXPECT_FALSE(known.arrival_unknown);
    EXPECT_EQ(known.records, result.records);
    EXPECT_GE(raised, known.alerts.size());
    std::size_t standing = 0;
    for (const BacktestAlert& alert : known.alerts) {
      EXPECT_LE(alert.raised_at, kCutoff);
      EXPECT_TRUE(!alert.retracted_at || *alert.retracted_at >= alert.raised_at);
      const auto same = std::ranges::find(result.alerts, alert.alert.id,
                                          [](const BacktestAlert& one) { return one.alert.id; });
      if (same != result.alerts.end()) {
        ++standing;
        EXPECT_FALSE(alert.retracted_at.has_value());
        EXPECT_EQ(same->alert, alert.alert);
      }
    }
    EXPECT_EQ(standing, result.alerts.size()) << "what is true was told";
  }
  EXPECT_GT(alerts, 3U) << "a rule that never fires tests nothing";
}

const RuleDefinition kDefinitions[] = {
    {.when = "lab.ALT.value > 55.0"},
    {.when = "lab.ALT.value > 55.0", .resolve_when = "lab.ALT.value < 45.0"},
    {.when = "lab.ALT.value > 50.0", .for_ = 3 * kDay},
    {.when = "lab.ALT.value > 55.0", .keep_firing_for = 5 * kDay},
    {.when = "lab.ALT.value > 55.0", .dedupe = Dedupe::kAnchor},
    {.when = "lab.ALT.value > 55.0", .dedupe = Dedupe::kDay},
    {.when = "lab.ALT.value > 55.0", .for_ = kDay, .dedupe = Dedupe::kSubject},
    {.when = "lab.ALT.window(days(14)).max_xuln() >= 2.0 && "
             "lab.TBILI.window(days(14)).max_xuln() >= 2.0"},
    {.when = "lab.ALT.change > 10.0 || lab.ALT.pct_change > 30.0"},
    {.when = "lab.CREAT.value >= 1.5 * lab.CREAT.baseline || "
             "lab.CREAT.value - lab.CREAT.window(days(7)).min() >= 40.0"},
    {.when = "lab.CREAT.value > 1.2", .units = {{"lab.CREAT", "mg/dL"}}},
    {.when = "lab.ALT.window(days(30)).count() >= 3 && "
             "lab.ALT.window(days(30)).slope_per_day() > 0.5"},
    {.when = "vs.SYSBP.value > vs.SYSBP.window(days(28)).mean() + "
             "1.2 * vs.SYSBP.window(days(28)).sd()"},
    {.when = "vs.TEMP.asof(days(1)) >= 38.3 && lab.NEUT.asof(days(3)) < 1.5"},
    {.when = "vs.TEMP.asof(days(1)) >= 38.3 && lab.NEUT.asof(days(3)) < 1.5", .settle = 2 * kDay},
    {.when = "lab.ALT.window(days(5)).count() >= 2", .settle = 3 * kDay},
    {.when = "vs.SYSBP.last(2).size() == 2 && vs.SYSBP.last(2).all(o, o.value >= 140.0)"},
    {.when = "[lab.ALT.asof(days(2)) >= 60.0, lab.CREAT.asof(days(9)) >= 90.0, "
             "lab.NEUT.asof(days(9)) < 1.5].count_true() >= 2"},
    {.when = "lab.NEUT.grade_low - lab.NEUT.base_grade_low >= 1"},
    {.when = "lab.HCG.value == \"POSITIVE\" && subject.sex == \"F\""},
    {.when = "lab.ALT.value > 60.0 && subject.on_treatment"},
    {.when = "!(lab.ALT.value < 70.0)"},
    {.when = "lab.ALT.prev(2).value > 50.0 && lab.ALT.value > 50.0"},
    {.when = "pro.DIARY.missed_in_a_row() >= 3"},
    {.when = "!visit.W4.done && now > visit.W4.window_end + days(3)"},
    {.scope = EvaluationScope::kVisit, .when = "!visit.done && now > visit.window_end"},
    {.scope = EvaluationScope::kRow, .each_form = "AE", .when = "row.AESER == \"Y\""},
    {.scope = EvaluationScope::kRow,
     .each_form = "AE",
     .when = "has(row.AESTDT) && row.AESTDT > subject.first_dose",
     .dedupe = Dedupe::kAnchor},
    {.scope = EvaluationScope::kRow,
     .each_form = "AE",
     .when = "row.AESER == \"Y\" && (has(row.REPORTED) ? row.REPORTED : now) - row.AESTDT > "
             "hours(24)"},
};

INSTANTIATE_TEST_SUITE_P(Rules, SameAsLiveTest, testing::ValuesIn(kDefinitions));

}  // namespace
}  // namespace vedette::rules
