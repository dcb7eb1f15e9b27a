// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"

namespace vedette {

// Writes each record as one JSON object on one line:
//   {"time":"2026-01-31T08:00:00.000001Z","level":"info","message":"…","role":"monitor",…}
// Fields stand beside the three; a field of the call hides one of the context with the same name,
// and one called like the three gets an underscore behind it. Thread-safe; lines never mix. Never
// throws: a line that cannot be written (a full disk, a pipe nobody reads for a second) is dropped
// and counted. All lines together wait that second, until one is written without waiting; the file
// descriptor may block or not. It stays the caller's.
class JsonLogSink final : public LogSink {
 public:
  explicit JsonLogSink(int file_descriptor) : file_descriptor_(file_descriptor) {}

  void Write(const LogRecord& record) override;

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds kPatience{1000};

  // With the mutex held.
  std::size_t WriteAll(std::string_view text);

  const int file_descriptor_;
  std::mutex mutex_;
  bool torn_ = false;                               // the last line was cut; guarded by mutex_
  std::chrono::milliseconds patience_ = kPatience;  // what is left of it; guarded by mutex_
  std::atomic<std::uint64_t> dropped_{0};
};

// The line without its newline.
std::string FormatJsonLogLine(const LogRecord& record);

// "debug", "info", "warning", "error".
std::string_view LogLevelName(LogLevel level);
std::optional<LogLevel> LogLevelFromName(std::string_view name);

}  // namespace vedette
