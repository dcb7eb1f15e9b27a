// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/otlp_tracer.h"

#include <google/protobuf/arena.h>
#include <kit/telemetry/otlp/otlp.pb.h>

#include <algorithm>
#include <atomic>
#include <boost/system/system_error.hpp>
#include <exception>
#include <mutex>
#include <new>
#include <typeinfo>

#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"
#include "kit/telemetry/otlp/encode.h"
#include "kit/telemetry/otlp/held_traces.h"
#include "kit/telemetry/otlp/sampling.h"
#include "kit/telemetry/otlp/span_queue.h"
#include "kit/telemetry/span_data.h"

namespace vedette {
namespace {

constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::milliseconds kLongestPause(2000);

bool MayPass(const Error& error) {
  switch (error.code) {
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return true;
    case Code::kResourceExhausted:
      return error.retry_after.has_value();
    default:
      return false;
  }
}

// So many a second, counted by calendar seconds.
class Allowance {
 public:
  explicit Allowance(std::int64_t per_second) : per_second_(per_second) {}

  bool Take(Timestamp now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    const std::scoped_lock lock(mutex_);
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    return taken_++ < per_second_;
  }

 private:
  const std::int64_t per_second_;
  std::mutex mutex_;
  std::chrono::sys_seconds second_{};
  std::int64_t taken_ = 0;
};

// Counters of one registry by what became of a span.
struct SpanCounters {
  explicit SpanCounters(MetricsRegistry& metrics)
      : exported(Get(metrics, "exported")),
        queue_full(Get(metrics, "queue_full")),
        undelivered(Get(metrics, "undelivered")),
        refused(Get(metrics, "refused")) {}

  static Counter& Get(MetricsRegistry& metrics, std::string outcome) {
    return metrics.GetCounter("vedette_trace_spans_total", "Ended spans by what became of them.",
                              {{"outcome", std::move(outcome)}});
  }

  Counter& exported;
  Counter& queue_full;
  Counter& undelivered;
  Counter& refused;
};

}  // namespace

struct OtlpTracer::Impl final : Span::Sink {
  Impl(TelemetryOptions given, TelemetryResource described, OtlpTracerDependencies dependencies)
      : options(std::move(given)),
        resource(std::move(described)),
        exporter(std::move(dependencies.exporter)),
        clock(dependencies.clock),
        random(dependencies.random),
        logger(std::move(dependencies.logger)),
        counters(dependencies.metrics),
        queue(static_cast<std::size_t>(options.queue_limit),
              static_cast<std::size_t>(options.batch_size),
              dependencies.metrics.GetGauge("vedette_trace_queue_spans",
                                            "Spans that wait to be sent.")),
        held(static_cast<std::size_t>(options.held_traces),
             static_cast<std::size_t>(options.held_spans_per_trace)),
        error_traces(options.error_traces_per_second),
        strange_traces(options.strange_traces_per_second) {
    tasks.Spawn(runtime.Next(), "export traces", [this] { return Work(); });
  }

  void Finish(std::unique_ptr<Span::Data> span) noexcept override {
    span->duration = clock.SteadyNow() - span->steady_start;
    if (span->context.sampled) return Enqueue(std::move(span));
    try {
      auto failed = held.Close(std::move(span));
      if (failed.empty() || !error_traces.Take(clock.Now())) return;
      for (auto& each : failed) Enqueue(std::move(each));
    } catch (const std::bad_alloc&) {
      counters.queue_full.Add();
    }
  }

  void Enqueue(std::unique_ptr<Span::Data> span) noexcept {
    bool taken = false;
    try {
      taken = queue.Put(std::move(span));
    } catch (const std::bad_alloc&) {
      taken = false;
    }
    if (!taken) counters.queue_full.Add();
  }

  Task<void> Work() {
    while (true) {
      co_await queue.Wake().WaitUntil(std::chrono::steady_clock::now() + options.batch_delay);
      const bool closed = queue.closed();
      while (true) {
        const SpanQueue::Batch batch = queue.Take();
        if (batch.empty()) break;
        Unsettled unsettled{*this, batch.size()};
        try {
          co_await Send(batch, unsettled);
        } catch (const boost::system::system_error&) {
          throw;  // cancelled
        } catch (const std::exception& failure) {
          // Out of memory, mostly: this batch is lost, the next may do better.
          logger.Error("a batch of traces was lost", {{"exception", typeid(failure).name()}});
        }
      }
      if (closed) break;
    }
    idle.Set();
  }

  // What is in the hands of a task: undelivered unless it says otherwise, also when cancelled.
  struct Unsettled {
    Impl& tracer;
    std::size_t spans;
    std::size_t exported = 0;
    std::size_t refused = 0;

    ~Unsettled() {
      tracer.counters.exported.Add(exported);
      tracer.counters.refused.Add(refused);
      tracer.counters.undelivered.Add(spans - exported - refused);
      tracer.queue.Settle(spans);
    }
  };

