// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <string>

namespace vedette::app {

// Ctrl-C as a question to be asked now and then: a back-test stops at its next report of progress.
// Made before any other thread, which would take the signal instead.
class CancelledByTerminal {
 public:
  CancelledByTerminal();
  ~CancelledByTerminal();
  CancelledByTerminal(const CancelledByTerminal&) = delete;
  CancelledByTerminal& operator=(const CancelledByTerminal&) = delete;

  // Takes the signal, so that what comes after the command is not ended by it.
  bool Asked();

 private:
  sigset_t signals_;
  sigset_t before_;
  bool cancelled_ = false;
};

// One line on a terminal, drawn anew at each per cent; nothing elsewhere.
class BacktestProgress {
 public:
  explicit BacktestProgress(std::string name);
  ~BacktestProgress();
  BacktestProgress(const BacktestProgress&) = delete;
  BacktestProgress& operator=(const BacktestProgress&) = delete;

  void Update(double share);

 private:
  std::string name_;
  bool is_terminal_;
  int drawn_ = -1;
};

}  // namespace vedette::app
