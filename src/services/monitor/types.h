// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "model/event.h"
#include "rules/rule_spec.h"

namespace vedette::monitor {

// 16 bytes of a hash, or of a key made from one.
using ShortHash = std::array<std::uint8_t, 16>;
inline std::string_view AsView(const ShortHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// One observation as its source sent it.
struct GivenObservation {
  std::string subject_number;
  std::string item;
  std::optional<double> number;
  std::string comparator;
  std::optional<std::string> text;
  std::string absent_reason;
  std::string unit;
  std::string time;
  std::string idempotency_key;
};

// An observation that passed every check, ready for the log. `event.received_at` is set on writing.
struct PreparedEvent {
  Event event;
  std::optional<double> given_number;  // where the unit was converted
  std::string given_unit;
  ShortHash key{};
  ShortHash content{};
};

// What one Record call writes: all of it or nothing. Immutable once submitted.
struct RecordBatch {
  std::string study_id;
  std::vector<PreparedEvent> events;
};

struct RecordOutcome {
  std::int32_t recorded = 0;
  std::int32_t duplicates = 0;
  std::array<std::int32_t, 4> alerts{};  // by severity

  std::int32_t alerts_raised() const { return alerts[1] + alerts[2] + alerts[3]; }
};

// An alert as it is kept: with the evidence for it, so that it can be checked by hand for ever.
// `message` and `value` are clinical.
struct AlertRecord {
  std::int64_t sequence = 0;  // given by the store
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
  Uuid event_id;
  std::string item;
  std::string message;
  std::string expression;
  double value = 0;
  Comparator value_comparator = Comparator::kNone;
  std::string unit;
  rules::Comparison comparison = rules::Comparison::kGreaterThan;
  double threshold = 0;
  std::string source;
  Timestamp event_time{};
  Timestamp received_at{};
  Timestamp raised_at{};
};

// An alert with what is looked up at the time of reading.
struct EnrichedAlert {
  std::shared_ptr<const AlertRecord> alert;
  std::string rule_name;
  std::string subject_name;  // masked
};

// The sites a reader sees: all of the study, or those named.
struct SiteScope {
  bool all = false;
  std::vector<std::string> sites;
  bool Contains(std::string_view site) const;
};

struct AlertQuery {
  std::string study_id;
  std::int64_t before = 0;  // 0: from the newest
  std::string rule_id;      // empty: all
  SiteScope scope;
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
  std::vector<AlertCount> by_rule;
  std::vector<AlertCount> by_site;
};

struct SeriesPoint {
  Uuid event_id;
  Timestamp time{};
  ObservedValue value;
  std::vector<Uuid> alert_ids;
};

// A version of a rule as monitor applies it: threshold in the item's unit.
struct KnownRule {
  rules::RuleSpec spec;
  rules::ActivePeriod period;
  // Every event it judges was evaluated with it, or will be on recording.
  bool covered = false;
};

}  // namespace vedette::monitor
