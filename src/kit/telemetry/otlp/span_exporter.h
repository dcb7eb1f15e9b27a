// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/task/deadline.h"
#include "kit/task/task.h"
#include "kit/telemetry/otlp/telemetry_options.h"

namespace vedette {

namespace otlp {
class ExportRequest;
}  // namespace otlp

// Sends one message of spans. The result is how many of them the receiver refused. After
// kUnavailable and kDeadlineExceeded, and after kResourceExhausted with a retry_after, the same
// message may be sent again (OTLP 1.0, "Failures").
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  // `request` outlives the task.
  virtual Task<Result<std::int64_t>> Export(const otlp::ExportRequest& request,
                                            Deadline deadline) = 0;
};

// opentelemetry.proto.collector.trace.v1.TraceService/Export over gRPC, on a connection of its own
// without breaker, retries and spans: telemetry governs itself. kInvalidArgument for an endpoint or
// TLS files that cannot be used; connects when first used.
Result<std::unique_ptr<SpanExporter>> MakeGrpcSpanExporter(const TelemetryOptions& options,
                                                           const Clock& clock);

}  // namespace vedette
