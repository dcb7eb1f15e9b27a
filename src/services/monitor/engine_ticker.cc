// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/engine_ticker.h"

namespace vedette::monitor {
namespace {

constexpr std::chrono::seconds kTickTimeout(10);
constexpr std::chrono::seconds kAfterFailure(1);

}  // namespace

Task<void> EngineTicker::Run() {
  while (true) {
    Signal closing;
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) co_return;
      closing_ = closing;
    }
    std::chrono::nanoseconds wait = interval_;
    if (dependencies_.writer.TickDue() && !dependencies_.writer.displaced()) {
      const auto changes =
          co_await dependencies_.writer.Tick(Deadline::After(dependencies_.clock, kTickTimeout));
      if (!changes) {
        dependencies_.logger.Warning("Time could not go on in the rule engine; trying again",
                                     {{"code", Describe(changes.error().code).name}});
        wait = kAfterFailure;
      } else if (*changes > 0) {
        dependencies_.feed.Wake();
      }
      if (changes && dependencies_.writer.TickDue()) continue;
    }
    if (co_await closing.WaitUntil(dependencies_.clock.SteadyNow() + wait)) co_return;
  }
}

void EngineTicker::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  closing_.Set();
}

}  // namespace vedette::monitor
