// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/tally.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace vedette::rules {
namespace {

constexpr std::int32_t kFirstDay = -25'567;  // 1900-01-01
constexpr std::int32_t kDays = 109'573;      // to 2199-12-31
constexpr double kDaysOfMonth = 365.25 / 12;

}  // namespace

std::int32_t DayNumber(Seconds time) {
  const Seconds day = time / kDay - (time % kDay < 0 ? 1 : 0);
  return static_cast<std::int32_t>(
      std::clamp<Seconds>(day, kFirstDay, Seconds{kFirstDay} + kDays - 1));
}

std::string DayText(std::int32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  char text[16];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text, static_cast<std::size_t>(size)};
}

Tally::Tally(const History& history)
    : history_(history),
      days_(kDays),
      subjects_(history.subjects()),
      first_alert_(history.subjects(), INT64_MAX) {}

Tally::Count& Tally::Day(Seconds time) {
  return days_[static_cast<std::size_t>(DayNumber(time) - kFirstDay)];
}

void Tally::AddRecords(std::uint32_t subject, std::span<const JudgedAnchor> anchors) {
  for (const JudgedAnchor& anchor : anchors) {
    if (anchor.outcome != AnchorOutcome::kTrue) {
      continue;
    }
    ++records_;
    ++Day(anchor.time).records;
    ++subjects_[subject].records;
    const std::uint64_t subject_day =
        std::uint64_t{subject} << 32 |
        static_cast<std::uint32_t>(DayNumber(anchor.time) - kFirstDay);
    if (subject_days_.empty() || subject_days_.back() != subject_day) {
      subject_days_.push_back(subject_day);
    }
  }
}

void Tally::AddSiteRecords(std::string_view site_id, std::span<const JudgedAnchor> anchors) {
  for (const JudgedAnchor& anchor : anchors) {
    if (anchor.outcome == AnchorOutcome::kTrue) {
      ++records_;
      ++Day(anchor.time).records;
      ++sites_[std::string(site_id)].records;
    }
  }
}

void Tally::AddAlert(const BacktestAlert& alert) {
  ++alerts_;
  ++Day(alert.raised_at).alerts;
  if (alert.subject == kNoSubject) {
    ++sites_[alert.scope_key].alerts;
    return;
  }
  ++subjects_[alert.subject].alerts;
  first_alert_[alert.subject] = std::min(first_alert_[alert.subject], alert.raised_at);
}

void Tally::ForgetAlerts() {
  alerts_ = 0;
  first_alert_.assign(first_alert_.size(), INT64_MAX);
  for (Count& count : days_) {
    count.alerts = 0;
  }
  for (Count& count : subjects_) {
    count.alerts = 0;
  }
  for (auto& [site, count] : sites_) {
    count.alerts = 0;
  }
}

std::optional<Seconds> Tally::FirstAlert(std::uint32_t subject) const {
  return first_alert_[subject] == INT64_MAX ? std::nullopt : std::optional(first_alert_[subject]);
}

double Tally::SubjectMonths() const {
  double days = 0;
  for (std::uint32_t subject = 0; subject < history_.subjects(); ++subject) {
    if (const auto period = history_.ObservedPeriod(subject)) {
      days += static_cast<double>(period->last - period->first) / static_cast<double>(kDay) + 1;
    }
  }
  return days / kDaysOfMonth;
}

void Tally::Finish(BacktestResult* result) const {
  result->records = records_;
  for (std::int32_t day = 0; day < kDays; ++day) {
    const Count& count = days_[static_cast<std::size_t>(day)];
    if (!count.none()) {
      result->by_day.push_back({DayText(kFirstDay + day), count.records, count.alerts});
      result->days += count.records > 0 ? 1 : 0;
    }
  }
  std::map<std::string, Count, std::less<>> sites = sites_;
  for (std::uint32_t subject = 0; subject < subjects_.size(); ++subject) {
    const Count& count = subjects_[subject];
    if (count.none()) {
      continue;
    }
    result->subjects += count.records > 0 ? 1 : 0;
    result->by_subject.push_back(
        {std::string(history_.SubjectId(subject)), count.records, count.alerts});
    Count& site = sites[std::string(history_.SiteId(subject))];
    site.records += count.records;
    site.alerts += count.alerts;
  }
  std::sort(result->by_subject.begin(), result->by_subject.end(),
            [](const BacktestCount& a, const BacktestCount& b) { return a.key < b.key; });
  for (const auto& [site, count] : sites) {
    result->by_site.push_back({site, count.records, count.alerts});
  }
  const double months = SubjectMonths();
  result->alerts_per_subject_month = months > 0 ? static_cast<double>(alerts_) / months : 0;
}

BacktestOverlap OverlapOf(const Tally& tested, const Tally& other, std::size_t subjects) {
  BacktestOverlap overlap;
  const std::span<const std::uint64_t> a = tested.subject_days();
  const std::span<const std::uint64_t> b = other.subject_days();
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    overlap.both += a[i] == b[j] ? 1 : 0;
    const bool advance = a[i] <= b[j];
    j += b[j] <= a[i] ? 1 : 0;
    i += advance ? 1 : 0;
  }
  overlap.only_this = a.size() - overlap.both;
  overlap.only_other = b.size() - overlap.both;
  for (std::uint32_t subject = 0; subject < subjects; ++subject) {
    const auto mine = tested.FirstAlert(subject);
    const auto theirs = other.FirstAlert(subject);
    overlap.earlier += mine && theirs && *mine < *theirs ? 1 : 0;
  }
  return overlap;
}

}  // namespace vedette::rules
