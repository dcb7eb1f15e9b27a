// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "rules/catalog.h"
#include "rules/rule.h"
#include "services/monitor/prepare.h"

namespace vedette::monitor {

// Which events a version judges, by when they were received: from ≤ received < until. Compared in
// whole seconds.
struct ActivePeriod {
  Timestamp from = Timestamp::max();
  Timestamp until = Timestamp::max();
  bool operator==(const ActivePeriod&) const = default;
};

// What a study's rules may name, as trial told it, and as it is kept.
struct CatalogSnapshot {
  std::string study_id;
  std::int64_t revision = 0;
  std::string items;  // serialized messages of trial's contract, without the revision
  std::string design;
  std::shared_ptr<const rules::Catalog> catalog;
};

// A version of a rule as it is kept.
struct KnownRule {
  std::string version_id;
  std::string study_id;
  std::string rule_id;
  std::int32_t version = 1;
  std::string definition;
  std::string content_hash;
  std::int64_t catalog_revision = 0;
  ActivePeriod period;
  // Every event it judges was evaluated with it, or will be on recording.
  bool covered = false;
};

// A kept version, compiled. Without a rule, it does not compile and is not at work.
struct CompiledVersion {
  KnownRule known;
  std::shared_ptr<const rules::Rule> rule;
  std::shared_ptr<const rules::Catalog> catalog;
};

// The rules of a study that share a catalog: those of one engine.
struct RuleGroup {
  std::shared_ptr<const rules::Catalog> catalog;
  std::vector<rules::TimedRule> rules;
};

struct StudyRules {
  std::string study_id;
  std::vector<RuleGroup> groups;
  // Some rule is judged when time goes on, so every subject must be in memory.
  bool whole_study = false;
  std::vector<std::string> ended;  // version ids whose period has an end
};

// The rules that are or were at work, in memory. Thread-safe.
class RuleBook {
 public:
  // What was kept of an earlier run, for the first time. Until then nothing may be recorded.
  void Load(std::vector<CompiledVersion> versions);
  bool loaded() const;

  // Adds versions or replaces what is known of them. Every group that the log writer begins from
  // now on is judged by them.
  void Put(std::vector<CompiledVersion> versions);
  void MarkCovered(const std::string& version_id);

  // What the log is judged by. The rules of a study are the same object while they do not change.
  using Studies = StringMap<std::shared_ptr<const StudyRules>>;
  std::shared_ptr<const Studies> Snapshot() const;

  std::optional<CompiledVersion> Find(const std::string& version_id) const;
  // Those that some events may have been recorded without.
  std::vector<std::string> Uncovered() const;
  std::vector<std::string> StudyIds() const;
  std::vector<CompiledVersion> OfStudy(std::string_view study) const;
  // Compiled and at work at `now`, by rule.
  std::vector<std::shared_ptr<const rules::Rule>> AtWork(std::string_view study,
                                                         Timestamp now) const;

 private:
  void Rebuild(const std::string& study);

  mutable std::mutex mutex_;
  bool loaded_ = false;
  std::map<std::string, CompiledVersion, std::less<>> entries_;  // by version
  std::shared_ptr<const Studies> studies_ = std::make_shared<const Studies>();
};

}  // namespace vedette::monitor
