// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/nonce_store.h"

#include <deque>
#include <mutex>
#include <queue>
#include <unordered_set>
#include <utility>
#include <vector>

#include "kit/redis/client.h"

namespace vedette {

struct LocalNonceStore::Impl {
  using Entry = std::pair<SteadyTime, const std::string*>;  // when it may be forgotten
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const { return a.first > b.first; }
  };

  const Clock& clock;
  const std::size_t capacity;
  std::mutex mutex;
  std::unordered_set<std::string> used;  // its elements stay where they are
  std::priority_queue<Entry, std::vector<Entry>, Later> ends;

  Result<bool> Use(std::string nonce, std::chrono::milliseconds lifetime) {
    const SteadyTime now = clock.SteadyNow();
    const std::lock_guard lock(mutex);
    while (!ends.empty() && ends.top().first <= now) {
      const std::string* const over = ends.top().second;
      ends.pop();
      used.erase(used.find(*over));
    }
    if (used.contains(nonce)) return false;
    if (used.size() >= capacity) {
      Error error{Code::kUnavailable, "Too many signed requests are remembered; try again later."};
      error.retry_after = std::chrono::seconds(1);
      return Fail(std::move(error));
    }
    const auto inserted = used.insert(std::move(nonce)).first;
    ends.emplace(now + lifetime, &*inserted);
    return true;
  }
};

LocalNonceStore::LocalNonceStore(const Clock& clock, std::size_t capacity)
    : impl_(new Impl{.clock = clock, .capacity = capacity, .mutex = {}, .used = {}, .ends = {}}) {}

LocalNonceStore::~LocalNonceStore() = default;

Task<Result<bool>> LocalNonceStore::Use(std::string nonce,
                                        std::chrono::milliseconds lifetime,
                                        Deadline) {
  co_return impl_->Use(std::move(nonce), lifetime);
}

Task<Result<bool>> RedisNonceStore::Use(std::string nonce,
                                        std::chrono::milliseconds lifetime,
                                        Deadline deadline) {
  std::vector<std::string> arguments = {"vedette:nonce:" + nonce, "1", "NX", "PX",
                                        std::to_string(lifetime.count())};
  const Result<redis::Reply> reply = co_await client_.Call(deadline, "SET", std::move(arguments));
  if (!reply) {
    co_return Fail(Code::kUnavailable,
                   "Whether the signature was used before cannot be found out now.");
  }
  // Nil: the key was there.
  co_return !std::holds_alternative<std::monostate>(reply->value);
}

}  // namespace vedette
