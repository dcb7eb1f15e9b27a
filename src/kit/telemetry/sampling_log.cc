// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/sampling_log.h"

#include <chrono>
#include <vector>

#include "kit/config/section.h"

namespace vedette {
namespace {

// FNV-1a.
std::size_t HashOf(LogLevel level, std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  add(static_cast<unsigned char>(level));
  for (const char c : text) add(static_cast<unsigned char>(c));
  return static_cast<std::size_t>(hash ^ hash >> 32);
}

}  // namespace

void LogSamplingOptions::Describe(config::Section& section) {
  section.Field("first", first,
                {.text = "Lines of one text and level that are written in a second; 0 writes all.",
                 .minimum = 0,
                 .maximum = 1e6});
  section.Field("thereafter", thereafter,
                {.text = "Beyond them, every so many-th line of the second; 0 writes none.",
                 .minimum = 0,
                 .maximum = 1e6});
}

SamplingLogSink::SamplingLogSink(std::shared_ptr<LogSink> next, LogSamplingOptions options)
    : next_(std::move(next)), first_(options.first), thereafter_(options.thereafter) {}

void SamplingLogSink::Set(LogSamplingOptions options) {
  first_.store(options.first, std::memory_order_relaxed);
  thereafter_.store(options.thereafter, std::memory_order_relaxed);
}

void SamplingLogSink::Write(const LogRecord& record) {
  const std::int64_t first = first_.load(std::memory_order_relaxed);
  if (first <= 0) return next_->Write(record);
  Slot& slot = slots_[HashOf(record.level, record.message) % kSlots];
  const std::int64_t second =
      std::chrono::floor<std::chrono::seconds>(record.time).time_since_epoch().count();
  std::int64_t counted = slot.second.load(std::memory_order_relaxed);
  if (counted != second && slot.second.compare_exchange_strong(counted, second)) {
    slot.count.store(0, std::memory_order_relaxed);
  }
  const auto number =
      static_cast<std::int64_t>(slot.count.fetch_add(1, std::memory_order_relaxed)) + 1;
  const std::int64_t thereafter = thereafter_.load(std::memory_order_relaxed);
  if (number > first && (thereafter <= 0 || (number - first) % thereafter != 0)) {
    slot.left_out.fetch_add(1, std::memory_order_relaxed);
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (slot.left_out.load(std::memory_order_relaxed) == 0) return next_->Write(record);
  const std::uint64_t left_out = slot.left_out.exchange(0, std::memory_order_relaxed);
  std::vector<LogField> context = record.context;
  if (left_out > 0) context.emplace_back("left_out", left_out);
  next_->Write({record.time, record.level, record.message, context, record.fields});
}

}  // namespace vedette
