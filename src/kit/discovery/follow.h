// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "kit/discovery/backoff.h"
#include "kit/discovery/instance_feed.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// One connection's life: loads, follows, tells, and ends with the reason; resets the backoff once
// it works.
using FollowRound = std::function<Task<Error>(Backoff& backoff)>;

// Runs rounds until it is cancelled, with a wait between them. `failed` hears why each ended, but
// for kConflict, which is no failure: the source merely forgot where the round was. An exception
// ends the round, not the following.
Task<void> FollowForEver(RandomSource& random,
                         FollowRound round,
                         std::function<void(const Error&)> failed);
// What failed is told to the feed.
Task<void> FollowForEver(std::shared_ptr<InstanceFeed> feed,
                         RandomSource& random,
                         FollowRound round);

}  // namespace vedette::discovery
