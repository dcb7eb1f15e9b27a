// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_relay.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "kit/queue/outbox_table.h"
#include "kit/task/cancellation.h"
#include "kit/task/fan_out.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"

namespace vedette::queue {
namespace {

constexpr std::chrono::seconds kStatementTimeout{5};

// The messages of one key in a batch, and how far their publishing went.
struct KeyBatch {
  std::vector<OutboxRow> messages;
  std::size_t published = 0;
  bool failed = false;
};

}  // namespace

void OutboxRelayOptions::Describe(config::Section& section) {
  section.Field("batch", batch,
                {.text = "Messages that are read at a time.", .minimum = 1, .maximum = 10'000});
  section.Field(
      "width", width,
      {.text = "Keys whose messages are published at a time.", .minimum = 1, .maximum = 256});
  section.Field("lease", lease,
                {.text = "Time after which another process publishes in place of one that is gone.",
                 .minimum = 1000,
                 .maximum = 600'000});
  section.Field("poll", poll,
                {.text = "How often the outbox is looked at when nobody wakes the relay.",
                 .minimum = 10,
                 .maximum = 600'000});
  section.Field("publish_timeout", publish_timeout,
                {.text = "Time one message may take.", .minimum = 1, .maximum = 600'000});
  section.Nested("backoff", backoff, "The wait after a message that could not be published.");
  section.Field(
      "observe", observe,
      {.text = "How often the lag is read for the metrics.", .minimum = 100, .maximum = 600'000});
}

struct OutboxRelay::Impl : std::enable_shared_from_this<Impl> {
  Impl(std::string relay_service, OutboxRelayOptions relay_options, Dependencies parts)
      : service(std::move(relay_service)),
        options(relay_options),
        on(std::move(parts)),
        owner(NewUuid(on.clock.Now())),
        published_total(on.metrics.GetCounter("vedette_outbox_published_total",
                                              "Messages of the outbox that were published.",
                                              {{"service", service}})),
        failures_total(on.metrics.GetCounter("vedette_outbox_failures_total",
                                             "Attempts to publish a message that failed.",
                                             {{"service", service}})),
        waiting_gauge(on.metrics.GetGauge("vedette_outbox_waiting",
                                          "Messages that wait in the outbox; 10000 at most.",
                                          {{"service", service}})),
        oldest_gauge(on.metrics.GetGauge("vedette_outbox_oldest_seconds",
                                         "Age of the oldest message in the outbox.",
                                         {{"service", service}})),
        held_gauge(on.metrics.GetGauge("vedette_outbox_held_keys",
                                       "Keys whose next message failed and waits.",
                                       {{"service", service}})),
        leading_gauge(on.metrics.GetGauge("vedette_outbox_leading",
                                          "1 while this process publishes the outbox.",
                                          {{"service", service}})),
        loop(on.logger),
        watcher(on.logger) {}

  const std::string service;
  const OutboxRelayOptions options;
  const Dependencies on;
  const Uuid owner;
  const SystemClock steady;  // timers of the system measure deadlines
  Counter& published_total;
  Counter& failures_total;
  Gauge& waiting_gauge;
  Gauge& oldest_gauge;
  Gauge& held_gauge;
  Gauge& leading_gauge;

  std::atomic<bool> stopping = false;
  std::atomic<bool> leading = false;
  bool stopped = false;
  SteadyTime held_until{};  // the lease; of the loop
  mutable std::mutex mutex;
  OutboxLag lag;
  std::chrono::microseconds oldest{0};
  TaskGroup loop;
  TaskGroup watcher;

  Deadline StatementDeadline() const { return Deadline::After(steady, kStatementTimeout); }

  Task<void> Run() {
    while (!stopping) {
      const bool more = co_await Turn();
      if (!more && !stopping) co_await on.outbox.wakeup().WaitUntil(NextPoll());
    }
    if (leading) (void)co_await GiveLease(on.database, owner, StatementDeadline());
    Lead(false);
  }

  SteadyTime NextPoll() {
    const double jitter = 0.8 + 0.4 * on.random.Uniform();
    return steady.SteadyNow() + std::chrono::duration_cast<SteadyTime::duration>(
                                    std::chrono::duration<double, std::milli>(
                                        static_cast<double>(options.poll.count()) * jitter));
  }

  void Lead(bool now_leading) {
    if (leading.exchange(now_leading) == now_leading) return;
    leading_gauge.Set(now_leading ? 1 : 0);
    on.logger.Info(now_leading ? "publishes the outbox" : "no longer publishes the outbox",
                   {{"service", service}});
  }

  // One batch. Whether there may be more at once.
  Task<bool> Turn() {
    if (!co_await HoldLease()) co_return false;
    const SteadyTime lease_end = held_until;
    const auto rows =
        co_await ReadOutbox(on.database, options.batch, on.clock.Now(), StatementDeadline());
    if (!rows || rows->empty()) co_return false;
    const auto held = co_await ReadHeld(on.database, StatementDeadline());
    if (!held) co_return false;
    std::vector<KeyBatch> batches = ByKey(*rows);
    co_await PublishAll(&batches, lease_end);
    OutboxOutcome outcome = OutcomeOf(batches, *held);
    const bool progress = !outcome.published.empty();
    const SteadyTime asked = steady.SteadyNow();
    const auto written = co_await WriteOutcome(on.database, owner, on.clock.Now() + options.lease,
                                               std::move(outcome), StatementDeadline());
    if (!written) co_return false;
    if (*written) {
      held_until = asked + options.lease;
    } else {
      Lead(false);
    }
    co_return *written&& progress;
  }

  // Whether there is something to publish and this relay may. An idle outbox is only read: the
  // lease lapses and is taken again when there is something.
  Task<bool> HoldLease() {
    const SteadyTime asked = steady.SteadyNow();
    if (leading && asked < held_until - options.lease / 2) co_return true;
    const Timestamp now = on.clock.Now();
    const auto some = co_await ReadOutbox(on.database, 1, now, StatementDeadline());
    const bool needed = some && !some->empty();
    if (!needed && asked < held_until) co_return false;
    bool taken = false;
    if (needed) {
      const auto lease =
          co_await TakeLease(on.database, owner, now, now + options.lease, StatementDeadline());
      taken = lease && *lease;
    }
    if (taken) held_until = asked + options.lease;
    Lead(taken);
    co_return taken;
  }

  // In the order of their first messages.
  static std::vector<KeyBatch> ByKey(const std::vector<OutboxRow>& rows) {
    std::map<std::string_view, std::size_t> places;
    std::vector<KeyBatch> batches;
    for (const OutboxRow& row : rows) {
      const auto [place, fresh] = places.try_emplace(row.key, batches.size());
      if (fresh) batches.emplace_back();
      batches[place->second].messages.push_back(row);
    }
    return batches;
  }

  Task<void> PublishAll(std::vector<KeyBatch>* batches, SteadyTime lease_end) {
    std::vector<KeyBatch*> each;
    for (KeyBatch& batch : *batches) each.push_back(&batch);
    (void)co_await FanOutEach<KeyBatch*>(
        std::move(each), static_cast<std::size_t>(options.width),
        [this, lease_end](KeyBatch* batch) { return PublishKey(batch, lease_end); });
  }

  // What is not begun stays for the next batch.
  Task<Status> PublishKey(KeyBatch* batch, SteadyTime lease_end) {
    for (const OutboxRow& row : batch->messages) {
      // A third of the lease is kept for the writing.
      if (stopping || steady.SteadyNow() >= lease_end - options.lease / 3) co_return Status();
      if (!co_await PublishOne(row, lease_end)) {
        batch->failed = true;
        failures_total.Add();
        co_return Status();
      }
      ++batch->published;
      published_total.Add();
    }
    co_return Status();
  }

  Task<bool> PublishOne(OutboxRow row, SteadyTime lease_end) {
    Span span = on.tracer.Start("outbox.publish", SpanKind::kProducer, row.trace);
    const Deadline deadline = Deadline::After(steady, options.publish_timeout)
                                  .Earlier({.time = lease_end - options.lease / 10});
    Status published = Fail(Code::kInternal, "The publisher failed.");
    Message message{.sequence = row.sequence,
                    .topic = std::move(row.topic),
                    .key = std::move(row.key),
                    .payload = std::move(row.payload),
                    .created_at = row.created_at,
                    .deadline = deadline.Within(span.context())};
    try {
      const bool in_time = co_await RunUntil(deadline.time, [this, &message, &published] {
        return Hand(std::move(message), &published);
      });
      if (!in_time) published = Fail(Code::kDeadlineExceeded, "The subscriber took too long.");
    } catch (...) {
      if (IsCancellation(std::current_exception())) throw;
      // What it says may hold values, so it is not logged.
      on.logger.Error("the publisher of the outbox ended by an exception", {{"service", service}});
    }
    if (!published) span.Fail(published.error().code);
    co_return published.has_value();
  }

  Task<void> Hand(Message message, Status* published) {
    *published = co_await on.publisher.Publish(std::move(message));
  }

  OutboxOutcome OutcomeOf(const std::vector<KeyBatch>& batches, const std::vector<HeldKey>& held) {
    std::map<std::string_view, std::int64_t> failures;
    for (const HeldKey& each : held) failures.emplace(each.key, each.failures);
    OutboxOutcome outcome;
    for (const KeyBatch& batch : batches) {
      for (std::size_t i = 0; i < batch.published; ++i) {
        outcome.published.push_back(batch.messages[i].sequence);
      }
      const std::string& key = batch.messages.front().key;
      const auto before = failures.find(key);
      if (batch.failed) {
        // Progress since the last failure makes this a first one.
        const std::int64_t count =
            before == failures.end() || batch.published > 0 ? 1 : before->second + 1;
        const auto wait = FullJitter(options.backoff, count, on.random);
        outcome.held.push_back({key, count, on.clock.Now() + wait});
      } else if (before != failures.end() && batch.published > 0) {
        outcome.released.push_back(key);
      }
    }
    return outcome;
  }

  Task<void> Watch() {
    while (true) {
      const auto seen = co_await ReadLag(on.database, StatementDeadline());
      if (seen) Show(*seen);
      co_await SleepFor(options.observe);
    }
  }

  void Show(const OutboxLag& seen) {
    std::chrono::microseconds age{0};
    if (seen.oldest_created > 0) {
      age = std::max(age, on.clock.Now() - FromUnixMicros(seen.oldest_created));
    }
    waiting_gauge.Set(static_cast<double>(seen.waiting));
    held_gauge.Set(static_cast<double>(seen.held_keys));
    oldest_gauge.Set(std::chrono::duration<double>(age).count());
    const std::lock_guard lock(mutex);
    lag = seen;
    oldest = age;
  }
};

OutboxRelay::OutboxRelay(std::string service, OutboxRelayOptions options, Dependencies dependencies)
    : impl_(std::make_shared<Impl>(std::move(service), options, std::move(dependencies))) {}

OutboxRelay::~OutboxRelay() = default;

void OutboxRelay::Start() {
  const std::shared_ptr<Impl> impl = impl_;
  impl->loop.Spawn(impl->on.runtime.Next(), "outbox relay", [impl] { return impl->Run(); });
  impl->watcher.Spawn(impl->on.runtime.Next(), "outbox lag", [impl] { return impl->Watch(); });
}

Task<void> OutboxRelay::Stop() {
  const std::shared_ptr<Impl> impl = impl_;
  if (std::exchange(impl->stopped, true)) co_return;
  impl->stopping = true;
  impl->on.outbox.wakeup().Notify();
  impl->watcher.Cancel();
  co_await impl->watcher.Join();
  co_await impl->loop.Join();
}

OutboxRelay::State OutboxRelay::Snapshot() const {
  const Impl& impl = *impl_;
  const std::lock_guard lock(impl.mutex);
  return {.service = impl.service,
          .leading = impl.leading,
          .waiting = impl.lag.waiting,
          .held_keys = impl.lag.held_keys,
          .oldest = impl.oldest,
          .published = impl.published_total.Value(),
          .failures = impl.failures_total.Value()};
}

}  // namespace vedette::queue
