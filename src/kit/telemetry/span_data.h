// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/code.h"
#include "kit/telemetry/tracer.h"

// The inside of a span, for who writes a tracer.
namespace vedette {

struct SpanAttribute {
  std::string_view name;
  std::variant<std::string_view, std::int64_t> value;
};

// Takes spans that have ended, on the thread that ended them. Thread-safe; never blocks, never
// throws.
class Span::Sink {
 public:
  virtual ~Sink() = default;
  virtual void Finish(std::unique_ptr<Data> span) noexcept = 0;
};

// One allocation a span: attributes and texts stand inside.
struct Span::Data {
  static constexpr std::size_t kMaxAttributes = 12;
  static constexpr std::size_t kMaxTextBytes = 320;  // of name and values together; more is cut

  TraceContext context;
  std::array<std::uint8_t, 8> parent_span_id{};  // all zero: the first span of its trace
  SpanKind kind = SpanKind::kInternal;
  Code code = Code::kInternal;  // of a failure
  bool failed = false;
  std::uint8_t attribute_count = 0;
  std::uint8_t dropped_attributes = 0;  // beyond kMaxAttributes; stays at 255
  std::string_view name;
  Timestamp start{};
  SteadyTime steady_start{};
  std::chrono::nanoseconds duration{0};  // set by the sink
  std::array<SpanAttribute, kMaxAttributes> attributes{};
  Sink* sink = nullptr;
  std::uint16_t text_bytes = 0;
  std::array<char, kMaxTextBytes> text_buffer;

  // A copy that lives as long as the span, in ASCII: other bytes become '?', so that no text makes
  // a receiver refuse a message. Cut to what is left of the buffer.
  std::string_view Keep(std::string_view text);
  std::span<const SpanAttribute> Attributes() const { return {attributes.data(), attribute_count}; }
};

}  // namespace vedette
