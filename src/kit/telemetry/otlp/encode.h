// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "kit/telemetry/otlp/telemetry_options.h"
#include "kit/telemetry/span_data.h"

namespace vedette {

namespace otlp {
class ExportRequest;
}  // namespace otlp

// Adds the spans to a message that is empty. A failed span carries its code's name as "error.type";
// its status is an error when the failure is ours, or when it is a call of ours that failed.
void EncodeSpans(const TelemetryResource& resource,
                 std::span<const std::unique_ptr<Span::Data>> spans,
                 otlp::ExportRequest& request);

}  // namespace vedette
