// SPDX-License-Identifier: Apache-2.0
#include "app/commands/rule_terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace vedette::app {

CancelledByTerminal::CancelledByTerminal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

CancelledByTerminal::~CancelledByTerminal() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool CancelledByTerminal::Asked() {
  const timespec now{};
  cancelled_ |= sigtimedwait(&signals_, nullptr, &now) == SIGINT;
  return cancelled_;
}

BacktestProgress::BacktestProgress(std::string name)
    : name_(std::move(name)), is_terminal_(isatty(STDERR_FILENO) != 0) {}

BacktestProgress::~BacktestProgress() {
  if (drawn_ >= 0) std::fputs("\r\033[K", stderr);
}

void BacktestProgress::Update(double share) {
  const int percent = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
  if (!is_terminal_ || percent == drawn_) return;
  drawn_ = percent;
  std::fprintf(stderr, "\r%s  %3d%%", name_.c_str(), percent);
  std::fflush(stderr);
}

}  // namespace vedette::app
