// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "base/clock.h"

namespace vedette::importing {

struct ProgressSnapshot {
  std::uint64_t rows_done = 0;
  std::uint64_t rows_rejected = 0;
  std::uint64_t bytes_read = 0;  // of the file as it is stored
  std::optional<std::uint64_t> bytes_total;
  double seconds = 0;
};

// Told how far an import is. One thread at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void Update(const ProgressSnapshot& snapshot) = 0;
  virtual void Finish(const ProgressSnapshot& snapshot) = 0;
};

// On a terminal one line that is drawn anew ten times a second; elsewhere a line every five
// seconds.
class ConsoleProgress final : public Progress {
 public:
  ConsoleProgress(std::FILE* out, bool is_terminal, const Clock& clock);
  void Update(const ProgressSnapshot& snapshot) override;
  void Finish(const ProgressSnapshot& snapshot) override;

 private:
  void Draw(const ProgressSnapshot& snapshot);

  std::FILE* out_;
  bool is_terminal_;
  const Clock& clock_;
  std::optional<SteadyTime> drawn_at_;
};

// "[#####···············]  25%  1,234 rows  5,678 rows/s  0:03 left  2 rejected"; without a bar
// "25%  1,234 rows  …". Says nothing of what is not known.
std::string FormatProgress(const ProgressSnapshot& snapshot, bool with_bar);

// "1,234,567".
std::string GroupDigits(std::uint64_t number);

}  // namespace vedette::importing
