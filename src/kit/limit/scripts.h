// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vedette {

// TakeFromBucket of bucket.h on Redis' clock. KEYS: the bucket. ARGV: burst, rate, amount, lifetime
// in seconds. Gives whether it is granted, and the units left. Text that is no bucket counts as a
// full one.
inline constexpr std::string_view kTakeScript = R"lua(
local capacity = tonumber(ARGV[1]) * 1000000
local wanted = tonumber(ARGV[3]) * 1000000
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local units = capacity
local state = redis.call('GET', KEYS[1])
if state then
  local stored, since = string.match(state, '^(%d+) (%d+)$')
  if stored then
    since = tonumber(since)
    local elapsed = math.max(0, now - since)
    local refill = math.floor(math.min(elapsed * tonumber(ARGV[2]), capacity))
    units = math.min(capacity, tonumber(stored) + refill)
    now = math.max(now, since)
  end
end
if wanted > units then return {0, units} end
if wanted <= 0 then return {1, units} end
units = units - wanted
redis.call('SET', KEYS[1], string.format('%.0f %.0f', units, now), 'EX', ARGV[4])
return {1, units}
)lua";

// KEYS: the counter. ARGV: the period in milliseconds, whether to align ("1"), milliseconds east of
// UTC. Gives how often it was used, and the milliseconds until the period ends.
inline constexpr std::string_view kPeriodScript = R"lua(
local period = tonumber(ARGV[1])
local used = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = period
  if ARGV[2] == '1' then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])
    left = period - now % period
  end
  redis.call('PEXPIRE', KEYS[1], left)
end
return {used, left}
)lua";

}  // namespace vedette
