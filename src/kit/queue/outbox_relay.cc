// SPDX-License-Identifier: Apache-2.0
#include "kit/queue/outbox_relay.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "kit/queue/contained.h"
#include "kit/queue/outbox_batch.h"
#include "kit/queue/outbox_metrics.h"
#include "kit/queue/outbox_table.h"
#include "kit/task/cancellation.h"
#include "kit/task/fan_out.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"

namespace vedette::queue {
namespace {

constexpr std::chrono::seconds kStatementTimeout{5};

constexpr std::int64_t kHeldShown = 20;

}  // namespace

struct OutboxRelay::Impl : std::enable_shared_from_this<Impl> {
  Impl(std::string relay_service, OutboxRelayOptions relay_options, Dependencies parts)
      : service(std::move(relay_service)),
        options(relay_options),
        on(std::move(parts)),
        owner(NewUuid(on.clock.Now())),
        metrics(on.metrics, service),
        loop(on.logger),
        watcher(on.logger) {}

  const std::string service;
  const OutboxRelayOptions options;
  const Dependencies on;
  const Uuid owner;
  const SystemClock steady;  // timers of the system measure deadlines
  OutboxMetrics metrics;

  std::atomic<bool> stopping = false;
  std::atomic<bool> leading = false;
  bool stopped = false;
  SteadyTime held_until{};  // the lease; of the loop
  mutable std::mutex mutex;
  OutboxLag lag;
  std::chrono::microseconds oldest{0};
  std::vector<HeldMessage> held;
  TaskGroup loop;
  TaskGroup watcher;

  Deadline StatementDeadline() const { return Deadline::After(steady, kStatementTimeout); }

  Task<void> Run() {
    // What was published is to be written also when the task is cancelled.
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping) {
      const bool more = co_await Turn();
      if (!more && !stopping) co_await on.outbox.wakeup().WaitUntil(NextPoll());
    }
    // Failing that it runs out.
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
    metrics.leading.Set(now_leading ? 1 : 0);
    on.logger.Info(now_leading ? "publishes the outbox" : "no longer publishes the outbox",
                   {{"service", service}});
  }

  // One batch. Whether there may be more at once.
  Task<bool> Turn() {
    if (!co_await HoldLease()) co_return false;
    const SteadyTime lease_end = held_until;
    auto rows = co_await Contained(
        ReadOutbox(on.database, options.batch, on.clock.Now(), StatementDeadline()));
    if (!rows || rows->empty()) co_return false;
    std::vector<KeyBatch> batches = ByKey(*std::move(rows));
    co_await PublishAll(&batches, lease_end);
    OutboxOutcome outcome = OutcomeOf(batches, options.backoff, on.random, on.clock.Now());
    const bool progress = !outcome.published.empty();
    const SteadyTime asked = steady.SteadyNow();
    const auto written =
        co_await Contained(WriteOutcome(on.database, owner, on.clock.Now() + options.lease,
                                        std::move(outcome), StatementDeadline()));
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
    const auto some = co_await Contained(ReadOutbox(on.database, 1, now, StatementDeadline()));
    const bool needed = some && !some->empty();
    if (!needed && asked < held_until) co_return false;
    bool taken = false;
    if (needed) {
      const auto lease = co_await Contained(
          TakeLease(on.database, owner, now, now + options.lease, StatementDeadline()));
      taken = lease && *lease;
    }
    if (taken) held_until = asked + options.lease;
    Lead(taken);
    co_return taken;
  }

  // Whatever happens, what was published is known afterwards.
  Task<void> PublishAll(std::vector<KeyBatch>* batches, SteadyTime lease_end) {
    std::vector<KeyBatch*> each;
    for (KeyBatch& batch : *batches) each.push_back(&batch);
    try {
      (void)co_await FanOutEach<KeyBatch*>(
          std::move(each), static_cast<std::size_t>(options.width),
          [this, lease_end](KeyBatch* batch) { return PublishKey(batch, lease_end); });
    } catch (const std::exception&) {
      on.logger.Error("the publishing of a batch was interrupted", {{"service", service}});
    }
  }

  // What is not begun stays for the next batch.
  Task<Status> PublishKey(KeyBatch* batch, SteadyTime lease_end) {
    for (const OutboxRow& row : batch->messages) {
      // A third of the lease is kept for the writing.
      if (stopping || steady.SteadyNow() >= lease_end - options.lease / 3) co_return Status();
      if (!co_await PublishOne(row, lease_end)) {
        batch->failed = true;
        metrics.failures.Add();
        co_return Status();
      }
      ++batch->published;
      metrics.published.Add();
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
      // Also operation_aborted: what the subscriber uses may have been closed. What it says may
      // hold values, so it is not logged.
      on.logger.Error("the publisher of the outbox ended by an exception", {{"service", service}});
    }
    if (!published) span.Fail(published.error().code);
    co_return published.has_value();
  }

  Task<void> Hand(Message message, Status* published) {
    *published = co_await on.publisher.Publish(std::move(message));
  }

  Task<void> Watch() {
    while (true) {
      const auto seen = co_await Contained(ReadLag(on.database, StatementDeadline()));
      if (seen) co_await Show(*seen);
      co_await SleepFor(options.observe);
    }
  }

  Task<void> Show(OutboxLag seen) {
    std::vector<HeldMessage> messages;
    if (seen.held_keys > 0) {
      auto found = co_await Contained(HeldMessages(on.database, kHeldShown, StatementDeadline()));
      if (found) messages = *std::move(found);
    }
    std::chrono::microseconds age{0};
    if (seen.oldest_created > 0) {
      age = std::max(age, on.clock.Now() - FromUnixMicros(seen.oldest_created));
    }
    metrics.waiting.Set(static_cast<double>(seen.waiting));
    metrics.held_keys.Set(static_cast<double>(seen.held_keys));
    metrics.oldest.Set(std::chrono::duration<double>(age).count());
    const std::lock_guard lock(mutex);
    lag = seen;
    oldest = age;
    held = std::move(messages);
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
  // Also a cancelled caller waits: the relay uses what its owner is about to destroy.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  impl->stopping = true;
  impl->on.outbox.wakeup().Notify();
  impl->watcher.Cancel();
  co_await impl->watcher.Join();
  co_await impl->loop.Join();
  co_await asio::this_coro::throw_if_cancelled(throws);
}

OutboxRelay::State OutboxRelay::Snapshot() const {
  const Impl& impl = *impl_;
  const std::lock_guard lock(impl.mutex);
  return {.service = impl.service,
          .leading = impl.leading,
          .waiting = impl.lag.waiting,
          .held_keys = impl.lag.held_keys,
          .oldest = impl.oldest,
          .published = impl.metrics.published.Value(),
          .failures = impl.metrics.failures.Value(),
          .held = impl.held};
}

}  // namespace vedette::queue
