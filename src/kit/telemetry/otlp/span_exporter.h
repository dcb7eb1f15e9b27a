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

namespace rpc {
class ClientPoller;
}  // namespace rpc

namespace otlp {
class ExportRequest;
}  // namespace otlp

// Sends one message of spans. The result is how many of them the receiver refused; an error that
// may pass is retried by who calls.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  // `request` outlives the task.
  virtual Task<Result<std::int64_t>> Export(const otlp::ExportRequest& request,
                                            Deadline deadline) = 0;
};

// opentelemetry.proto.collector.trace.v1.TraceService/Export over gRPC. kInvalidArgument for an
// endpoint or TLS files that cannot be used; connects when first used.
Result<std::unique_ptr<SpanExporter>> MakeGrpcSpanExporter(
    const TelemetryOptions& options, std::shared_ptr<rpc::ClientPoller> poller, const Clock& clock);

}  // namespace vedette
