// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/sampling.h"

namespace vedette {

bool IsSampledByRatio(const TraceContext& context, double ratio) {
  if (ratio >= 1) return true;
  if (!(ratio > 0)) return false;
  std::uint64_t number = 0;
  for (std::size_t i = 8; i < context.trace_id.size(); ++i) {
    number = number << 8 | context.trace_id[i];
  }
  return (number >> 1) < static_cast<std::uint64_t>(ratio * 0x1p63);
}

bool IsFault(Code code) {
  switch (code) {
    case Code::kInternal:
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
    case Code::kUnimplemented:
      return true;
    default:
      return false;
  }
}

}  // namespace vedette
