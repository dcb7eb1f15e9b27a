// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/sha256.h"
#include "kit/rpc/call_context.h"

namespace vedette::rpc {

// The last good answers, for when nobody answers. Bounded by bytes; the least recently used go
// first. Thread-safe.
class StaleCache {
 public:
  // Says whose answer to what; a cryptographic hash, so nobody is ever given another's answer.
  using Key = Sha256Digest;

  // `clock` outlives it.
  StaleCache(std::size_t bytes, const Clock& clock);

  // Of the same operation, request, caller and rights. A caller whose principal is not known is
  // told apart by the token.
  static Key KeyOf(std::string_view path, std::string_view request, const CallContext& context);

  // One larger than the whole cache is not kept.
  void Put(const Key& key, std::string answer);
  void Forget(const Key& key);
  // nullopt when there is none, or none that young.
  std::optional<std::string> Find(const Key& key, std::chrono::nanoseconds longest_age);

 private:
  struct Entry {
    Key key;
    std::string answer;
    SteadyTime stored;
  };

  static std::size_t BytesOf(const Entry& entry);
  void Erase(std::list<Entry>::iterator entry);

  const std::size_t limit_;
  const Clock& clock_;
  std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the most recently used first
  std::map<Key, std::list<Entry>::iterator> index_;
};

}  // namespace vedette::rpc
