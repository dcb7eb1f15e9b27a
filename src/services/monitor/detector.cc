// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/detector.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "services/monitor/hashing.h"
#include "services/monitor/subject_history.h"

namespace vedette::monitor {
namespace {

constexpr std::uint32_t kNoItem = UINT32_MAX;

// The events of one subject, in the order of the log.
struct OfSubject {
  std::string_view study;
  LoggedSubject subject;
  std::vector<const Recorded*> events;
};

std::vector<OfSubject> BySubject(const std::vector<Recorded>& events) {
  std::vector<OfSubject> subjects;
  std::unordered_map<std::string_view, std::size_t> places;
  places.reserve(events.size());
  for (const Recorded& recorded : events) {
    const Event& event = recorded.event->event;
    const auto [place, is_new] = places.try_emplace(event.subject_id, subjects.size());
    if (is_new) {
      subjects.push_back(
          {event.study_id, {event.subject_id, event.subject_number, event.site_id}, {}});
    }
    subjects[place->second].events.push_back(&recorded);
  }
  return subjects;
}

struct Changes {
  std::vector<rules::Change> changes;
  std::vector<std::size_t> batches;  // of each

  // The batch of the change that brought the transition about. Of a step of several changes that is
  // the one at which the alert fires, where it is among them; the engine names but one for all.
  std::size_t Attribute(rules::Transition& transition) const {
    const rules::DetectedAlert& alert = transition.alert;
    if (const auto fired = Find(alert.fired_key, alert.fired_item)) {
      transition.cause = alert.fired_key;
      transition.cause_item = alert.fired_item;
      return batches[*fired];
    }
    const auto cause = Find(transition.cause, transition.cause_item);
    return cause ? batches[*cause] : batches.back();
  }
  std::optional<std::size_t> Find(std::uint64_t key, std::uint32_t item) const {
    for (std::size_t i = changes.size(); i-- > 0;) {
      if (changes[i].key == key && changes[i].item == item) return i;
    }
    return std::nullopt;
  }
};

Changes ChangesFor(const EngineSlot& slot,
                   const std::vector<const Recorded*>& events,
                   rules::Seconds received) {
  Changes changes;
  for (const Recorded* recorded : events) {
    const auto item = slot.Item(recorded->event->event.item);
    if (!item) continue;
    changes.changes.push_back(
        ToChange(*recorded->event, *recorded->lineage, *slot.group().catalog, *item, received));
    changes.batches.push_back(recorded->batch);
  }
  return changes;
}

// What was open when its version ended was raised before, though nobody may have heard of it.
std::vector<rules::Transition> MissedBefore(const std::vector<rules::DetectedAlert>& known,
                                            const std::vector<rules::DetectedAlert>& detected) {
  std::vector<rules::Transition> missed;
  const auto holds = [](const std::vector<rules::DetectedAlert>& alerts, const auto& matches) {
    return std::ranges::any_of(alerts, matches);
  };
  for (const rules::DetectedAlert& alert : detected) {
    if (alert.detection != rules::Detection::kInactive) continue;
    const auto same = [&](const rules::DetectedAlert& other) { return other.id == alert.id; };
    const auto at_work = [&](const rules::DetectedAlert& other) {
      return other.id == alert.id && other.detection != rules::Detection::kInactive;
    };
    if (holds(known, same) || holds(detected, at_work)) continue;
    rules::Transition transition{.kind = rules::TransitionKind::kRaised, .alert = alert};
    transition.alert.detection = rules::Detection::kFiring;
    missed.push_back(transition);
    transition.kind = rules::TransitionKind::kSuperseded;
    transition.alert.detection = rules::Detection::kInactive;
    missed.push_back(std::move(transition));
  }
  return missed;
}

bool Fires(rules::TransitionKind kind) {
  return kind == rules::TransitionKind::kRaised ||
         kind == rules::TransitionKind::kEvidenceChanged ||
         kind == rules::TransitionKind::kFiringAgain;
}

}  // namespace

bool Detector::Begin(const std::shared_ptr<const RuleBook::Studies>& rules,
                     std::int64_t transaction) {
  const bool kept = transaction == begun_ + 1;
  if (kept) {
    pool_.Keep();
  } else {
    pool_.Undo();
  }
  begun_ = transaction;
  pool_.Follow(rules);
  return kept;
}

Finding Detector::MakeFinding(EngineSlot& slot,
                              rules::SubjectHandle handle,
                              rules::Transition transition) const {
  const rules::Catalog& catalog = *slot.group().catalog;
  const rules::DetectedAlert& alert = transition.alert;
  Finding finding{.rule = slot.engine().rules()[alert.rule],
                  .catalog = slot.group().catalog,
                  .study_id = slot.study_id(),
                  .subject = slot.Who(handle)};
  finding.fired_item = FiredItemText(alert.fired_item, catalog);
  finding.cause_item = FiredItemText(transition.cause_item, catalog);
  if (Fires(transition.kind)) {
    // Now, while the engine still holds what it judged.
    const rules::SubjectView* view = slot.engine().View(handle);
    const auto anchor = slot.engine().AnchorOf(handle, alert);
    if (view != nullptr && anchor) {
      finding.evidence = rules::Explain(*finding.rule.rule, *view, *anchor);
    }
  }
  finding.transition = std::move(transition);
  return finding;
}

Task<Result<Findings>> Detector::Prepare(db::Transaction& transaction,
                                         std::vector<Recorded> events,
                                         Timestamp now) {
  Findings findings;
  std::vector<std::pair<EngineSlot*, std::vector<Missing>>> missing;
  for (const OfSubject& subject : BySubject(events)) {
    StudyEngines* engines = pool_.Find(subject.study);
    if (engines == nullptr) continue;
    for (const auto& slot : engines->slots) {
      const Changes changes = ChangesFor(*slot, subject.events, ToSeconds(now));
      if (changes.changes.empty()) continue;
      const rules::SubjectHandle handle = slot->Subject(subject.subject);
      if (slot->engine().Loaded(handle)) {
        if (!slot->engine().NeedsLoad(handle, changes.changes)) continue;
        slot->Evict(subject.subject.id);
      }
      auto of_slot =
          std::ranges::find(missing, slot.get(), [](auto& entry) { return entry.first; });
      if (of_slot == missing.end()) {
        of_slot = missing.insert(of_slot, {slot.get(), {}});
      }
      of_slot->second.push_back({subject.subject, slot->Subject(subject.subject)});
    }
  }
  for (auto& [slot, of_slot] : missing) {
    VEDETTE_CO_TRY(Findings found, co_await Load(transaction, *slot, std::move(of_slot), now));
    std::ranges::move(found, std::back_inserter(findings));
  }
  co_return findings;
}

Task<Result<Findings>> Detector::Load(db::Transaction& transaction,
                                      EngineSlot& slot,
                                      std::vector<Missing> missing,
                                      Timestamp now) {
  Findings findings;
  // Before anything is read: a subject may have been forgotten to be loaded here.
  for (const Missing& one : missing) pool_.Touch(slot, one.subject.id);
  for (std::size_t begin = 0; begin < missing.size(); begin += kSubjectsAtOnce) {
    const std::size_t end = std::min(begin + kSubjectsAtOnce, missing.size());
    std::vector<std::string> ids;
    for (std::size_t i = begin; i < end; ++i) ids.push_back(missing[i].subject.id);
    VEDETTE_CO_TRY(auto observations,
                   co_await ReadObservations(transaction, slot.study_id(), ids,
                                             slot.group().catalog, slot.items()));
    VEDETTE_CO_TRY(auto on_file,
                   co_await ReadAlertsOnFile(transaction, slot.study_id(), std::move(ids)));
    for (std::size_t i = begin; i < end; ++i) {
      const LoggedSubject& subject = missing[i].subject;
      const std::vector<rules::DetectedAlert> detected =
          slot.engine().Load(missing[i].handle, observations[subject.id], ToSeconds(now));
      std::vector<rules::DetectedAlert> known;
      for (AlertOnFile& file : on_file[subject.id]) {
        const auto rule = slot.RuleOf(file.rule_version_id);
        if (!rule) continue;
        file.alert.rule = *rule;
        file.alert.fired_item = ParseFiredItem(file.fired_item, *slot.group().catalog);
        known.push_back(file.alert);
      }
      std::ranges::sort(known, {}, [](const rules::DetectedAlert& alert) {
        return std::tuple(alert.rule, alert.started, alert.anchor_key);
      });
      for (rules::Transition& transition : MissedBefore(known, detected)) {
        findings.push_back(MakeFinding(slot, missing[i].handle, std::move(transition)));
      }
      for (rules::Transition& transition :
           rules::Differences(known, detected, 0, kNoItem, ToSeconds(now))) {
        findings.push_back(MakeFinding(slot, missing[i].handle, std::move(transition)));
      }
    }
  }
  co_return findings;
}

Findings Detector::Apply(const std::vector<Recorded>& events, Timestamp now) {
  Findings findings;
  std::vector<rules::Transition> transitions;
  for (const OfSubject& subject : BySubject(events)) {
    StudyEngines* engines = pool_.Find(subject.study);
    if (engines == nullptr) continue;
    for (const auto& slot : engines->slots) {
      const Changes changes = ChangesFor(*slot, subject.events, ToSeconds(now));
      if (changes.changes.empty()) continue;
      const rules::SubjectHandle handle = slot->Subject(subject.subject);
      pool_.Touch(*slot, subject.subject.id);
      transitions.clear();
      slot->engine().Apply(handle, changes.changes, ToSeconds(now), &transitions);
      for (rules::Transition& transition : transitions) {
        const std::size_t batch = changes.Attribute(transition);
        findings.push_back(MakeFinding(*slot, handle, std::move(transition)));
        findings.back().batch = batch;
      }
    }
  }
  return findings;
}

Findings Detector::Advance(Timestamp now) {
  Findings findings;
  std::vector<rules::Engine::SubjectTransition> transitions;
  for (auto& [study, engines] : pool_.studies()) {
    for (const auto& slot : engines.slots) {
      const auto timer = slot->engine().NextTimer();
      if (!timer || *timer > ToSeconds(now)) continue;
      transitions.clear();
      slot->engine().Advance(ToSeconds(now), &transitions);
      for (rules::Engine::SubjectTransition& one : transitions) {
        pool_.Touch(*slot, slot->Who(one.subject).id);
        findings.push_back(MakeFinding(*slot, one.subject, std::move(one.transition)));
      }
    }
  }
  return findings;
}

Task<Result<Findings>> Detector::LoadSubjects(db::Transaction& transaction,
                                              std::string study_id,
                                              std::vector<LoggedSubject> subjects,
                                              Timestamp now) {
  Findings findings;
  StudyEngines* engines = pool_.Find(study_id);
  if (engines == nullptr) co_return findings;
  for (const auto& slot : engines->slots) {
    std::vector<Missing> missing;
    for (const LoggedSubject& subject : subjects) {
      const rules::SubjectHandle handle = slot->Subject(subject);
      if (!slot->engine().Loaded(handle)) missing.push_back({subject, handle});
    }
    VEDETTE_CO_TRY(Findings found, co_await Load(transaction, *slot, std::move(missing), now));
    std::ranges::move(found, std::back_inserter(findings));
  }
  co_return findings;
}

Task<Result<std::optional<Detector::Cold>>> Detector::NextCold(db::Transaction& transaction,
                                                               std::int64_t limit) {
  for (auto& [study, engines] : pool_.studies()) {
    if (engines.warm) continue;
    pool_.TouchStudy(study);
    const auto& ended = engines.rules->ended;
    while (!engines.rules->whole_study && engines.warm_ended < ended.size()) {
      const std::string version = ended[engines.warm_ended++];
      VEDETTE_CO_TRY(auto firing, co_await FindFiring(transaction, study, version));
      if (!firing.empty()) co_return Cold{study, std::move(firing)};
    }
    if (engines.rules->whole_study) {
      VEDETTE_CO_TRY(auto subjects,
                     co_await ListSubjects(transaction, study, engines.warm_after, limit));
      if (!subjects.empty()) {
        engines.warm_after = subjects.back().id;
        co_return Cold{study, std::move(subjects)};
      }
    }
    engines.warm = true;
  }
  co_return std::nullopt;
}

}  // namespace vedette::monitor
