// SPDX-License-Identifier: Apache-2.0
// How fast a study's history becomes columns, and how fast rules are back-tested over them, on one
// thread: beside reading the same columns from memory once, and beside the live engine going
// through the same observations one at a time. Observations are made in memory.
//   rule_backtest_bench [observations = 10000000] [rounds = 5]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/backtest/backtest.h"
#include "rules/live/engine.h"
#include "rules/rule.h"
#include "rules/syntax/diagnostic.h"

namespace {

using namespace vedette::rules;

constexpr std::uint32_t kSubjects = 5'000;
constexpr std::uint32_t kItems = 40;
constexpr Seconds kEpoch = 1'700'000'000;

struct SimulatedItem {
  const char* name;
  const char* unit;
  double mean;
  double deviation;
  double upper_limit;
};

constexpr SimulatedItem kSimulated[] = {
    {"lab.ALT", "U/L", 28, 12, 40},        {"lab.TBILI", "mg/dL", 0.6, 0.25, 1.2},
    {"eg.QTCF", "ms", 410, 18, 450},       {"vs.SYSBP", "mmHg", 128, 16, 140},
    {"lab.HGB", "g/dL", 13.5, 1, 17},      {"lab.PLAT", "10^9/L", 240, 55, 450},
    {"vs.WEIGHT", "kg", 78, 1.5, 120},     {"lab.CREAT", "mg/dL", 0.9, 0.12, 1.2},
    {"lab.NEUT", "10^9/L", 4, 1.2, 8},     {"vs.HR", "beats/min", 72, 11, 100},
    {"lab.GLUC", "mmol/L", 5.5, 1.4, 6.1}, {"vs.TEMP", "C", 36.7, 0.4, 37.5},
    {"vs.SPO2", "%", 97, 1.6, 100},
};
constexpr std::uint32_t kHeartRate = 9;
constexpr std::uint32_t kSaturation = 12;

struct NamedRule {
  const char* id;
  const char* when;
};

constexpr NamedRule kRules[] = {
    {"HYS",
     "lab.ALT.window(days(14)).max_xuln() >= 3.0 && lab.TBILI.window(days(14)).max_xuln() >= 2.0"},
    {"QTC", "eg.QTCF.value > 500.0 || eg.QTCF.change > 60.0"},
    {"HTN", "vs.SYSBP.value > 180.0 && vs.SYSBP.prev.value > 180.0"},
    {"HGBTREND",
     "lab.HGB.window(days(60)).slope_per_day() < -0.05 && lab.HGB.window(days(60)).count() >= 3"},
    {"PLT", "lab.PLAT.value < 50.0 && lab.PLAT.prev.value >= 100.0"},
    {"WTLOSS", "vs.WEIGHT.value < 0.95 * vs.WEIGHT.baseline"},
    {"AKI",
     "lab.CREAT.value >= 1.5 * lab.CREAT.baseline || "
     "lab.CREAT.value - lab.CREAT.window(days(2)).min() >= 0.3"},
    {"ANCGR",
     "(lab.NEUT.value < 0.5 ? 4 : lab.NEUT.value < 1.0 ? 3 : lab.NEUT.value < 1.5 ? 2 : "
     "lab.NEUT.value < 2.0 ? 1 : 0) - (lab.NEUT.baseline < 0.5 ? 4 : lab.NEUT.baseline < 1.0 ? 3 "
     ": lab.NEUT.baseline < 1.5 ? 2 : lab.NEUT.baseline < 2.0 ? 1 : 0) >= 2"},
    {"HRDEV", "vs.HR.value - vs.HR.window(days(7)).mean() > 40.0"},
    {"GLUC", "lab.GLUC.value < 3.0 || lab.GLUC.value > 22.2"},
    {"FN", "vs.TEMP.value >= 38.3 && lab.NEUT.asof(days(3)) < 1.0"},
    {"SPO2", "vs.SPO2.value < 90.0 && vs.SPO2.prev.value < 90.0"},
};

std::shared_ptr<const Catalog> MakeCatalog() {
  auto catalog = std::make_shared<Catalog>();
  catalog->study_id = "BENCH";
  for (std::uint32_t i = 0; i < kItems; ++i) {
    const bool known = i < std::size(kSimulated);
    const std::string name = known ? kSimulated[i].name : fmt::format("lab.X{}", i);
    catalog->items.push_back({.code = name.substr(name.find('.') + 1),
                              .name = name,
                              .label = name,
                              .unit = known ? kSimulated[i].unit : ""});
  }
  catalog->items.push_back({.code = "FIRST_DOSE",
                            .name = "first_dose",
                            .label = "First dose",
                            .role = CatalogItem::Role::kAttribute,
                            .kind = ValueKind::kTime});
  catalog->Finish();
  return catalog;
}

// Subjects that report as time goes by: a fifth of it heart rate and a tenth saturation as of
// wearables, the rest spread over all items; 5 % days late, 1 % corrected afterwards.
class Simulator {
 public:
  explicit Simulator(std::size_t observations)
      : per_subject_(observations / kSubjects), states_(kSubjects) {
    for (State& state : states_) {
      state.first_dose = kEpoch + 30 * kDay + static_cast<Seconds>(uniform_(random_) * 300 * kDay);
      state.liver_injury = uniform_(random_) < 0.02;
      for (double& offset : state.offsets) {
        offset = normal_(random_) * 0.6;
      }
    }
  }

