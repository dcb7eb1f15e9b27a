// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/sha256.h"
#include "kit/auth/principal.h"

namespace vedette {

// Principals by the digest of their token. Two generations: what is used moves to the young one,
// and when that is half of the limit the old one is dropped, so an entry leaves only after at least
// limit/2 others were used since. O(1), at most `limit` entries. Thread-safe.
class TokenCache {
 public:
  explicit TokenCache(std::size_t limit);

  // Null when unknown or no longer valid at `now`.
  std::shared_ptr<const Principal> Find(const Sha256Digest& digest, Timestamp now);

  // `generation` is what Generation() was before the token was verified: an entry whose key was
  // withdrawn meanwhile is not kept.
  void Put(const Sha256Digest& digest,
           std::shared_ptr<const Principal> principal,
           Timestamp valid_until,
           std::uint64_t generation);

  // Forgets everything when `generation` is not the one of the entries.
  void SetGeneration(std::uint64_t generation);

  std::size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<const Principal> principal;
    Timestamp valid_until;
  };
  struct DigestHash {
    std::size_t operator()(const Sha256Digest& digest) const {
      std::size_t hash;
      std::memcpy(&hash, digest.data(), sizeof hash);
      return hash;
    }
  };
  using Map = std::unordered_map<Sha256Digest, Entry, DigestHash>;

  void PutLocked(const Sha256Digest& digest, Entry entry);

  const std::size_t half_limit_;
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  Map young_;
  Map old_;
};

}  // namespace vedette