  Task<void> Send(const SpanQueue::Batch& batch, Unsettled& unsettled) {
    google::protobuf::Arena arena;
    auto* const request = google::protobuf::Arena::CreateMessage<otlp::ExportRequest>(&arena);
    EncodeSpans(resource, batch, *request);
    const SteadyTime give_up = clock.SteadyNow() + options.retry_for;
    auto pause = kFirstPause;
    while (true) {
      const Result<std::int64_t> refused =
          co_await exporter->Export(*request, Deadline::After(clock, options.timeout));
      NoteOutcome(refused);
      if (refused) {
        unsettled.refused = static_cast<std::size_t>(
            std::clamp<std::int64_t>(*refused, 0, static_cast<std::int64_t>(batch.size())));
        unsettled.exported = batch.size() - unsettled.refused;
        co_return;
      }
      if (!MayPass(refused.error()) || clock.SteadyNow() >= give_up) co_return;
      // Half of the pause is chance, so that many processes do not come back together.
      const auto jittered = std::chrono::duration_cast<std::chrono::nanoseconds>(
          pause / 2 + pause / 2 * random.Uniform());
      // What the receiver asks for, but within the time for retries: the spans behind wait too.
      const std::chrono::nanoseconds asked =
          refused.error().retry_after.value_or(std::chrono::milliseconds(0));
      co_await SleepFor(std::max(jittered, std::min(asked, give_up - clock.SteadyNow())));
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  void NoteOutcome(const Result<std::int64_t>& outcome) {
    if (connected.exchange(outcome.has_value()) == outcome.has_value()) return;
    if (outcome) {
      logger.Info("traces are exported again");
    } else {
      logger.Warning("traces cannot be exported", {{"reason", outcome.error().message}});
    }
  }

  const TelemetryOptions options;
  const TelemetryResource resource;
  const std::unique_ptr<SpanExporter> exporter;
  const Clock& clock;
  RandomSource& random;
  const Logger logger;
  SpanCounters counters;
  SpanQueue queue;
  HeldTraces held;
  Allowance error_traces;
  Allowance strange_traces;
  std::atomic<bool> connected = true;
  std::atomic<bool> stopped = false;
  Signal idle;
  Runtime runtime{1};
  TaskGroup tasks{logger};
};

OtlpTracer::OtlpTracer(TelemetryOptions options,
                       TelemetryResource resource,
                       OtlpTracerDependencies dependencies)
    : impl_(std::make_unique<Impl>(
          std::move(options), std::move(resource), std::move(dependencies))) {}

OtlpTracer::~OtlpTracer() { Stop(std::chrono::milliseconds(0)); }

Span OtlpTracer::Start(std::string_view name, SpanKind kind, const TraceContext& parent) {
  Impl& impl = *impl_;
  TraceContext context = parent.Child();
  if (!parent.IsValid()) context.sampled = IsSampledByRatio(context, impl.options.sample_ratio);
  if (!context.sampled && !impl.options.always_on_error) return Span(context);
  std::unique_ptr<Span::Data> data(new (std::nothrow) Span::Data);
  if (data == nullptr || (!context.sampled && !impl.held.Open(context))) return Span(context);
  data->context = context;
  if (parent.IsValid()) data->parent_span_id = parent.span_id;
  data->kind = kind;
  data->name = data->Keep(name);
  data->start = impl.clock.Now();
  data->steady_start = impl.clock.SteadyNow();
  data->sink = &impl;
  return Span(std::move(data));
}

TraceContext OtlpTracer::Admit(const TraceContext& strange) {
  Impl& impl = *impl_;
  TraceContext admitted = strange;
  admitted.sampled = strange.sampled && (impl.random.Uniform() < impl.options.sample_ratio ||
                                         impl.strange_traces.Take(impl.clock.Now()));
  return admitted;
}

Task<bool> OtlpTracer::Flush(Deadline deadline) {
  const Signal drained = impl_->queue.Drained();
  co_return co_await drained.WaitUntil(deadline.time);
}

void OtlpTracer::Stop(std::chrono::milliseconds grace) {
  Impl& impl = *impl_;
  if (impl.stopped.exchange(true)) return;
  impl.queue.Close();
  impl.runtime.RunBlocking([&impl, grace]() -> Task<void> {
    co_await impl.idle.WaitUntil(std::chrono::steady_clock::now() + grace);
    impl.tasks.Cancel();
    co_await impl.tasks.Join();
  });
  for (auto batch = impl.queue.Take(); !batch.empty(); batch = impl.queue.Take()) {
    impl.counters.undelivered.Add(batch.size());
    impl.queue.Settle(batch.size());
  }
  impl.runtime.Stop();
}

OtlpTracer::Snapshot OtlpTracer::Read() const {
  const Impl& impl = *impl_;
  return {.exported = impl.counters.exported.Value(),
          .dropped_queue_full = impl.counters.queue_full.Value(),
          .dropped_undelivered = impl.counters.undelivered.Value(),
          .refused = impl.counters.refused.Value(),
          .queued = impl.queue.size(),
          .held_traces = impl.held.size(),
          .connected = impl.connected};
}

}  // namespace vedette
