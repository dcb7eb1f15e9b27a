// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "rules/catalog.h"
#include "rules/clinical/change.h"
#include "rules/live/alert.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/prepare.h"
#include "services/monitor/types.h"

// What the log and the alert tables hold of some subjects, as the engine takes it.
namespace vedette::monitor {

// Most subjects that one of these reads looks up with one statement.
inline constexpr std::size_t kSubjectsAtOnce = 32;

// The observation as a change of what is known, at its place in the catalog. `received` in whole
// seconds.
rules::Change ToChange(const PreparedEvent& event,
                       const Lineage& lineage,
                       const rules::Catalog& catalog,
                       std::uint32_t item,
                       rules::Seconds received);

rules::Seconds ToSeconds(Timestamp time);

// By subject id: the current version of every observation of these items. Subjects without one are
// left out. `subjects`: at most kSubjectsAtOnce.
Task<Result<StringMap<std::vector<rules::Change>>>> ReadObservations(
    db::Transaction& transaction,
    std::string study_id,
    std::vector<std::string> subject_ids,
    std::shared_ptr<const rules::Catalog> catalog,
    std::vector<std::uint32_t> items);

// An alert on file: what the engine said of it last.
struct AlertOnFile {
  std::string rule_version_id;
  std::string fired_item;
  std::string site_id;
  rules::DetectedAlert alert;  // without its rule and the number of fired_item
};

// By subject id: the alerts that are not retracted. Alerts of sites and of the study are those of
// the subject without id.
Task<Result<StringMap<std::vector<AlertOnFile>>>> ReadAlertsOnFile(
    db::Transaction& transaction, std::string study_id, std::vector<std::string> subject_ids);

// One version of an observation in the log.
struct LoggedEvent {
  Uuid id;
  std::int32_t version = 1;
  std::uint64_t key = 0;
  std::string source;
  Timestamp time{};
  Timestamp received_at{};
  ObservedValue value;
  std::string unit;
};

// The versions of the subject's item with first ≤ time < end, oldest version first.
Task<Result<std::vector<LoggedEvent>>> ReadVersions(db::Transaction& transaction,
                                                    std::string study_id,
                                                    std::string subject_id,
                                                    std::string item,
                                                    rules::Seconds first,
                                                    rules::Seconds end);

// The subjects with an alert of this version that fires. None for an alert of a site.
Task<Result<std::vector<LoggedSubject>>> FindFiring(db::Transaction& transaction,
                                                    std::string study_id,
                                                    std::string version_id);

// What stands in place of an item where a timer fired.
inline constexpr std::string_view kTimerText = "@timer";
// DetectedAlert::fired_item as it is stored: an item's code, kTimerText, or nothing.
std::string FiredItemText(std::uint32_t item, const rules::Catalog& catalog);
std::uint32_t ParseFiredItem(std::string_view text, const rules::Catalog& catalog);

// As stored: "firing", "recovering", "resolved", "retracted", "superseded".
std::string_view DetectionText(rules::Detection detection);
rules::Detection ParseDetection(std::string_view text);

}  // namespace vedette::monitor
