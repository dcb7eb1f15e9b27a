// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "kit/telemetry/trace_context.h"

namespace vedette {

// A logger whose lines carry trace_id and span_id; `logger` itself when the context is not valid.
inline Logger WithTrace(Logger logger, const TraceContext& trace) {
  if (!trace.IsValid()) return logger;
  return logger.With({{"trace_id", trace.TraceIdHex()}, {"span_id", trace.SpanIdHex()}});
}

}  // namespace vedette
