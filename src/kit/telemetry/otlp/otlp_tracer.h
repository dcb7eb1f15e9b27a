// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/otlp/span_exporter.h"
#include "kit/telemetry/otlp/telemetry_options.h"
#include "kit/telemetry/tracer.h"

namespace vedette {

// What the tracer needs; the references outlive it.
struct OtlpTracerDependencies {
  std::unique_ptr<SpanExporter> exporter;
  const Clock& clock;
  RandomSource& random;  // jitter of retries, and which strange traces are sampled
  MetricsRegistry& metrics;
  Logger logger;
};

// Records spans and exports them in batches, by a thread of its own. A span that ends costs one
// short lock; when the receiver is slow or away, spans wait in a bounded queue, and what does not
// fit is dropped and counted.
//
// Which traces are exported (OpenTelemetry, ParentBased with TraceIdRatio): one that began
// elsewhere as its caller decided; one that begins here when the number in the last 8 bytes of its
// id lies below sample_ratio, so every process decides alike. Of those that strangers want sampled
// (Admit), strange_traces_per_second are, and by chance the sample_ratio of the others; never by
// their ids, which strangers choose, too.
//
// Always on error: of a trace that is not sampled, all spans of this process are held while any is
// open here. When the last one ends they are exported if one of them failed with a code that means
// a failure of ours (kInternal, kUnavailable, kDeadlineExceeded, kUnimplemented), else forgotten.
// That holds for held_traces traces at once, for the first held_spans_per_trace spans to end plus
// the last one of each, and for error_traces_per_second traces a second. Other processes decide
// about their part by themselves.
class OtlpTracer final : public Tracer {
 public:
  OtlpTracer(TelemetryOptions options,
             TelemetryResource resource,
             OtlpTracerDependencies dependencies);
  ~OtlpTracer() override;  // Stop without grace

  Span Start(std::string_view name, SpanKind kind, const TraceContext& parent) override;
  TraceContext Admit(const TraceContext& strange) override;

  // Sends what has ended so far, now. False when it is not all out (or refused) by `deadline`.
  Task<bool> Flush(Deadline deadline);

  // The last step of a shutdown: sends what is there for at most `grace`, drops the rest and ends
  // the thread. Blocks: not on a thread of a runtime that must go on. Harmless when repeated.
  void Stop(std::chrono::milliseconds grace);

  struct Snapshot {
    std::uint64_t exported = 0;
    std::uint64_t dropped_queue_full = 0;
    std::uint64_t dropped_undelivered = 0;  // retried in vain, or left at the stop
    std::uint64_t refused = 0;              // by the receiver
    std::uint64_t queued = 0;
    std::uint64_t held_traces = 0;
    bool connected = true;  // the last attempt succeeded, or there was none
  };
  Snapshot Read() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
