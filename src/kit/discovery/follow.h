// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "kit/discovery/backoff.h"
#include "kit/discovery/instance_feed.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// One connection's life: loads, follows, publishes into the feed, and ends with the reason; resets
// the backoff once it works.
using FollowRound = std::function<Task<Error>(Backoff& backoff)>;

// Runs rounds until it is cancelled, with a wait between them. kConflict is no failure: the source
// merely forgot where the round was. An exception ends the round, not the following.
Task<void> FollowForEver(std::shared_ptr<InstanceFeed> feed,
                         RandomSource& random,
                         FollowRound round);

}  // namespace vedette::discovery
