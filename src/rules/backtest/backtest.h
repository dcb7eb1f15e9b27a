// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/backtest/columns.h"
#include "rules/live/alert.h"
#include "rules/rule.h"

namespace vedette::rules {

enum class BacktestMode : std::uint8_t {
  kAsCorrected,  // what the data say today: columns
  kAsKnown,      // what would have been paged, when, and taken back: replay in recorded order
};

struct BacktestOptions {
  BacktestMode mode = BacktestMode::kAsCorrected;
  Seconds now = 0;  // the cutoff: knowledge time of rules that read `now`
  // Rules at work, for the overlap; the same History.
  std::vector<std::shared_ptr<const Rule>> active;
  // Called now and then with the share done, 0 to 1; false cancels.
  std::function<bool(double)> progress;
};

// Of an alert that is about a site or the study.
inline constexpr std::uint32_t kNoSubject = UINT32_MAX;

struct BacktestAlert {
  std::uint32_t subject = 0;
  std::string scope_key;  // the subject's id; the site's; empty for the study
  DetectedAlert alert;
  // When it would have been raised: as known, or as corrected when it fired.
  Seconds raised_at = 0;
  std::optional<Seconds> retracted_at;  // as known: when it would have been taken back
};

struct BacktestCount {
  std::string key;  // an ISO day, a site, a subject
  std::uint64_t records = 0;
  std::uint64_t alerts = 0;
};

struct BacktestOverlap {
  std::string rule_id;
  std::uint64_t both = 0;  // subject-days on which both fire
  std::uint64_t only_this = 0;
  std::uint64_t only_other = 0;
  std::uint64_t earlier = 0;  // subjects alerted by both, by this one first
};

struct BacktestResult {
  std::uint64_t anchors = 0;        // judged
  std::uint64_t records = 0;        // anchors at which the condition is true
  std::uint64_t not_evaluable = 0;  // anchors at which it could not be decided
  std::uint64_t subjects = 0;       // with a record
  std::uint64_t days = 0;           // distinct days (UTC) with a record
  std::uint64_t retracted = 0;      // as known: alerts taken back and not raised again
  // Over the time from the first to the last observation of every subject.
  double alerts_per_subject_month = 0;
  std::vector<BacktestAlert> alerts;  // that fired; by subject, then anchor
  std::vector<BacktestCount> by_day;
  std::vector<BacktestCount> by_site;
  std::vector<BacktestCount> by_subject;
  std::vector<BacktestOverlap> overlap;
  bool cancelled = false;
  // As known was asked for of a history that did not keep its arrival: the answer is as corrected.
  bool arrival_unknown = false;
};

// Runs a rule over a finished history. As known, alerts are those that were ever raised; records,
// and alerts of sites and the study, are as corrected. Thread-safe on the same History.
BacktestResult RunBacktest(std::shared_ptr<const Rule> rule,
                           const History& history,
                           const BacktestOptions& options);

// Which alerts of `before` disappear with `after`, and which appear: the semantic diff of two
// versions. By subject and founding anchor.
struct BacktestDifference {
  std::vector<BacktestAlert> disappear;
  std::vector<BacktestAlert> appear;
  std::uint64_t same = 0;
};
BacktestDifference Compare(const BacktestResult& before, const BacktestResult& after);

}  // namespace vedette::rules
