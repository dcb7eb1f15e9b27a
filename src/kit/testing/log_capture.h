// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace vedette {

// Keeps log records for a test to look at:
//   auto capture = std::make_shared<LogCapture>();
//   Logger logger(capture, clock, LogLevel::kDebug);
// Thread-safe.
class LogCapture final : public LogSink {
 public:
  struct Entry {
    Timestamp time;
    LogLevel level;
    std::string message;
    std::map<std::string, LogField::Value> fields;  // of the context and of the call
  };

  void Write(const LogRecord& record) override {
    Entry entry{record.time, record.level, std::string(record.message), {}};
    for (const LogField& field : record.context) entry.fields[field.name] = field.value;
    for (const LogField& field : record.fields) entry.fields[field.name] = field.value;
    const std::scoped_lock lock(mutex_);
    entries_.push_back(std::move(entry));
  }

  std::vector<Entry> entries() const {
    const std::scoped_lock lock(mutex_);
    return entries_;
  }

  std::size_t Count(LogLevel level) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(entries_, [&](const Entry& entry) { return entry.level == level; }));
  }

  bool HasMessage(std::string_view message) const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(entries_,
                               [&](const Entry& entry) { return entry.message == message; });
  }

  // Whether `text` is in any message or text field: for "this value never reaches a log".
  bool Contains(std::string_view text) const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(entries_, [&](const Entry& entry) {
      return entry.message.find(text) != std::string::npos ||
             std::ranges::any_of(entry.fields, [&](const auto& field) {
               const auto* value = std::get_if<std::string>(&field.second);
               return value != nullptr && value->find(text) != std::string::npos;
             });
    });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace vedette
