// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/engine_pool.h"

#include <algorithm>
#include <utility>

namespace vedette::monitor {

EngineSlot::EngineSlot(std::shared_ptr<const StudyRules> study, std::size_t group, bool bounded)
    : study_(std::move(study)),
      group_(group),
      engine_(study_->groups[group].catalog,
              study_->groups[group].rules,
              rules::EngineOptions{.bounded = bounded}) {
  const rules::Catalog& catalog = *this->group().catalog;
  for (std::uint32_t item = 0; item < catalog.items.size(); ++item) {
    if (engine_.Reads(item)) items_.push_back(item);
  }
}

std::optional<std::uint32_t> EngineSlot::Item(std::string_view code) const {
  const rules::CatalogItem* item = group().catalog->FindByCode(code);
  if (item == nullptr) return std::nullopt;
  const std::uint32_t index = group().catalog->IndexOf(*item);
  if (!engine_.Reads(index)) return std::nullopt;
  return index;
}

std::optional<std::uint32_t> EngineSlot::RuleOf(std::string_view version_id) const {
  const auto& rules = group().rules;
  const auto found = std::ranges::find(rules, version_id, &rules::TimedRule::version_id);
  if (found == rules.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - rules.begin());
}

rules::SubjectHandle EngineSlot::Subject(const LoggedSubject& subject) {
  auto found = residents_.find(subject.id);
  if (found == residents_.end()) {
    auto resident = std::make_unique<Resident>();
    resident->subject = subject;
    // People and back-tests know a subject by its number.
    resident->handle = engine_.Subject(subject.number, subject.site_id);
    resident->used = by_use_.insert(by_use_.end(), subject.id);
    who_.insert_or_assign(resident->handle, &resident->subject);
    found = residents_.emplace(subject.id, std::move(resident)).first;
  } else {
    by_use_.splice(by_use_.end(), by_use_, found->second->used);
  }
  return found->second->handle;
}

void EngineSlot::Evict(const std::string& subject_id) {
  const auto found = residents_.find(subject_id);
  if (found == residents_.end()) return;
  engine_.Evict(found->second->handle);
  who_.erase(found->second->handle);
  by_use_.erase(found->second->used);
  residents_.erase(found);
}

void EngineSlot::Trim(std::size_t most) {
  while (residents_.size() > most) {
    const std::string oldest = by_use_.front();
    Evict(oldest);
  }
}

void EnginePool::Follow(const std::shared_ptr<const RuleBook::Studies>& rules) {
  if (rules == followed_) return;
  followed_ = rules;
  for (const auto& [study, study_rules] : *rules) {
    StudyEngines& engines = studies_[study];
    if (engines.rules == study_rules) continue;
    engines = StudyEngines{.rules = study_rules};
    for (std::size_t group = 0; group < study_rules->groups.size(); ++group) {
      engines.slots.push_back(std::make_unique<EngineSlot>(study_rules, group, options_.bounded));
    }
  }
}

StudyEngines* EnginePool::Find(std::string_view study) {
  const auto found = studies_.find(study);
  return found == studies_.end() ? nullptr : &found->second;
}

void EnginePool::Touch(EngineSlot& slot, const std::string& subject_id) {
  touched_.emplace_back(slot.study_id(), subject_id);
}

void EnginePool::TouchStudy(const std::string& study) { touched_.emplace_back(study, ""); }

void EnginePool::Keep() {
  touched_.clear();
  for (auto& [study, engines] : studies_) {
    if (engines.rules->whole_study) continue;
    for (const auto& slot : engines.slots) slot->Trim(options_.subjects);
  }
}

void EnginePool::Undo() {
  for (const auto& [study, subject_id] : std::exchange(touched_, {})) {
    StudyEngines* engines = Find(study);
    if (engines == nullptr) continue;
    for (const auto& slot : engines->slots) slot->Evict(subject_id);
    // What was loaded with it is to be loaded again.
    engines->warm = false;
    engines->warm_after.clear();
    engines->warm_ended = 0;
  }
}

bool EnginePool::Cold() const {
  return std::ranges::any_of(studies_, [](const auto& entry) { return !entry.second.warm; });
}

std::optional<rules::Seconds> EnginePool::NextTimer() const {
  std::optional<rules::Seconds> next;
  for (const auto& [study, engines] : studies_) {
    for (const auto& slot : engines.slots) {
      const auto timer = slot->engine().NextTimer();
      if (timer && (!next || *timer < *next)) next = timer;
    }
  }
  return next;
}

}  // namespace vedette::monitor
