// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/live/engine.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/rule_book.h"

namespace vedette::monitor {

// One engine at work: the rules of a study that share a catalog. Of one task.
class EngineSlot {
 public:
  EngineSlot(std::shared_ptr<const StudyRules> study, std::size_t group, bool bounded);

  const std::string& study_id() const { return study_->study_id; }
  const RuleGroup& group() const { return study_->groups[group_]; }
  rules::Engine& engine() { return engine_; }
  const rules::Engine& engine() const { return engine_; }
  // The items that its rules read.
  const std::vector<std::uint32_t>& items() const { return items_; }
  // The item's number when a rule reads it.
  std::optional<std::uint32_t> Item(std::string_view code) const;
  std::optional<std::uint32_t> RuleOf(std::string_view version_id) const;

  // The handle of a subject; it counts as used now.
  rules::SubjectHandle Subject(const LoggedSubject& subject);
  // Of a handle that Subject gave.
  const LoggedSubject& Who(rules::SubjectHandle handle) const { return *who_.at(handle); }
  void Evict(const std::string& subject_id);
  // Forgets the subjects that were used least lately, down to `most`.
  void Trim(std::size_t most);

 private:
  struct Resident {
    LoggedSubject subject;
    rules::SubjectHandle handle = 0;
    std::list<std::string>::iterator used;
  };

  std::shared_ptr<const StudyRules> study_;
  std::size_t group_;
  rules::Engine engine_;
  std::vector<std::uint32_t> items_;
  StringMap<std::unique_ptr<Resident>> residents_;  // by subject id
  std::unordered_map<rules::SubjectHandle, const LoggedSubject*> who_;
  std::list<std::string> by_use_;  // subject ids, the latest last
};

// The engines of a study, and what of it is still to be loaded without being asked for.
struct StudyEngines {
  std::shared_ptr<const StudyRules> rules;
  std::vector<std::unique_ptr<EngineSlot>> slots;
  bool warm = false;           // nothing is left to load
  std::string warm_after;      // the last subject id that was gone through
  std::size_t warm_ended = 0;  // ended versions that were gone through
};

// Every study's engines. Follows the book; of one task.
class EnginePool {
 public:
  struct Options {
    std::size_t subjects = 100'000;  // kept of a study whose rules need not all of them
    bool bounded = true;
  };
  explicit EnginePool(Options options) : options_(options) {}

  // To begin a transaction with: makes the engines of studies whose rules have changed anew, empty.
  void Follow(const std::shared_ptr<const RuleBook::Studies>& rules);
  // nullptr: no rule of the study.
  StudyEngines* Find(std::string_view study);
  std::map<std::string, StudyEngines, std::less<>>& studies() { return studies_; }
  const std::map<std::string, StudyEngines, std::less<>>& studies() const { return studies_; }

  // That the engine of this subject changes with the transaction.
  void Touch(EngineSlot& slot, const std::string& subject_id);
  // That more of the study is gone through with the transaction.
  void TouchStudy(const std::string& study);
  // The transaction came to be.
  void Keep();
  // It did not: what was touched is forgotten.
  void Undo();

  // Whether some study is still to be gone through.
  bool Cold() const;
  // The earliest timer of all.
  std::optional<rules::Seconds> NextTimer() const;

 private:
  Options options_;
  std::shared_ptr<const RuleBook::Studies> followed_;
  std::map<std::string, StudyEngines, std::less<>> studies_;
  // Study and subject id; the id is empty where it is not about one subject.
  std::vector<std::pair<std::string, std::string>> touched_;
};

}  // namespace vedette::monitor
