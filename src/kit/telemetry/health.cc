// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/health.h"

#include "kit/telemetry/json_text.h"

namespace vedette {
namespace {

// Empty for success.
std::string WhyNot(const std::function<Status()>& check) {
  try {
    const Status status = check();
    if (status) return {};
    return status.error().message.empty() ? "failed" : status.error().message;
  } catch (...) {
    return "the check failed";
  }
}

}  // namespace

void HealthRegistry::AddCheck(std::string name, std::function<Status()> check) {
  const std::scoped_lock lock(mutex_);
  checks_.emplace_back(std::move(name), std::move(check));
}

void HealthRegistry::SetServing() {
  // A stop that came during the start stays.
  State expected = State::kStarting;
  state_.compare_exchange_strong(expected, State::kServing);
}

void HealthRegistry::SetStopping() { state_.store(State::kStopping); }

HealthReport HealthRegistry::Live() const { return {true, R"({"status":"ok"})"}; }

HealthReport HealthRegistry::Ready() const {
  std::vector<std::pair<std::string, std::function<Status()>>> checks;
  {
    const std::scoped_lock lock(mutex_);
    checks = checks_;
  }
  bool all_passed = true;
  std::string list;
  for (const auto& [name, check] : checks) {
    const std::string reason = WhyNot(check);
    if (!list.empty()) list.push_back(',');
    AppendJsonString(list, name);
    list.push_back(':');
    AppendJsonString(list, reason.empty() ? "ok" : reason);
    all_passed = all_passed && reason.empty();
  }
  const State state = state_.load();
  const std::string_view status = state == State::kStarting   ? "starting"
                                  : state == State::kStopping ? "stopping"
                                  : all_passed                ? "ready"
                                                              : "unready";
  HealthReport report;
  report.ok = state == State::kServing && all_passed;
  report.body = R"({"status":")" + std::string(status) + R"(","checks":{)" + list + "}}";
  return report;
}

}  // namespace vedette
