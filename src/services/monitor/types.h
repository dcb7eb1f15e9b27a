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
  std::string corrects;  // idempotency key of the version it replaces; empty: none
  bool withdrawn = false;
  std::string row;
  std::optional<double> range_low;
  std::optional<double> range_high;
};

// An observation that passed every check, ready for the log. `event.received_at` is set on writing,
// and its version where it corrects another.
struct PreparedEvent {
  Event event;
  std::optional<double> given_number;  // where the unit was converted
  std::string given_unit;
  std::optional<ShortHash> corrects;  // key of the version that it replaces
  bool withdrawn = false;             // and nothing takes its place
  std::string row;
  std::optional<double> range_low;  // in the item's unit
  std::optional<double> range_high;
  ShortHash key{};
  ShortHash content{};
};

// What a correction follows.
struct Lineage {
  std::int32_t version = 1;
  std::optional<ShortHash> root;   // key of the first version, of a later one
  std::optional<Uuid> supersedes;  // id of the version before
};

// What one Record call writes: all of it or nothing. Immutable once submitted.
struct RecordBatch {
  std::string study_id;
  std::vector<PreparedEvent> events;
};

struct RecordOutcome {
  std::int32_t recorded = 0;
  std::int32_t duplicates = 0;
  std::int32_t corrections = 0;          // of `recorded`
  std::array<std::int32_t, 4> alerts{};  // raised, by severity
  std::int32_t alerts_retracted = 0;
  bool alerts_changed = false;  // in any way

  std::int32_t alerts_raised() const { return alerts[1] + alerts[2] + alerts[3]; }
};

// The sites a reader sees: all of the study, or those named; and whether alerts that tell the
// treatment are among what it sees.
struct ReaderScope {
  bool all = false;
  std::vector<std::string> sites;
  bool unblinded = false;
  bool Contains(std::string_view site, bool unblinding) const;
};

struct SeriesPoint {
  Uuid event_id;
  Timestamp time{};
  ObservedValue value;
  std::int32_t version = 1;
  bool superseded = false;  // or withdrawn
  std::optional<double> range_low;
  std::optional<double> range_high;
  std::vector<Uuid> alert_ids;
};

}  // namespace vedette::monitor
