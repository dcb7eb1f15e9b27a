// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/alert_feed.h"

#include <algorithm>
#include <utility>

namespace vedette::monitor {
namespace {

constexpr std::int64_t kReadAtOnce = 500;
constexpr std::chrono::seconds kReadTimeout(10);

}  // namespace

AlertFeed::AlertFeed(MonitorStore& store,
                     const Clock& clock,
                     MetricsRegistry& metrics,
                     Logger logger,
                     Options options)
    : store_(store),
      clock_(clock),
      logger_(std::move(logger)),
      options_(options),
      subscribers_(metrics.GetGauge("vedette_monitor_feed_subscribers",
                                    "Open subscriptions to live alerts.")) {}

Deadline AlertFeed::ReadDeadline() const { return Deadline::After(clock_, kReadTimeout); }

void AlertFeed::Wake() {
  const std::scoped_lock lock(mutex_);
  wake_.Set();
}

void AlertFeed::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  wake_.Set();
  for (const auto& [id, signal] : signals_) signal.Set();
}

bool AlertFeed::HasSubscribers() const {
  const std::scoped_lock lock(mutex_);
  return !signals_.empty();
}

Task<void> AlertFeed::Run() {
  while (true) {
    Signal wake;
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) co_return;
      // Before reading: what is committed while reading wakes again.
      wake_ = wake;
      if (signals_.empty()) current_ = false;
    }
    if (HasSubscribers()) {
      if (const Status status = co_await ReadOn(); !status) {
        logger_.Warning("Live alerts could not be read",
                        {{"code", Describe(status.error().code).name}});
      }
    }
    co_await wake.WaitUntil(clock_.SteadyNow() + options_.poll_interval);
  }
}

Task<Status> AlertFeed::ReadOn() {
  bool current = false;
  std::int64_t top = 0;
  {
    const std::scoped_lock lock(mutex_);
    current = current_;
    top = top_;
  }
  if (!current) {
    VEDETTE_CO_TRY(top, co_await store_.TopChange(ReadDeadline()));
    const std::scoped_lock lock(mutex_);
    kept_.clear();
    floor_ = top_ = top;
    current_ = true;
    for (const auto& [id, signal] : signals_) signal.Set();
  }
  while (true) {
    VEDETTE_CO_TRY(Alerts alerts, co_await store_.ChangesAfter(ReadDeadline(), top, kReadAtOnce));
    if (alerts.empty()) co_return Status{};
    const bool more = alerts.size() == static_cast<std::size_t>(kReadAtOnce);
    top = alerts.back()->change_sequence;
    const std::scoped_lock lock(mutex_);
    for (auto& alert : alerts) kept_.push_back(std::move(alert));
    top_ = top;
    while (kept_.size() > options_.kept) {
      floor_ = kept_.front()->change_sequence;
      kept_.pop_front();
    }
    for (const auto& [id, signal] : signals_) signal.Set();
    if (!more) co_return Status{};
  }
}

AlertFeed::Subscription::Subscription(AlertFeed& feed,
                                      std::string study_id,
                                      ReaderScope scope,
                                      std::int64_t position)
    : feed_(feed), study_id_(std::move(study_id)), scope_(std::move(scope)), position_(position) {
  const std::scoped_lock lock(feed_.mutex_);
  id_ = feed_.next_id_++;
  feed_.signals_.emplace(id_, Signal());
  feed_.subscribers_.Set(static_cast<double>(feed_.signals_.size()));
  feed_.wake_.Set();
}

AlertFeed::Subscription::~Subscription() {
  const std::scoped_lock lock(feed_.mutex_);
  feed_.signals_.erase(id_);
  feed_.subscribers_.Set(static_cast<double>(feed_.signals_.size()));
}

Task<Result<std::unique_ptr<AlertFeed::Subscription>>> AlertFeed::Subscribe(Deadline deadline,
                                                                            std::string study_id,
                                                                            ReaderScope scope,
                                                                            std::int64_t after) {
  VEDETTE_CO_TRY(const std::int64_t top, co_await store_.TopChange(deadline));
  // A position of a log that was restored from a backup since would wait for ever.
  if (after == 0 || after > top) after = top;
  co_return std::unique_ptr<Subscription>(
      new Subscription(*this, std::move(study_id), std::move(scope), after));
}

Task<Result<Alerts>> AlertFeed::Subscription::Next(Deadline limit) {
  while (true) {
    Signal changed;
    Alerts alerts;
    bool current = false;
    bool behind = false;
    std::int64_t top = 0;
    {
      const std::scoped_lock lock(feed_.mutex_);
      if (feed_.closed_) co_return Fail(Code::kUnavailable, "The live feed is stopping.");
      // Before looking: what comes after the look sets it.
      feed_.signals_.at(id_) = changed;
      current = feed_.current_;
      top = feed_.top_;
      behind = current && position_ < feed_.floor_;
      if (current && !behind) {
        const auto first = std::ranges::upper_bound(
            feed_.kept_, position_, {}, [](const auto& alert) { return alert->change_sequence; });
        for (auto alert = first; alert != feed_.kept_.end(); ++alert) {
          if ((*alert)->study_id == study_id_ &&
              scope_.Contains((*alert)->site_id, (*alert)->unblinding)) {
            alerts.push_back(*alert);
          }
        }
        position_ = std::max(position_, top);
      }
    }
    if (behind) {
      VEDETTE_CO_TRY(alerts, co_await feed_.store_.StudyChangesAfter(
                                 feed_.ReadDeadline(), study_id_, scope_, position_, kReadAtOnce));
      const bool more = alerts.size() == static_cast<std::size_t>(kReadAtOnce);
      // All up to `top` was committed before this reading, so it has seen it.
      position_ = more ? alerts.back()->change_sequence
                       : std::max(top, alerts.empty() ? top : alerts.back()->change_sequence);
      if (alerts.empty()) continue;
    }
    if (!alerts.empty()) co_return alerts;
    if (co_await changed.WaitUntil(limit.time)) continue;
    if (limit.Passed(feed_.clock_)) {
      co_return Fail(Code::kDeadlineExceeded, "There were no alerts in that time.");
    }
    co_return Fail(Code::kCancelled, "The caller left.");
  }
}

}  // namespace vedette::monitor
