// SPDX-License-Identifier: Apache-2.0
// The live rule engine on a wearable: one subject with 20,000 heart rates in seven days, then more
// of them, one every thirty seconds. One line for each kind of rule: what an event costs, beside
// the plain rule over the value alone, which is the limit.
//   rule_dense_bench [events = 2000] [seconds a rule = 1]
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "rules/live/engine.h"
#include "rules/live/testing/operation_stream.h"

namespace {

using namespace vedette::rules;

constexpr int kLoaded = 20'000;
constexpr Seconds kEvery = 30;
constexpr Seconds kStart = testing::kStreamStart;

double ProcessorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

RuleDefinition Define(std::string id, std::string when) {
  RuleDefinition rule;
  rule.rule_id = std::move(id);
  rule.study_id = "STREAM";
  rule.title = rule.rule_id;
  rule.when = std::move(when);
  return rule;
}

RuleDefinition ForEachRow(RuleDefinition rule) {
  rule.scope = EvaluationScope::kRow;
  rule.each_form = "AE";
  return rule;
}

std::vector<RuleDefinition> Rules() {
  std::vector<RuleDefinition> rules;
  rules.push_back(Define("value", "vs.HR.value > 120.0"));
  rules.push_back(Define("one long episode", "vs.HR.value > 40.0"));
  rules.push_back(Define("between two limits", "vs.HR.value > 98.0"));
  rules.back().resolve_when = "vs.HR.value < 30.0";
  rules.push_back(Define("alert by anchor", "vs.HR.value > 72.0"));
  rules.back().dedupe = Dedupe::kAnchor;
  rules.push_back(Define("alert by day", "vs.HR.value > 72.0"));
  rules.back().dedupe = Dedupe::kDay;
  rules.push_back(Define("settled", "vs.HR.value > 72.0"));
  rules.back().settle = 3600;
  rules.push_back(Define("window of an hour", "vs.HR.window(hours(1)).mean() > 90.0"));
  rules.push_back(Define("window of a week", "vs.HR.window(days(7)).mean() > 90.0"));
  rules.push_back(
      ForEachRow(Define("row, window", "has(row.AETERM) && vs.HR.window(days(7)).mean() > 60.0")));
  rules.push_back(Define("now, gap",
                         "now > subject.first_dose + days(1) && "
                         "vs.HR.window(hours(1)).count() == 0"));
  rules.push_back(
      Define("now, holds", "now > subject.first_dose && vs.HR.window(hours(1)).mean() > 40.0"));
  rules.push_back(ForEachRow(Define("row, now",
                                    "(has(row.REPORTED) ? row.REPORTED : now) - row.AESTDT > "
                                    "hours(24) && vs.HR.window(days(7)).mean() > 60.0")));
  rules.push_back(Define("visit", "!visit.done && now > visit.window_end + days(3)"));
  rules.back().scope = EvaluationScope::kVisit;
  rules.push_back(Define("visit, window",
                         "!visit.done && now > visit.due && "
                         "vs.HR.window(hours(1)).mean() > 40.0"));
  rules.back().scope = EvaluationScope::kVisit;
  return rules;
}

std::uint32_t Item(std::string_view code) {
  const auto catalog = testing::OperationCatalog();
  return catalog->IndexOf(*catalog->FindByCode(code));
}

Change At(std::string_view code, Seconds time, std::uint64_t key) {
  Change change;
  change.item = Item(code);
  change.time = time;
  change.key = key;
  change.received = time;
  change.first_version = true;
  return change;
}

// Between 45 and 99, the same ones every time.
Change HeartRate(int number) {
  const auto n = static_cast<std::uint64_t>(number);
  Change change = At("HR", kStart + number * kEvery, n + 1);
  change.number = 45 + static_cast<double>((n * 0x9E3779B97F4A7C15ULL >> 33) % 55);
  return change;
}

std::vector<Change> History() {
  std::vector<Change> changes;
  for (int i = 0; i < kLoaded; ++i) changes.push_back(HeartRate(i));
  changes.push_back(At("FIRST_DOSE", kStart, 1));
  changes.back().number = static_cast<double>(kStart);
  for (std::uint64_t row = 1; row <= 5; ++row) {
    const Seconds time = kStart + static_cast<Seconds>(row) * kDay;
    changes.push_back(At("AETERM", time, row));
    changes.back().row = row;
    changes.back().text = "HEADACHE";
    changes.push_back(At("AESTDT", time, row));
    changes.back().row = row;
    changes.back().number = static_cast<double>(time);
  }
  return changes;
}

struct Figures {
  double microseconds = 0;  // an event
  int events = 0;
  std::size_t alerts = 0;
};

Figures Measure(const RuleDefinition& rule, int events, double limit) {
  Engine engine(testing::OperationCatalog(), testing::CompileAll({&rule, 1}),
                {.lateness = 7 * kDay});
  const SubjectHandle subject = engine.Subject("S-1", "01");
  const std::vector<Change> history = History();
  std::vector<Engine::SubjectTransition> by_timer;
  std::vector<Transition> transitions;
  const Seconds loaded = kStart + kLoaded * kEvery;
  engine.Load(subject, history, loaded);
  Figures figures;
  const double start = ProcessorSeconds();
  while (figures.events < events && ProcessorSeconds() - start < limit) {
    const Change change = HeartRate(kLoaded + figures.events);
    engine.Advance(change.received, &by_timer);
    engine.Apply(subject, {&change, 1}, change.received, &transitions);
    ++figures.events;
  }
  figures.microseconds = (ProcessorSeconds() - start) * 1e6 / figures.events;
  figures.alerts = engine.Detected(subject).size();
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  const int events = argc > 1 ? std::atoi(argv[1]) : 2000;
  const double limit = argc > 2 ? std::atof(argv[2]) : 1;
  double plain = 0;
  fmt::print("{:<20}{:>12}{:>10}{:>10}{:>10}\n", "rule", "us an event", "limits", "events",
             "alerts");
  for (const RuleDefinition& rule : Rules()) {
    const Figures figures = Measure(rule, events, limit);
    if (plain == 0) plain = figures.microseconds;
    fmt::print("{:<20}{:>12.2f}{:>9.0f}x{:>10}{:>10}\n", rule.rule_id, figures.microseconds,
               figures.microseconds / plain, figures.events, figures.alerts);
  }
  return 0;
}
