// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "rules/live/alert.h"
#include "rules/vocabulary.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// What an alert was when it was raised; never changes. Messages are clinical.
struct AlertFacts {
  Uuid id;
  std::string study_id;
  std::string site_id;
  std::string subject_id;
  std::string subject_number;
  std::string rule_version_id;
  std::string rule_id;
  std::int32_t rule_version = 0;
  std::string rule_content_hash;
  rules::Severity severity = rules::Severity::kInfo;
  std::string scope;        // "subject", "row", …
  bool unblinding = false;  // tells the treatment
  std::optional<Uuid> event_id;
  std::string item;
  std::string message;
  std::string message_zh;
  std::string source;
  Timestamp event_time{};
  Timestamp received_at{};
  Timestamp raised_at{};
  bool late = false;
  std::optional<Timestamp> due_at;
  rules::Seconds started = 0;
  std::uint64_t anchor_key = 0;

  // What a person's sites must cover: an alert of the study concerns them all.
  std::string_view covering_site() const {
    return site_id.empty() ? std::string_view("*") : std::string_view(site_id);
  }
};

// What people did with an alert.
struct Workflow {
  std::string state = "new";
  std::string closed_as;
  std::string assignee;
  bool operator==(const Workflow&) const = default;
};

// An alert as it is read: facts, where it stands, and one change of it, the latest unless said
// otherwise.
struct AlertRecord : AlertFacts {
  std::int64_t sequence = 0;
  std::string detection;
  Workflow workflow;
  std::optional<Timestamp> resolved_at;
  std::optional<Uuid> successor;
  std::int32_t observations = 0;
  std::optional<Uuid> inhibited_by;
  std::int64_t change_sequence = 0;
  std::string change;
};

using Alerts = std::vector<std::shared_ptr<const AlertRecord>>;

// One line of an alert's trail.
struct AlertChange {
  std::int64_t sequence = 0;
  std::string change;
  Timestamp at{};
  Timestamp recorded_at{};
  std::string actor;  // empty: the engine
  std::string reason;
  std::string text;
  std::optional<Uuid> cause_event_id;
  std::int32_t cause_version = 0;
  bool late = false;
  std::optional<Uuid> successor;
  std::string detection;  // after it
  std::string workflow;
  std::string signature_meaning;
  std::string signed_by;
};

// An alert with what is looked up at the time of reading.
struct EnrichedAlert {
  std::shared_ptr<const AlertRecord> alert;
  std::string rule_name;
  std::string rule_name_zh;
  std::string subject_name;  // masked
  std::optional<Timestamp> silenced_until;
};

struct AlertQuery {
  std::string study_id;
  std::int64_t before = 0;  // 0: from the newest
  std::string rule_id;      // empty: all
  std::string detection;
  std::string workflow;  // "open": any but closed
  ReaderScope scope;
  std::int64_t limit = 100;
};

struct AlertCount {
  std::string key;
  std::int64_t alerts = 0;
  std::int64_t subjects = 0;
};

struct AlertSummary {
  std::int64_t alerts = 0;
  std::int64_t subjects = 0;
  std::int64_t events = 0;
  std::int64_t firing = 0;
  std::int64_t open = 0;
  std::int64_t retracted = 0;
  std::vector<AlertCount> by_rule;
  std::vector<AlertCount> by_site;
};

// Keeps alerts from being brought to people for a time. Empty fields match everything.
struct Silence {
  Uuid id;
  std::string study_id;
  std::string rule_id;
  std::string site_id;
  std::string subject_number;
  Timestamp until{};
  std::string reason;
  std::string created_by;
  Timestamp created_at{};
  std::optional<Timestamp> ended_at;
};

}  // namespace vedette::monitor
