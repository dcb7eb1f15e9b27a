// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "kit/discovery/name_lookups.h"
#include "kit/task/runtime.h"
#include "kit/task/task.h"
#include "kit/task/task_group.h"

namespace vedette::discovery {

// The thread on which discovery's loops run, so that nobody else's work waits for them, nor they
// for it, and the look-ups of their names. Shared by whatever has a loop on it.
class Background {
 public:
  explicit Background(Logger logger)
      : logger_(std::move(logger)), names_(std::make_shared<NameLookups>()), runtime_(1) {}

  Runtime& runtime() { return runtime_; }
  Executor executor() const { return runtime_.At(0); }
  const Logger& logger() const { return logger_; }
  const std::shared_ptr<const NameLookups>& names() const { return names_; }

 private:
  Logger logger_;
  std::shared_ptr<const NameLookups> names_;
  Runtime runtime_;
};

// A loop from its construction to its destruction, which cancels it and waits for its end; so the
// destruction is on any thread but the background's own.
class BackgroundLoop {
 public:
  BackgroundLoop(std::shared_ptr<Background> background,
                 std::string name,
                 std::move_only_function<Task<void>()> work)
      : background_(std::move(background)), group_(background_->logger()) {
    group_.Spawn(background_->executor(), std::move(name), std::move(work));
  }
  ~BackgroundLoop() {
    group_.Cancel();
    background_->runtime().RunBlocking([this] { return group_.Join(); });
  }
  BackgroundLoop(const BackgroundLoop&) = delete;
  BackgroundLoop& operator=(const BackgroundLoop&) = delete;

 private:
  std::shared_ptr<Background> background_;
  TaskGroup group_;
};

}  // namespace vedette::discovery