  // Calls `each` with (subject, change) in order of arrival.
  void Run(const std::function<void(std::uint32_t, const Change&)>& each) {
    for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
      each(subject, {.item = kItems,
                     .key = 1,
                     .time = states_[subject].first_dose,
                     .received = kEpoch,
                     .number = static_cast<double>(states_[subject].first_dose)});
    }
    for (std::size_t round = 0; round < per_subject_; ++round) {
      for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
        Observe(round, subject, each);
      }
    }
  }

 private:
  struct State {
    Seconds first_dose = 0;
    bool liver_injury = false;
    std::array<double, std::size(kSimulated)> offsets{};
    Change corrected;
  };

  template <class Each>
  void Observe(std::size_t round, std::uint32_t subject, const Each& each) {
    State& state = states_[subject];
    const double kind = uniform_(random_);
    const std::uint32_t item = kind < 0.2 ? kHeartRate
                               : kind < 0.3
                                   ? kSaturation
                                   : static_cast<std::uint32_t>(uniform_(random_) * kItems);
    const std::size_t as = std::min<std::size_t>(item, std::size(kSimulated) - 1);
    const double progress = static_cast<double>(round) / static_cast<double>(per_subject_);
    const Seconds received = state.first_dose + static_cast<Seconds>((progress * 400 - 28) * kDay);
    const double delay = uniform_(random_) < 0.05 ? 5 * kDay * uniform_(random_) : 1'800;
    Change change{.item = item,
                  .key = (key_ += 1) * 0x9E3779B97F4A7C15U,
                  .time = received - static_cast<Seconds>(uniform_(random_) * delay),
                  .received = received,
                  .number = Value(state, as, received),
                  .range_high = kSimulated[as].upper_limit};
    each(subject, change);
    if (uniform_(random_) < 0.01) {
      change.number *= 1 + 0.1 * normal_(random_);
      state.corrected = change;
    } else if (state.corrected.key != 0 && uniform_(random_) < 0.1) {
      state.corrected.received = received;
      each(subject, state.corrected);
      state.corrected = {};
    }
  }

  double Value(const State& state, std::size_t as, Seconds time) {
    const std::string_view name = kSimulated[as].name;
    double value =
        kSimulated[as].mean + kSimulated[as].deviation * (normal_(random_) + state.offsets[as]);
    if (name == "lab.ALT" || name == "lab.TBILI") {
      const bool injured = state.liver_injury && time > state.first_dose + 60 * kDay;
      return (std::abs(value) + 1e-3) * (!injured ? 1 : name == "lab.ALT" ? 5 : 3.5);
    }
    if (name == "vs.WEIGHT" && uniform_(random_) < 0.01) {
      return value * 0.93;
    }
    if (name == "lab.NEUT") {
      return std::abs(value) * (uniform_(random_) < 0.02 ? 0.2 : 1);
    }
    return value;
  }

  std::size_t per_subject_;
  std::vector<State> states_;
  std::uint64_t key_ = 0;
  std::mt19937_64 random_{7};
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

// Of this thread's processor time: others may be at work on the machine.
double Milliseconds(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  const double start = now();
  work();
  return now() - start;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double MedianMilliseconds(int rounds, const std::function<void()>& work) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    times.push_back(Milliseconds(work));
  }
  return Median(std::move(times));
}

