// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/held_traces.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kit/telemetry/otlp/sampling.h"

namespace vedette {

HeldTraces::HeldTraces(std::size_t max_traces, std::size_t max_spans_per_trace)
    : max_traces_per_shard_(std::max<std::size_t>(1, (max_traces + kShards - 1) / kShards)),
      max_spans_(max_spans_per_trace) {}

std::size_t HeldTraces::Hash::operator()(const TraceId& id) const {
  std::size_t hash = 0;
  std::memcpy(&hash, id.data(), sizeof hash);
  return hash;
}

bool HeldTraces::Open(const TraceContext& context) {
  Shard& shard = ShardOf(context.trace_id);
  const std::scoped_lock lock(shard.mutex);
  auto found = shard.traces.find(context.trace_id);
  if (found == shard.traces.end()) {
    if (shard.traces.size() >= max_traces_per_shard_) return false;
    found = shard.traces.try_emplace(context.trace_id).first;
    size_.fetch_add(1, std::memory_order_relaxed);
  }
  ++found->second.open;
  return true;
}

std::vector<std::unique_ptr<Span::Data>> HeldTraces::Close(std::unique_ptr<Span::Data> span) {
  Held ended;
  {
    Shard& shard = ShardOf(span->context.trace_id);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.traces.find(span->context.trace_id);
    if (found == shard.traces.end()) return {};
    Held& held = found->second;
    held.failed = held.failed || (span->failed && IsFault(span->code));
    if (--held.open > 0) {
      if (held.spans.size() < max_spans_) held.spans.push_back(std::move(span));
      return {};
    }
    ended = std::move(held);
    shard.traces.erase(found);
  }
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (!ended.failed) return {};
  ended.spans.push_back(std::move(span));
  return std::move(ended.spans);
}

}  // namespace vedette
