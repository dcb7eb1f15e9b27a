// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "base/code.h"
#include "kit/breaker/breaker.h"
#include "kit/task/task.h"

namespace vedette {

// Judges the end of a call; null is success.
using OutcomeFunction = Outcome (*)(const Error* error);

template <class T>
using Fallback = std::move_only_function<Task<Result<T>>(Error refusal)>;

// As Guarded, below, but the breaker's refusal, and nothing else, is answered by `fallback`, unless
// that is empty.
template <class T>
Task<Result<T>> GuardedOr(std::shared_ptr<Breaker> breaker,
                          Task<Result<T>> work,
                          Fallback<T> fallback,
                          OutcomeFunction outcome = OutcomeOf) {
  Result<Breaker::Permit> permit = breaker->Allow();
  if (!permit) {
    if (fallback) co_return co_await fallback(std::move(permit).error());
    co_return std::unexpected(std::move(permit).error());
  }
  try {
    Result<T> result = co_await std::move(work);
    const Error* const error = result ? nullptr : &result.error();
    permit->End(outcome(error), error != nullptr ? vedette::Describe(error->code).name : "");
    co_return result;
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) {
      permit->End(Outcome::kFailure, "exception");
    }
    throw;
  } catch (...) {
    permit->End(Outcome::kFailure, "exception");
    throw;
  }
}

// Awaits `work` if the breaker lets it, and tells the breaker how it ended; otherwise the breaker's
// refusal, and `work` is never started. An exception counts as a failure and goes on to the caller,
// except operation_aborted: the caller left, which counts as neither. A caller that had left
// before, the breaker does not see.
template <class T>
Task<Result<T>> Guarded(std::shared_ptr<Breaker> breaker,
                        Task<Result<T>> work,
                        OutcomeFunction outcome = OutcomeOf) {
  return GuardedOr<T>(std::move(breaker), std::move(work), nullptr, outcome);
}

}  // namespace vedette
