// SPDX-License-Identifier: Apache-2.0
#include "rules/live/testing/property_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "rules/live/absence.h"
#include "rules/live/engine.h"
#include "rules/live/testing/operation_stream.h"
#include "rules/live/testing/oracle.h"

namespace vedette::rules::testing {
namespace {

constexpr std::size_t kDifferencesTold = 20;

// The alerts that transitions add up to: what a service keeps.
class AlertTable {
 public:
  void Fold(const Transition& transition) {
    const DetectedAlert& alert = transition.alert;
    switch (transition.kind) {
      case TransitionKind::kRetracted:
        alerts_.erase(alert.id);
        break;
      case TransitionKind::kSuperseded:
        alerts_[alert.id] = alert;
        alerts_[alert.id].detection = Detection::kInactive;
        break;
      default:
        alerts_[alert.id] = alert;
        break;
    }
  }
  std::vector<DetectedAlert> List() const {
    std::vector<DetectedAlert> list;
    for (const auto& [id, alert] : alerts_) {
      list.push_back(alert);
    }
    std::ranges::sort(list, {}, [](const DetectedAlert& alert) {
      return std::tuple(alert.rule, alert.started, alert.anchor_key);
    });
    return list;
  }

 private:
  std::map<Id128, DetectedAlert> alerts_;
};

bool Announced(const DetectedAlert& alert) { return alert.detection != Detection::kPending; }

// One engine and what a service around it would do.
class Station {
 public:
  Station(bool bounded,
          std::vector<TimedRule> rules,
          std::size_t subjects,
          PropertyRunResult* result)
      : bounded_(bounded), rules_(std::move(rules)), tables_(subjects), result_(*result) {
    Restart(kStreamStart - 100 * kDay);
  }

  void Restart(Seconds now) {
    if (engine_ != nullptr) {
      const EngineStatistics statistics = engine_->Statistics();
      result_.fallbacks += statistics.fallbacks;
      result_.evaluations += statistics.evaluations;
    }
    engine_ = std::make_unique<Engine>(OperationCatalog(), rules_,
                                       EngineOptions{.lateness = 14 * kDay, .bounded = bounded_});
    std::vector<Engine::SubjectTransition> none;
    engine_->Advance(now, &none);
  }

  void Advance(Seconds now) {
    transitions_by_subject_.clear();
    engine_->Advance(now, &transitions_by_subject_);
    for (const Engine::SubjectTransition& one : transitions_by_subject_) {
      tables_[numbers_.at(one.subject)].Fold(one.transition);
    }
    result_.transitions += transitions_by_subject_.size();
  }

  SubjectHandle Handle(std::uint32_t subject, const std::string& id) {
    const SubjectHandle handle = engine_->Subject(id, "01");
    numbers_[handle] = subject;
    return handle;
  }

  // Loads the subject and brings the table up to date.
  void Load(std::uint32_t subject,
            const std::string& id,
            const CurrentChanges& current,
            Seconds now) {
    const std::vector<Change> list = ListOf(current);
    const std::vector<DetectedAlert> detected = engine_->Load(Handle(subject, id), list, now);
    for (const Transition& transition :
         Differences(tables_[subject].List(), detected, 0, UINT32_MAX, now)) {
      tables_[subject].Fold(transition);
    }
  }

  void Apply(std::uint32_t subject,
             const std::string& id,
             const CurrentChanges& current,
             std::span<const Change> changes,
             Seconds now) {
    const SubjectHandle handle = Handle(subject, id);
    if (engine_->NeedsLoad(handle, changes)) {
      result_.loads += engine_->Loaded(handle) ? 1 : 0;
      Load(subject, id, current, now);
    }
    transitions_.clear();
    engine_->Apply(handle, changes, now, &transitions_);
    result_.transitions += transitions_.size();
    for (const Transition& transition : transitions_) {
      tables_[subject].Fold(transition);
    }
  }

  Engine& engine() { return *engine_; }
  const AlertTable& table(std::uint32_t subject) const { return tables_[subject]; }

