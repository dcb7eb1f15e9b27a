// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace vedette {

// An answer of /healthz or /readyz: 200 when `ok`, else 503; `body` is a JSON object.
struct HealthReport {
  bool ok = false;
  std::string body;
};

// Whether the process is alive and whether it should be sent requests. Thread-safe. A new registry
// is "starting" and not ready.
class HealthRegistry {
 public:
  // `check` must be thread-safe, quick and valid for the registry's life; its error's message is
  // shown on /readyz. An exception counts as a failed check.
  void AddCheck(std::string name, std::function<Status()> check);

  // The readiness switch: on when every module has started, off first thing at shutdown.
  void SetServing();
  void SetStopping();

  // {"status":"ok"}: a process that can answer is alive.
  HealthReport Live() const;
  // {"status":"ready"|"starting"|"stopping"|"unready","checks":{"monitor":"ok","identity":"why
  // not"}}
  HealthReport Ready() const;

 private:
  enum class State { kStarting, kServing, kStopping };

  std::atomic<State> state_{State::kStarting};
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::function<Status()>>> checks_;
};

}  // namespace vedette
