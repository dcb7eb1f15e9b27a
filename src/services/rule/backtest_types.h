// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vedette::rule {

enum class BacktestStatus : std::uint8_t { kLoading, kRunning, kDone, kCancelled, kFailed };

constexpr std::string_view BacktestStatusText(BacktestStatus status) {
  switch (status) {
    case BacktestStatus::kLoading:
      return "loading";
    case BacktestStatus::kRunning:
      return "running";
    case BacktestStatus::kDone:
      return "done";
    case BacktestStatus::kCancelled:
      return "cancelled";
    case BacktestStatus::kFailed:
      break;
  }
  return "failed";
}

struct CountedLabel {
  std::string label;
  std::int64_t records = 0;
  std::int64_t alerts = 0;
  bool operator==(const CountedLabel&) const = default;
};

struct Overlap {
  std::string rule_id;
  std::int64_t both = 0;
  std::int64_t only_this = 0;
  std::int64_t only_other = 0;
  std::int64_t earlier = 0;
  bool operator==(const Overlap&) const = default;
};

// An alert that a back-test found. Microseconds; 0: none.
struct FoundAlert {
  std::string subject_number;
  std::string site_id;
  std::int64_t started = 0;
  std::int64_t fired = 0;
  std::int64_t resolved = 0;
  std::int64_t raised_at = 0;
  std::int64_t retracted_at = 0;
  bool operator==(const FoundAlert&) const = default;
};

// What a back-test answers. Lists of alerts and subjects hold the first hundred.
struct BacktestReport {
  std::int64_t events = 0;
  std::int64_t anchors = 0;
  std::int64_t records = 0;
  std::int64_t not_evaluable = 0;
  std::int64_t alerts = 0;
  std::int64_t subjects = 0;
  std::int64_t days = 0;
  std::int64_t retracted = 0;
  double alerts_per_subject_month = 0;
  std::vector<CountedLabel> by_day;
  std::vector<CountedLabel> by_site;
  std::vector<CountedLabel> by_subject;
  std::vector<Overlap> overlap;
  std::vector<FoundAlert> examples;
  std::int32_t compared_with = 0;
  std::int64_t same = 0;
  std::int64_t appear_count = 0;
  std::int64_t disappear_count = 0;
  std::vector<FoundAlert> appear;
  std::vector<FoundAlert> disappear;
  bool operator==(const BacktestReport&) const = default;
};

struct Backtest {
  std::string id;
  std::string study_id;
  std::string rule_id;
  std::int32_t version = 0;  // 0: of an envelope that is not kept
  std::string content_hash;
  bool as_known = false;
  bool unblinding = false;  // of a rule that reads what tells the treatment
  BacktestStatus status = BacktestStatus::kLoading;
  double progress = 0;
  std::string started_by;
  Timestamp started_at{};
  Timestamp ended_at{};
  std::string error;
  BacktestReport report;
  bool operator==(const Backtest&) const = default;
};

}  // namespace vedette::rule
