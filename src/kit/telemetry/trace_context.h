// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vedette {

// W3C Trace Context (level 1). All-zero means "none".
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  bool sampled = false;

  bool IsValid() const;
  std::string TraceIdHex() const;
  std::string SpanIdHex() const;
  std::string ToTraceparent() const;  // "00-…-…-01"

  // A child: same trace, new span id. Of an invalid context: a new trace.
  TraceContext Child() const;

  // nullopt for anything the recommendation calls invalid.
  static std::optional<TraceContext> FromTraceparent(std::string_view header);
};

}  // namespace vedette
