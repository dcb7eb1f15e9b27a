// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/json_log.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <iterator>

#include "kit/telemetry/json_text.h"

namespace vedette {
namespace {

// What poll() calls writable takes so much without blocking, also when it may block.
constexpr std::size_t kPiece = PIPE_BUF;
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

// Whether `file_descriptor` takes a piece, waiting for at most `patience`.
bool AwaitWritable(int file_descriptor, std::chrono::milliseconds patience) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
    pollfd ready{file_descriptor, POLLOUT, 0};
    const int count = poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
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

// The number of bytes written; less than all when the other side fails or does not read in time.
std::size_t JsonLogSink::WriteAll(std::string_view text) {
  std::size_t written = 0;
  bool waited = false;
  while (file_descriptor_ >= 0 && written < text.size()) {
    if (!AwaitWritable(file_descriptor_, std::chrono::milliseconds(0))) {
      waited = true;
      const auto begin = std::chrono::steady_clock::now();
      const bool writable = AwaitWritable(file_descriptor_, patience_);
      const auto passed =
          std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
      patience_ -= std::min(passed, patience_);
      if (!writable) break;
    }
    const ssize_t count =
        write(file_descriptor_, text.data() + written, std::min(kPiece, text.size() - written));
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
      break;
    }
  }
  if (!waited) patience_ = kPatience;
  return written;
}

void JsonLogSink::Write(const LogRecord& record) {
  try {
    const std::string line = FormatJsonLogLine(record) + "\n";
    const std::scoped_lock lock(mutex_);
    if (torn_ && WriteAll("\n") == 0) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::size_t written = WriteAll(line);
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
