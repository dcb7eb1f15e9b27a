// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/follow.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "kit/task/sleep.h"

namespace vedette::discovery {
namespace {

Task<Error> Contained(const FollowRound& round, Backoff& backoff) {
  try {
    co_return co_await round(backoff);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return Error{Code::kInternal, error.code().message()};
  } catch (const std::exception& error) {
    co_return Error{Code::kInternal, error.what()};
  }
}

}  // namespace

Task<void> FollowForEver(RandomSource& random,
                         FollowRound round,
                         std::function<void(const Error&)> failed) {
  Backoff backoff(random);
  for (;;) {
    const Error error = co_await Contained(round, backoff);
    if (error.code != Code::kConflict && error.code != Code::kCancelled) failed(error);
    co_await SleepFor(backoff.Next());
  }
}

Task<void> FollowForEver(std::shared_ptr<InstanceFeed> feed,
                         RandomSource& random,
                         FollowRound round) {
  return FollowForEver(random, std::move(round), [feed](const Error& error) { feed->Fail(error); });
}

}  // namespace vedette::discovery
