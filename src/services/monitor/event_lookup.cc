// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/event_lookup.h"

#include <algorithm>
#include <set>
#include <utility>

#include "services/monitor/hashing.h"

namespace vedette::monitor {
namespace {

// What is to be read of one item of one subject.
struct Wanted {
  std::string study_id;
  rules::Seconds first = INT64_MAX;
  rules::Seconds last = INT64_MIN;
  std::set<std::uint64_t> keys;

  void Add(const std::string& study, rules::Seconds time, std::uint64_t key) {
    study_id = study;
    first = std::min(first, time);
    last = std::max(last, time);
    keys.insert(key);
  }
};

using WantedByItem = std::map<std::pair<std::string, std::string>, Wanted>;

WantedByItem Collect(const Findings& findings) {
  WantedByItem wanted;
  for (const Finding& finding : findings) {
    const rules::DetectedAlert& alert = finding.transition.alert;
    const auto add = [&](const std::string& item, rules::Seconds time, std::uint64_t key) {
      wanted[{finding.subject.id, item}].Add(finding.study_id, time, key);
    };
    if (!finding.evidence) continue;
    if (!finding.fired_item.empty() && finding.fired_item != kTimerText) {
      add(finding.fired_item, alert.fired, alert.fired_key);
    }
    for (const rules::EvidenceObservation& read : finding.evidence->observations) {
      add(finding.catalog->items[read.item].code, read.time, read.key);
    }
  }
  return wanted;
}

LoggedEvent FromRecorded(const Recorded& recorded, Timestamp now) {
  const Event& event = recorded.event->event;
  return {.id = event.id,
          .version = recorded.lineage->version,
          .key = RecordKey(recorded.lineage->root.value_or(recorded.event->key)),
          .source = event.source,
          .time = event.time.instant,
          .received_at = now,
          .value = event.value,
          .unit = event.unit};
}

}  // namespace

Task<Result<EventLookup>> EventLookup::Of(db::Transaction& transaction,
                                          const Findings& findings,
                                          const std::vector<Recorded>& recorded,
                                          Timestamp now) {
  EventLookup lookup;
  if (findings.empty()) co_return lookup;
  WantedByItem wanted = Collect(findings);
  std::set<std::string_view> subjects;
  for (const Finding& finding : findings) subjects.insert(finding.subject.id);
  for (const Recorded& one : recorded) {
    const Event& event = one.event->event;
    if (!subjects.contains(event.subject_id)) continue;
    LoggedEvent logged = FromRecorded(one, now);
    if (const auto of_item = wanted.find({event.subject_id, event.item}); of_item != wanted.end()) {
      of_item->second.keys.erase(logged.key);
    }
    const std::uint64_t key = logged.key;
    lookup.events_.insert_or_assign({event.subject_id, event.item, key}, std::move(logged));
  }
  for (const auto& [place, of_item] : wanted) {
    if (of_item.keys.empty()) continue;
    VEDETTE_CO_TRY(auto versions,
                   co_await ReadVersions(transaction, of_item.study_id, place.first, place.second,
                                         of_item.first, of_item.last + 1));
    for (LoggedEvent& version : versions) {
      if (!of_item.keys.contains(version.key)) continue;
      const std::uint64_t key = version.key;
      lookup.events_.insert_or_assign({place.first, place.second, key}, std::move(version));
    }
  }
  co_return lookup;
}

const LoggedEvent* EventLookup::Find(const std::string& subject_id,
                                     const std::string& item,
                                     std::uint64_t key) const {
  const auto found = events_.find({subject_id, item, key});
  return found == events_.end() ? nullptr : &found->second;
}

}  // namespace vedette::monitor
