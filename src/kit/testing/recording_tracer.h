// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kit/telemetry/span_data.h"
#include "kit/telemetry/tracer.h"

namespace vedette {

// Keeps finished spans for a test to look at, in the order of their end. Every new trace is
// sampled; spans of traces that are not sampled are kept, too. Thread-safe; outlives its spans.
class RecordingTracer final : public Tracer, private Span::Sink {
 public:
  struct Entry {
    std::string name;
    SpanKind kind = SpanKind::kInternal;
    TraceContext context;
    std::array<std::uint8_t, 8> parent_span_id{};  // all zero: the first of its trace
    std::map<std::string, std::variant<std::string, std::int64_t>> attributes;
    std::optional<Code> error;  // set by Fail

    bool IsChildOf(const Entry& parent) const {
      return context.trace_id == parent.context.trace_id &&
             parent_span_id == parent.context.span_id;
    }
    // The text of an attribute; empty when there is none.
    std::string Text(const std::string& attribute) const {
      const auto found = attributes.find(attribute);
      if (found == attributes.end()) return {};
      const auto* text = std::get_if<std::string>(&found->second);
      return text == nullptr ? std::string() : *text;
    }
  };

  Span Start(std::string_view name, SpanKind kind, const TraceContext& parent) override {
    auto data = std::make_unique<Span::Data>();
    data->context = parent.Child();
    if (parent.IsValid()) data->parent_span_id = parent.span_id;
    data->name = data->Keep(name);
    data->kind = kind;
    data->sink = this;
    return Span(std::move(data));
  }

  std::vector<Entry> entries() const {
    const std::scoped_lock lock(mutex_);
    return entries_;
  }

  // The first finished span of this name.
  std::optional<Entry> Find(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(entries_, name, &Entry::name);
    return found == entries_.end() ? std::nullopt : std::optional(*found);
  }

  std::size_t Count(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(entries_, name, &Entry::name));
  }

 private:
  void Finish(std::unique_ptr<Span::Data> span) noexcept override {
    Entry entry{std::string(span->name), span->kind, span->context, span->parent_span_id, {}, {}};
    if (span->failed) entry.error = span->code;
    for (const SpanAttribute& attribute : span->Attributes()) {
      auto& value = entry.attributes[std::string(attribute.name)];
      if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
        value = std::string(*text);
      } else {
        value = std::get<std::int64_t>(attribute.value);
      }
    }
    const std::scoped_lock lock(mutex_);
    entries_.push_back(std::move(entry));
  }

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace vedette
