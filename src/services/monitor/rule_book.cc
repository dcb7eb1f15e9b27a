// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_book.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "rules/live/site_rules.h"

namespace vedette::monitor {
namespace {

rules::Seconds WholeSeconds(Timestamp time) {
  if (time == Timestamp::max()) return INT64_MAX;
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

bool NeedsWholeStudy(const rules::Rule& rule) {
  const rules::RuleDefinition& definition = rule.definition();
  if (rules::IsJudgedDaily(rule)) return false;
  return rule.facts().reads_now || definition.settle > 0 ||
         definition.scope == rules::EvaluationScope::kVisit;
}

}  // namespace

void RuleBook::Load(std::vector<CompiledVersion> versions) {
  Put(std::move(versions));
  const std::scoped_lock lock(mutex_);
  loaded_ = true;
}

bool RuleBook::loaded() const {
  const std::scoped_lock lock(mutex_);
  return loaded_;
}

void RuleBook::Put(std::vector<CompiledVersion> versions) {
  const std::scoped_lock lock(mutex_);
  std::set<std::string> studies;
  for (CompiledVersion& version : versions) {
    studies.insert(version.known.study_id);
    const std::string id = version.known.version_id;
    entries_.insert_or_assign(id, std::move(version));
  }
  for (const std::string& study : studies) Rebuild(study);
}

void RuleBook::Rebuild(const std::string& study) {
  auto rules = std::make_shared<StudyRules>();
  rules->study_id = study;
  for (const auto& [id, entry] : entries_) {
    if (entry.known.study_id != study || entry.rule == nullptr) continue;
    auto group = std::ranges::find(rules->groups, entry.catalog, &RuleGroup::catalog);
    if (group == rules->groups.end()) {
      group = rules->groups.insert(group, RuleGroup{.catalog = entry.catalog, .rules = {}});
    }
    group->rules.push_back({.rule = entry.rule,
                            .version_id = id,
                            .from = WholeSeconds(entry.known.period.from),
                            .until = WholeSeconds(entry.known.period.until)});
    if (entry.known.period.until != Timestamp::max()) rules->ended.push_back(id);
    if (NeedsWholeStudy(*entry.rule)) rules->whole_study = true;
  }
  auto studies = std::make_shared<Studies>(*studies_);
  studies->insert_or_assign(study, std::move(rules));
  studies_ = std::move(studies);
}

void RuleBook::MarkCovered(const std::string& version_id) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = entries_.find(version_id); found != entries_.end()) {
    found->second.known.covered = true;
  }
}

std::shared_ptr<const RuleBook::Studies> RuleBook::Snapshot() const {
  const std::scoped_lock lock(mutex_);
  return studies_;
}

std::optional<CompiledVersion> RuleBook::Find(const std::string& version_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(version_id);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> RuleBook::Uncovered() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, entry] : entries_) {
    if (!entry.known.covered) ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> RuleBook::StudyIds() const {
  const std::scoped_lock lock(mutex_);
  std::set<std::string> ids;
  for (const auto& [id, entry] : entries_) ids.insert(entry.known.study_id);
  return {ids.begin(), ids.end()};
}

std::vector<CompiledVersion> RuleBook::OfStudy(std::string_view study) const {
  const std::scoped_lock lock(mutex_);
  std::vector<CompiledVersion> versions;
  for (const auto& [id, entry] : entries_) {
    if (entry.known.study_id == study) versions.push_back(entry);
  }
  return versions;
}

std::vector<std::shared_ptr<const rules::Rule>> RuleBook::AtWork(std::string_view study,
                                                                 Timestamp now) const {
  std::vector<std::shared_ptr<const rules::Rule>> rules;
  for (CompiledVersion& version : OfStudy(study)) {
    const ActivePeriod& period = version.known.period;
    if (version.rule == nullptr || now < period.from || now >= period.until) continue;
    rules.push_back(std::move(version.rule));
  }
  std::ranges::sort(rules, {}, [](const auto& rule) { return rule->definition().rule_id; });
  return rules;
}

}  // namespace vedette::monitor
