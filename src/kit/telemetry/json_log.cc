// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/json_log.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "kit/telemetry/json_text.h"

namespace vedette {
namespace {

constexpr int kPatienceMs = 1000;
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

void AppendTime(std::string& out, Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                 clock.seconds().count(), clock.subseconds().count());
}

void AppendField(std::string& out, const LogField& field) {
  out.push_back(',');
  if (field.name == "time" || field.name == "level" || field.name == "message") {
    AppendJsonString(out, field.name + "_");
  } else {
    AppendJsonString(out, field.name);
  }
  out.push_back(':');
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    AppendJsonString(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    AppendJsonNumber(out, *number);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

// The number of bytes written; less than all when the other side fails or does not read in time.
std::size_t WriteAll(int file_descriptor, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file_descriptor, text.data() + written, text.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd ready{file_descriptor, POLLOUT, 0};
      if (poll(&ready, 1, kPatienceMs) <= 0) break;
    } else {
      break;
    }
  }
  return written;
}

}  // namespace

std::string FormatJsonLogLine(const LogRecord& record) {
  std::string out;
  out.reserve(256);
  out += "{\"time\":\"";
  AppendTime(out, record.time);
  out += "\",\"level\":\"";
  out += LogLevelName(record.level);
  out += "\",\"message\":";
  AppendJsonString(out, record.message);
  for (auto field = record.context.begin(); field != record.context.end(); ++field) {
    const auto same_name = [&](const LogField& other) { return other.name == field->name; };
    if (std::any_of(std::next(field), record.context.end(), same_name)) continue;
    if (std::ranges::any_of(record.fields, same_name)) continue;
    AppendField(out, *field);
  }
  for (const LogField& field : record.fields) AppendField(out, field);
  out.push_back('}');
  return out;
}

void JsonLogSink::Write(const LogRecord& record) {
  try {
    const std::string line = FormatJsonLogLine(record) + "\n";
    const std::scoped_lock lock(mutex_);
    if (torn_ && WriteAll(file_descriptor_, "\n") == 0) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::size_t written = WriteAll(file_descriptor_, line);
    torn_ = written > 0 && written < line.size();
    if (written < line.size()) dropped_.fetch_add(1, std::memory_order_relaxed);
  } catch (...) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
}

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> LogLevelFromName(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace vedette
