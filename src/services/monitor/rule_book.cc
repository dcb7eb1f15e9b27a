// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_book.h"

#include <algorithm>
#include <utility>

namespace vedette::monitor {

RuleBook::RuleBook() : set_(std::make_shared<const rules::RuleSet>()) {}

void RuleBook::Load(std::vector<KnownRule> rules) {
  Put(std::move(rules));
  const std::scoped_lock lock(mutex_);
  loaded_ = true;
}

bool RuleBook::loaded() const {
  const std::scoped_lock lock(mutex_);
  return loaded_;
}

void RuleBook::Put(std::vector<KnownRule> rules) {
  const std::scoped_lock lock(mutex_);
  for (KnownRule& rule : rules) {
    const std::string id = rule.spec.version_id;
    entries_.insert_or_assign(
        id, Entry{rule.covered, {rules::CompileCanonical(std::move(rule.spec)), rule.period}});
  }
  std::vector<rules::ActiveRule> active;
  active.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) active.push_back(entry.active);
  set_ = std::make_shared<const rules::RuleSet>(std::move(active));
}

void RuleBook::MarkCovered(const std::string& version_id) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = entries_.find(version_id); found != entries_.end()) {
    found->second.covered = true;
  }
}

std::shared_ptr<const rules::RuleSet> RuleBook::Set() const {
  const std::scoped_lock lock(mutex_);
  return set_;
}

std::optional<KnownRule> RuleBook::Find(const std::string& version_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(version_id);
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  return KnownRule{entry.active.rule->spec(), entry.active.period, entry.covered};
}

std::optional<rules::ActiveRule> RuleBook::FindCompiled(const std::string& version_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(version_id);
  if (found == entries_.end()) return std::nullopt;
  return found->second.active;
}

std::vector<std::string> RuleBook::Uncovered() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, entry] : entries_) {
    if (!entry.covered) ids.push_back(id);
  }
  return ids;
}

std::vector<rules::RuleSpec> RuleBook::AtWork(std::string_view study,
                                               std::string_view item,
                                               Timestamp now) const {
  const auto set = Set();
  std::vector<rules::RuleSpec> specs;
  for (const rules::ActiveRule& active : set->For(study, item)) {
    if (active.period.Contains(now)) specs.push_back(active.rule->spec());
  }
  std::ranges::sort(specs, {}, &rules::RuleSpec::rule_id);
  return specs;
}

}  // namespace vedette::monitor