 private:
  bool bounded_;
  std::vector<TimedRule> rules_;
  std::vector<AlertTable> tables_;
  PropertyRunResult& result_;
  std::unique_ptr<Engine> engine_;
  std::map<SubjectHandle, std::uint32_t> numbers_;
  std::vector<Transition> transitions_;
  std::vector<Engine::SubjectTransition> transitions_by_subject_;
};

class Round {
 public:
  Round(const PropertyRunOptions& options, std::uint64_t seed, PropertyRunResult* result)
      : stream_(GenerateOperations(
            {.subjects = options.subjects, .observations = options.observations, .seed = seed})),
        random_(seed * 0x9E3779B97F4A7C15ULL + 1),
        result_(*result),
        rules_(Rules()),
        oracle_(OperationCatalog(), rules_),
        whole_(false, rules_, stream_.subjects.size(), result),
        bounded_(true, rules_, stream_.subjects.size(), result),
        current_(stream_.subjects.size()),
        newest_(stream_.subjects.size(), INT64_MIN) {}

  void Run() {
    Seconds now = 0;
    for (const OperationStream::Batch& batch : stream_.batches) {
      now = batch.received;
      const auto changes = stream_.Changes(batch);
      const std::string& id = stream_.subjects[batch.subject];
      whole_.Advance(now);
      bounded_.Advance(now);
      CurrentChanges& current = current_[batch.subject];
      whole_.Apply(batch.subject, id, current, changes, now);
      if (Once(4'000)) {
        ++result_.restarts;
        bounded_.Restart(now);
      } else if (Once(500)) {
        bounded_.engine().Evict(bounded_.Handle(batch.subject, id));
      }
      bounded_.Apply(batch.subject, id, current, changes, now);
      for (const Change& change : changes) {
        Count(batch.subject, change);
        TakeOver(change, &current);
      }
      if (Once(2'000)) {
        Check(batch.subject, now);
      }
    }
    for (std::uint32_t subject = 0; subject < stream_.subjects.size(); ++subject) {
      Check(subject, now);
      Replay(subject, now);
    }
    whole_.Restart(now);
    bounded_.Restart(now);
  }

 private:
  static std::vector<TimedRule> Rules() {
    std::vector<RuleDefinition> definitions = TemporalRules();
    for (RuleDefinition& definition : FurtherRules()) {
      definitions.push_back(std::move(definition));
    }
    return CompileAll(definitions, kStreamStart + 220 * kDay);
  }

  bool Once(std::uint64_t in) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_ % in == 0;
  }

  void Count(std::uint32_t subject, const Change& change) {
    ++result_.operations;
    const bool known = current_[subject].contains({change.item, change.key});
    result_.corrections += known ? 1 : 0;
    result_.late += !known && change.time < newest_[subject] ? 1 : 0;
    newest_[subject] = std::max(newest_[subject], change.time);
  }

  void Differ(std::uint32_t subject, const std::string& what) {
    ++result_.difference_count;
    if (result_.differences.size() < kDifferencesTold) {
      result_.differences.push_back(stream_.subjects[subject] + ": " + what);
    }
  }

  std::string Name(const DetectedAlert& alert) const {
    return rules_[alert.rule].rule->definition().rule_id + " founded at " +
           std::to_string(alert.started) + " state " +
           std::to_string(static_cast<int>(alert.detection)) + " fired " +
           std::to_string(alert.fired) + " last " + std::to_string(alert.last) + " anchors " +
           std::to_string(alert.anchors) + " resolved " +
           std::to_string(alert.resolved.value_or(-1));
  }

  // Every alert of `expected` is in `found`, and the other way round.
  template <class Same>
  void Compare(std::uint32_t subject,
               const std::string& which,
               const std::vector<DetectedAlert>& expected,
               const std::vector<DetectedAlert>& found,
               Same same) {
    const auto only = [&](const auto& these, const auto& those, const char* word) {
      for (const DetectedAlert& alert : these) {
        if (std::ranges::none_of(those,
                                 [&](const DetectedAlert& other) { return same(alert, other); })) {
          Differ(subject, which + ": " + word + " " + Name(alert));
        }
      }
    };
    only(expected, found, "missing");
    only(found, expected, "unexpected");
  }

  std::vector<DetectedAlert> Judged(std::vector<DetectedAlert> alerts, bool by_time) const {
    std::erase_if(alerts, [&](const DetectedAlert& alert) {
      return IsJudgedByTime(*rules_[alert.rule].rule) != by_time;
    });
    return alerts;
  }
  static std::vector<DetectedAlert> Told(std::vector<DetectedAlert> alerts) {
    std::erase_if(alerts, [](const DetectedAlert& alert) { return !Announced(alert); });
    return alerts;
  }

  void Check(std::uint32_t subject, Seconds now) {
    ++result_.subjects_checked;
    const std::string& id = stream_.subjects[subject];
    const CurrentChanges& current = current_[subject];
    const std::vector<DetectedAlert> expected = oracle_.Detect(current, id, now);
    result_.alerts_checked += expected.size();
    const auto detected = whole_.engine().Detected(whole_.Handle(subject, id));
    const auto same = [](const DetectedAlert& a, const DetectedAlert& b) { return a == b; };
    const auto same_news = [](const DetectedAlert& a, const DetectedAlert& b) {
      return a.id == b.id && a.detection == b.detection && a.resolved == b.resolved &&
             a.digest == b.digest && a.fired == b.fired && a.fired_key == b.fired_key;
    };
    Compare(subject, "engine", expected, Judged(detected, false), same);
    Compare(subject, "transitions", Told(expected),
            Told(Judged(whole_.table(subject).List(), false)), same_news);
    Absences(subject, "engine", now, Judged(detected, true), whole_.table(subject).List());

    const SubjectHandle handle = bounded_.Handle(subject, id);
    if (!bounded_.engine().Loaded(handle)) {
      bounded_.Load(subject, id, current, now);
    }
    for (const DetectedAlert& alert : Judged(bounded_.engine().Detected(handle), false)) {
      if (std::ranges::find(expected, alert) == expected.end()) {
        Differ(subject, "bounded engine: unexpected " + Name(alert));
      }
    }
    Compare(subject, "bounded transitions", Told(expected),
            Told(Judged(bounded_.table(subject).List(), false)), same_news);
    Absences(subject, "bounded engine", now, Judged(bounded_.engine().Detected(handle), true),
             bounded_.table(subject).List());
  }

  void Absences(std::uint32_t subject,
                const std::string& which,
                Seconds now,
                const std::vector<DetectedAlert>& detected,
                std::vector<DetectedAlert> table) {
    const std::string wrong =
        oracle_.CheckAbsences(current_[subject], stream_.subjects[subject], now, detected);
    if (!wrong.empty()) {
      Differ(subject, which + ": " + wrong);
    }
    table = Judged(std::move(table), true);
    std::erase_if(table,
                  [](const DetectedAlert& alert) { return alert.detection != Detection::kFiring; });
    Compare(subject, which + " transitions", detected, table,
            [](const DetectedAlert& a, const DetectedAlert& b) {
              return a.id == b.id && a.fired == b.fired && a.digest == b.digest;
            });
  }

  // What is known at the end, applied in the order of event time.
  void Replay(std::uint32_t subject, Seconds now) {
    std::vector<Change> changes = ListOf(current_[subject]);
    std::ranges::sort(changes, {},
                      [](const Change& change) { return std::pair(change.time, change.key); });
    Engine engine(OperationCatalog(), rules_, {.bounded = false});
    const SubjectHandle handle = engine.Subject(stream_.subjects[subject], "01");
    std::vector<Transition> transitions;
    AlertTable table;
    engine.Load(handle, {}, now);
    for (const Change& change : changes) {
      engine.Apply(handle, {&change, 1}, now, &transitions);
    }
    Compare(subject, "replay",
            whole_.engine().Detected(whole_.Handle(subject, stream_.subjects[subject])),
            engine.Detected(handle),
            [](const DetectedAlert& a, const DetectedAlert& b) { return a == b; });
  }

  OperationStream stream_;
  std::uint64_t random_;
  PropertyRunResult& result_;
  std::vector<TimedRule> rules_;
  Oracle oracle_;
  Station whole_;
  Station bounded_;
  std::vector<CurrentChanges> current_;
  std::vector<Seconds> newest_;
};

}  // namespace

PropertyRunResult RunProperty(const PropertyRunOptions& options) {
  PropertyRunResult result;
  for (std::uint64_t round = 0; result.operations < options.operations; ++round) {
    Round(options, options.seed + round, &result).Run();
  }
  return result;
}

}  // namespace vedette::rules::testing
