// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/result.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"

namespace vedette::rpc {

// Some of the codes.
class CodeSet {
 public:
  constexpr CodeSet(std::initializer_list<Code> codes) {
    for (const Code code : codes) bits_ |= Bit(code);
  }
  constexpr bool Has(Code code) const { return (bits_ & Bit(code)) != 0; }

 private:
  static constexpr std::uint32_t Bit(Code code) { return 1U << static_cast<unsigned>(code); }
  std::uint32_t bits_ = 0;
};

// The service gave no answer: away, refused by the breaker, or too late.
inline constexpr CodeSet kUnanswered = {Code::kUnavailable, Code::kDeadlineExceeded};

// The value of `task`, or `value` when the task fails with a code in `on`, which `fallbacks` counts
// if it is not null: for callers that can do without the answer.
template <class T>
Task<Result<T>> OrElse(Task<Result<T>> task,
                       T value,
                       CodeSet on = kUnanswered,
                       Counter* fallbacks = nullptr) {
  Result<T> result = co_await std::move(task);
  if (result || !on.Has(result.error().code)) co_return result;
  if (fallbacks != nullptr) fallbacks->Add();
  co_return Result<T>(std::move(value));
}

}  // namespace vedette::rpc
