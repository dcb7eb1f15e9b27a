// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/token_cache.h"

#include <algorithm>
#include <utility>

namespace vedette {

TokenCache::TokenCache(std::size_t limit) : half_limit_(std::max<std::size_t>(1, limit / 2)) {}

std::shared_ptr<const Principal> TokenCache::Find(const Sha256Digest& digest, Timestamp now) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = young_.find(digest); found != young_.end()) {
    if (now < found->second.valid_until) return found->second.principal;
    young_.erase(found);
    return nullptr;
  }
  const auto found = old_.find(digest);
  if (found == old_.end()) return nullptr;
  Entry entry = std::move(found->second);
  old_.erase(found);
  if (now >= entry.valid_until) return nullptr;
  auto principal = entry.principal;
  PutLocked(digest, std::move(entry));
  return principal;
}

void TokenCache::Put(const Sha256Digest& digest,
                     std::shared_ptr<const Principal> principal,
                     Timestamp valid_until,
                     std::uint64_t generation) {
  const std::scoped_lock lock(mutex_);
  if (generation != generation_) return;
  PutLocked(digest, {std::move(principal), valid_until});
}

void TokenCache::SetGeneration(std::uint64_t generation) {
  const std::scoped_lock lock(mutex_);
  if (generation <= generation_) return;
  generation_ = generation;
  young_.clear();
  old_.clear();
}

std::size_t TokenCache::size() const {
  const std::scoped_lock lock(mutex_);
  return young_.size() + old_.size();
}

void TokenCache::PutLocked(const Sha256Digest& digest, Entry entry) {
  if (young_.size() >= half_limit_) old_ = std::exchange(young_, {});
  young_.insert_or_assign(digest, std::move(entry));
}

}  // namespace vedette
