// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/backtest/backtest.h"
#include "rules/backtest/columns.h"
#include "rules/live/episode.h"

namespace vedette::rules {

// The UTC day of a time, counted from 1970-01-01.
std::int32_t DayNumber(Seconds time);
// "2014-01-02"
std::string DayText(std::int32_t day);

// Counts records (true anchors) and alerts by day, site and subject.
class Tally {
 public:
  explicit Tally(const History& history);

  // `anchors` of one subject in order of time.
  void AddRecords(std::uint32_t subject, std::span<const JudgedAnchor> anchors);
  // Of a rule for sites or the whole study.
  void AddSiteRecords(std::string_view site_id, std::span<const JudgedAnchor> anchors);
  // Counted on the day on which it was raised.
  void AddAlert(const BacktestAlert& alert);
  void ForgetAlerts();

  // Fills in all counts but those of anchors judged.
  void Finish(BacktestResult* result) const;

  // Subject-days with a record, ascending: subject << 32 | day as an unsigned number.
  std::span<const std::uint64_t> subject_days() const { return subject_days_; }
  // When a subject's first alert was raised.
  std::optional<Seconds> FirstAlert(std::uint32_t subject) const;

 private:
  struct Count {
    std::uint64_t records = 0;
    std::uint64_t alerts = 0;
    bool none() const { return records == 0 && alerts == 0; }
  };
  Count& Day(Seconds time);
  double SubjectMonths() const;

  const History& history_;
  std::vector<Count> days_;  // from 1900-01-01
  std::vector<Count> subjects_;
  std::map<std::string, Count, std::less<>> sites_;  // of records that are of no subject
  std::vector<Seconds> first_alert_;                 // INT64_MAX: none
  std::vector<std::uint64_t> subject_days_;
  std::uint64_t records_ = 0;
  std::uint64_t alerts_ = 0;
};

// How two rules overlap; of the first one's point of view.
BacktestOverlap OverlapOf(const Tally& tested, const Tally& other, std::size_t subjects);

}  // namespace vedette::rules
