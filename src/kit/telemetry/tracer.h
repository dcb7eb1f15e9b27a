// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "kit/telemetry/trace_context.h"

namespace vedette {

// What a span stands for (OpenTelemetry trace specification, SpanKind).
enum class SpanKind : std::uint8_t { kInternal, kServer, kClient, kProducer, kConsumer };

// A piece of work under way, from Tracer::Start to End or destruction. Names and attributes are
// constants or come from a closed set (route pattern, method label, statement name, code): never an
// id of a person, never a value. Used by one coroutine; movable. An empty span ignores everything.
class Span {
 public:
  // Where finished spans go, and what one holds: kit/telemetry/span_data.h, for who writes a
  // tracer.
  class Sink;
  struct Data;

  Span();
  // A span that is not recorded but has a context.
  explicit Span(const TraceContext& context);
  explicit Span(std::unique_ptr<Data> data);
  ~Span();  // ends, as a success unless an error was noted
  Span(Span&& other) noexcept;
  Span& operator=(Span&& other) noexcept;

  // The context of this span, for its children and for the wire. Valid also when nothing is
  // recorded: logs carry it.
  const TraceContext& context() const;

  // `name` is a literal. A text is copied; texts of one span are cut at 320 bytes together.
  void Set(std::string_view name, std::string_view value);
  void Set(std::string_view name, std::int64_t value);
  // The work failed; only the code is kept, the first one.
  void Fail(Code code);
  void End();

 private:
  TraceContext context_;
  std::unique_ptr<Data> data_;  // null: not recorded
};

// Makes spans and hands finished ones to an exporter. Thread-safe; never blocks. Outlives its
// spans.
class Tracer {
 public:
  virtual ~Tracer() = default;
  // A child of `parent`; of an invalid parent: the first span of a new trace, for which the tracer
  // decides whether it is sampled. `name` is copied.
  virtual Span Start(std::string_view name, SpanKind kind, const TraceContext& parent) = 0;
  // What a stranger's context becomes before it is a parent: that it says "sampled" costs us, and
  // anybody may say it. Here it stays as it is.
  virtual TraceContext Admit(const TraceContext& strange) { return strange; }
};

// For who has no exporter: contexts are made, nothing is recorded. A new trace is not sampled.
class NullTracer final : public Tracer {
 public:
  Span Start(std::string_view name, SpanKind kind, const TraceContext& parent) override;
};

}  // namespace vedette