// Reads the times, values and upper limits of the items once, eight words at a time.
std::uint64_t ReadColumns(const History& history, const std::set<std::uint32_t>& items) {
  std::uint64_t sums[8] = {};
  const auto read = [&](const auto& column) {
    const auto* words = reinterpret_cast<const std::uint64_t*>(column.data());
    for (std::size_t at = 0; at + 8 <= column.size(); at += 8) {
      for (std::size_t i = 0; i < 8; ++i) {
        sums[i] += words[at + i];
      }
    }
  };
  for (const std::uint32_t item : items) {
    read(history.Item(item).time);
    read(history.Item(item).value);
    read(history.Item(item).upper_limit);
  }
  return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

std::vector<std::shared_ptr<const Rule>> CompileRules(
    const std::shared_ptr<const Catalog>& catalog) {
  std::vector<std::shared_ptr<const Rule>> rules;
  for (const NamedRule& named : kRules) {
    auto rule = CompileRule({.rule_id = named.id,
                             .study_id = catalog->study_id,
                             .title = named.id,
                             .when = named.when,
                             .dedupe = Dedupe::kEpisode},
                            catalog);
    if (!rule) {
      fmt::print("{}: {}\n", named.id, Render(named.when, rule.error().front()));
      std::exit(1);
    }
    rules.push_back(*rule);
  }
  return rules;
}

// The changes as they came through one live engine: an observation at a time.
void GoThroughLive(const History& history,
                   const std::vector<History::RecordedChange>& changes,
                   const std::vector<std::shared_ptr<const Rule>>& rules) {
  std::vector<TimedRule> timed;
  for (const std::shared_ptr<const Rule>& rule : rules) {
    timed.push_back({.rule = rule});
  }
  Engine engine(history.shared_catalog(), std::move(timed), {.bounded = false});
  std::vector<SubjectHandle> handles;
  for (std::uint32_t subject = 0; subject < history.subjects(); ++subject) {
    handles.push_back(engine.Subject(history.SubjectId(subject), history.SiteId(subject)));
    engine.Load(handles.back(), {}, kEpoch);
  }
  std::vector<Transition> transitions;
  for (const History::RecordedChange& recorded : changes) {
    if (engine.Reads(recorded.change.item)) {
      engine.Apply(handles[recorded.subject], std::span(&recorded.change, 1),
                   recorded.change.received, &transitions);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t observations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::shared_ptr<const Catalog> catalog = MakeCatalog();
  const std::vector<std::shared_ptr<const Rule>> rules = CompileRules(catalog);

  std::vector<History::RecordedChange> changes;
  changes.reserve(observations + observations / 50 + kSubjects);
  Simulator(observations).Run([&](std::uint32_t subject, const Change& change) {
    changes.push_back({subject, change});
  });
  History history(catalog);
  for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
    history.Subject(fmt::format("S{:05}", subject), fmt::format("SITE{:03}", subject / 50));
  }
  const double adding = Milliseconds([&] {
    for (const History::RecordedChange& recorded : changes) {
      history.Add(recorded.subject, recorded.change);
    }
  });
  const double finishing = Milliseconds([&] { history.Finish(); });
  const double total_rows = static_cast<double>(changes.size());
  fmt::print("load    {} changes: added {:.0f} ms, sorted into columns {:.0f} ms, {:.0f} ns each\n",
             changes.size(), adding, finishing, (adding + finishing) * 1e6 / total_rows);

  Seconds cutoff = 0;
  for (const History::RecordedChange& recorded : changes) {
    cutoff = std::max(cutoff, recorded.change.received);
  }
  const BacktestOptions options{.now = cutoff};
  double all = 0;
  double memory = 0;
  std::uint64_t guard = 0;
  fmt::print("{:<9} {:>9} {:>8} {:>8} {:>9} {:>8} {:>10}\n", "rule", "anchors", "ms", "ns/row",
             "records", "alerts", "x memory");
  for (const std::shared_ptr<const Rule>& rule : rules) {
    BacktestResult result;
    const double time =
        MedianMilliseconds(rounds, [&] { result = RunBacktest(rule, history, options); });
    const std::set<std::uint32_t> items(rule->facts().items.begin(), rule->facts().items.end());
    const double limit = MedianMilliseconds(rounds, [&] { guard += ReadColumns(history, items); });
    all += time;
    memory += limit;
    fmt::print("{:<9} {:>9} {:>8.2f} {:>8.2f} {:>9} {:>8} {:>10.1f}\n", rule->definition().rule_id,
               result.anchors, time,
               time * 1e6 / static_cast<double>(std::max<std::uint64_t>(1, result.anchors)),
               result.records, result.alerts.size(), time / limit);
  }
  const double live = Milliseconds([&] { GoThroughLive(history, changes, rules); });
  fmt::print("all     {:.1f} ms, {:.1f} times reading the columns they use ({:.1f} ms) [{}]\n", all,
             all / memory, memory, guard % 10);
  fmt::print(
      "live    {:.0f} ms to replay the changes through one engine with all rules, {:.0f} times as "
      "long\n",
      live, live / all);
  return 0;
}
