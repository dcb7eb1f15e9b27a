// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/log.h"

namespace vedette {

namespace config {
class Section;
}  // namespace config

struct LogSamplingOptions {
  std::int64_t first = 0;         // lines of one text and level a second; 0: nothing is left out
  std::int64_t thereafter = 100;  // then every so many-th; 0: none until the second is over

  void Describe(config::Section& section);
};

// Passes lines on to another sink and leaves out what repeats: of each message text and level, the
// first `first` lines of a second and then every `thereafter`-th. The next line of that text that
// passes says in the field "left_out" how many did not. Errors are sampled like others: their
// metrics count all of them. Texts are told apart by a hash over kSlots slots; two that meet in a
// slot share its allowance. Thread-safe; no lock and, unless lines were left out, no allocation.
class SamplingLogSink final : public LogSink {
 public:
  SamplingLogSink(std::shared_ptr<LogSink> next, LogSamplingOptions options);

  void Write(const LogRecord& record) override;

  // Takes effect at once.
  void Set(LogSamplingOptions options);
  std::uint64_t left_out() const { return left_out_.load(std::memory_order_relaxed); }

  static constexpr std::size_t kSlots = 1024;

 private:
  struct Slot {
    std::atomic<std::int64_t> second{0};
    std::atomic<std::uint64_t> count{0};     // lines seen in `second`
    std::atomic<std::uint64_t> left_out{0};  // since the last line that passed
  };

  const std::shared_ptr<LogSink> next_;
  std::atomic<std::int64_t> first_;
  std::atomic<std::int64_t> thereafter_;
  std::atomic<std::uint64_t> left_out_{0};
  std::array<Slot, kSlots> slots_;
};

}  // namespace vedette
