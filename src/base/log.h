// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/sensitive.h"

namespace vedette {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

// A name and a value of a log line. Only text, numbers and booleans can be logged; a Sensitive<T>
// does not compile.
struct LogField {
  using Value = std::variant<std::string, std::int64_t, double, bool>;

  LogField(std::string_view field, std::string_view text) : name(field), value(std::string(text)) {}
  LogField(std::string_view field, const char* text) : name(field), value(std::string(text)) {}
  LogField(std::string_view field, const std::string& text) : name(field), value(text) {}
  LogField(std::string_view field, bool flag) : name(field), value(flag) {}
  LogField(std::string_view field, double number) : name(field), value(number) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  LogField(std::string_view field, I number)
      : name(field), value(static_cast<std::int64_t>(number)) {}
  template <class T>
  LogField(std::string_view, const Sensitive<T>&) = delete;

  std::string name;
  Value value;
};

struct LogRecord {
  Timestamp time;
  LogLevel level;
  std::string_view message;
  const std::vector<LogField>& context;  // set with Logger::With
  std::initializer_list<LogField> fields;
};

// Takes finished records; thread-safe. kit/telemetry writes them as JSON lines.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(const LogRecord& record) = 0;
};

// The least severe level that is logged, shared by loggers and changed while they work.
// Thread-safe.
class LogControl {
 public:
  explicit LogControl(LogLevel minimum) : minimum_(minimum) {}
  LogLevel minimum() const { return minimum_.load(std::memory_order_relaxed); }
  void SetMinimum(LogLevel minimum) { minimum_.store(minimum, std::memory_order_relaxed); }

 private:
  std::atomic<LogLevel> minimum_;
};

// A cheap handle to a sink with fields that go on every line. Messages are constant text; what
// varies is a field. Thread-safe to use and to copy.
class Logger {
 public:
  // Discards everything.
  Logger() = default;
  Logger(std::shared_ptr<LogSink> sink, const Clock& clock, LogLevel minimum);
  // Its level, and that of every logger made from it, is what `control` says at the moment.
  Logger(std::shared_ptr<LogSink> sink,
         const Clock& clock,
         std::shared_ptr<const LogControl> control);

  // A logger that adds these fields, e.g. {"role", "monitor"} or the trace ids of a call.
  Logger With(std::vector<LogField> fields) const;

  bool Enabled(LogLevel level) const { return sink_ != nullptr && level >= control_->minimum(); }
  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const;

 private:
  std::shared_ptr<LogSink> sink_;
  const Clock* clock_ = nullptr;
  std::shared_ptr<const LogControl> control_;  // set whenever sink_ is
  std::vector<LogField> context_;
};

}  // namespace vedette
