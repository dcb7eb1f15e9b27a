// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// The rules that are or were at work, in memory. Thread-safe; Set() is what the log is judged by.
class RuleBook {
 public:
  RuleBook();

  // What was kept of an earlier run, for the first time. Until then nothing may be recorded.
  void Load(std::vector<KnownRule> rules);
  bool loaded() const;

  // Adds versions or replaces what is known of them. Every group that the log writer begins from
  // now on is judged by them.
  void Put(std::vector<KnownRule> rules);
  void MarkCovered(const std::string& version_id);

  std::shared_ptr<const rules::RuleSet> Set() const;

  std::optional<KnownRule> Find(const std::string& version_id) const;
  std::optional<rules::ActiveRule> FindCompiled(const std::string& version_id) const;
  // Those that some events may have been recorded without.
  std::vector<std::string> Uncovered() const;
  // At work at `now` on the item, by rule.
  std::vector<rules::RuleSpec> AtWork(std::string_view study,
                                       std::string_view item,
                                       Timestamp now) const;

 private:
  struct Entry {
    bool covered;
    rules::ActiveRule active;
  };

  mutable std::mutex mutex_;
  bool loaded_ = false;
  std::map<std::string, Entry, std::less<>> entries_;
  std::shared_ptr<const rules::RuleSet> set_;
};

}  // namespace vedette::monitor
