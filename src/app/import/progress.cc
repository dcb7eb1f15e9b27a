// SPDX-License-Identifier: Apache-2.0
#include "app/import/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace vedette::importing {
namespace {

constexpr std::chrono::milliseconds kTerminalEvery{100};
constexpr std::chrono::seconds kLineEvery{5};
constexpr std::size_t kBarWidth = 20;

}  // namespace

std::string GroupDigits(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string FormatProgress(const ProgressSnapshot& snapshot, bool with_bar) {
  std::string text;
  const double total = static_cast<double>(snapshot.bytes_total.value_or(0));
  const double part =
      total > 0 ? std::min(1.0, static_cast<double>(snapshot.bytes_read) / total) : 0;
  if (total > 0) {
    if (with_bar) {
      const auto filled = static_cast<std::size_t>(part * kBarWidth);
      text += '[';
      for (std::size_t i = 0; i < kBarWidth; ++i) text += i < filled ? "#" : "·";
      text += "] ";
    }
    text += fmt::format("{:3.0f}%  ", part * 100);
  }
  text += GroupDigits(snapshot.rows_done) + " rows";
  if (snapshot.seconds > 0.5) {
    const double rate = static_cast<double>(snapshot.rows_done) / snapshot.seconds;
    text += "  " + GroupDigits(static_cast<std::uint64_t>(rate)) + " rows/s";
    if (part > 0.01 && part < 1) {
      const auto left = static_cast<std::uint64_t>(snapshot.seconds * (1 - part) / part + 0.5);
      text += fmt::format("  {}:{:02} left", left / 60, left % 60);
    }
  }
  if (snapshot.rows_rejected > 0) text += "  " + GroupDigits(snapshot.rows_rejected) + " rejected";
  return text;
}

ConsoleProgress::ConsoleProgress(std::FILE* out, bool is_terminal, const Clock& clock)
    : out_(out), is_terminal_(is_terminal), clock_(clock) {}

void ConsoleProgress::Update(const ProgressSnapshot& snapshot) {
  const SteadyTime now = clock_.SteadyNow();
  // Off a terminal the first line comes after the first interval: short imports write none.
  if (!drawn_at_ && !is_terminal_) drawn_at_ = now;
  const std::chrono::milliseconds every = is_terminal_ ? kTerminalEvery : kLineEvery;
  if (drawn_at_ && now - *drawn_at_ < every) return;
  drawn_at_ = now;
  Draw(snapshot);
}

void ConsoleProgress::Finish(const ProgressSnapshot& snapshot) {
  if (!is_terminal_) return;
  Draw(snapshot);
  std::fputc('\n', out_);
  std::fflush(out_);
}

void ConsoleProgress::Draw(const ProgressSnapshot& snapshot) {
  const std::string text = FormatProgress(snapshot, is_terminal_);
  // Clears what a longer line left behind.
  if (is_terminal_) {
    fmt::print(out_, "\r{}\x1b[K", text);
  } else {
    fmt::print(out_, "{}\n", text);
  }
  std::fflush(out_);
}

}  // namespace vedette::importing
