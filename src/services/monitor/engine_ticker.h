// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"
#include "services/monitor/alert_feed.h"
#include "services/monitor/log_writer.h"

namespace vedette::monitor {

// Lets knowledge time go on in the engines when nothing is recorded: timers that are due, subjects
// that timers need and nobody has asked for.
class EngineTicker {
 public:
  struct Dependencies {
    LogWriter& writer;
    AlertFeed& feed;
    const Clock& clock;
    Logger logger;
  };

  EngineTicker(Dependencies dependencies, std::chrono::milliseconds interval)
      : dependencies_(std::move(dependencies)), interval_(interval) {}

  // Until Close or cancelled.
  Task<void> Run();
  void Close();

 private:
  Dependencies dependencies_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  bool closed_ = false;
  Signal closing_;
};

}  // namespace vedette::monitor
