// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kit/cache/cache_aside.h"
#include "kit/cache/stores.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/fake_sleeper.h"

namespace vedette::cache {

// A store whose calls a test watches, breaks and holds up. Nothing expires.
class FakeStore final : public CacheStore {
 public:
  Task<Result<Entry>> Get(Deadline, std::string key) override {
    auto entry = Look(key);
    if (after_get) co_await after_get();
    co_return entry;
  }
  Task<Status> Set(Deadline,
                   std::string key,
                   std::string value,
                   std::chrono::milliseconds ttl) override {
    if (before_set) co_await before_set();
    const std::scoped_lock lock(mutex_);
    if (set_fails) co_return Broken();
    entries_[key] = std::move(value);
    ttls_[key] = ttl;
    co_return Status{};
  }
  Task<Result<bool>> SetIfAbsent(Deadline,
                                 std::string key,
                                 std::string value,
                                 std::chrono::milliseconds ttl) override {
    const std::scoped_lock lock(mutex_);
    if (set_fails) co_return Broken();
    if (!entries_.emplace(key, std::move(value)).second) co_return false;
    ttls_[key] = ttl;
    co_return true;
  }
  Task<Status> Delete(Deadline, std::vector<std::string> keys) override {
    const std::scoped_lock lock(mutex_);
    ++deletes;
    if (delete_fails) co_return Broken();
    for (const std::string& key : keys) entries_.erase(key);
    co_return Status{};
  }

  void Write(const std::string& key, std::string entry) {
    const std::scoped_lock lock(mutex_);
    entries_[key] = std::move(entry);
  }
  // Empty when there is nothing.
  std::string Read(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::string() : found->second;
  }
  std::chrono::milliseconds ttl(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    return ttls_.at(key);
  }

  void SetAway(bool away) { get_fails = set_fails = delete_fails = away; }
  std::atomic<bool> get_fails = false;
  std::atomic<bool> set_fails = false;
  std::atomic<bool> delete_fails = false;
  std::atomic<int> deletes = 0;
  std::function<Task<void>()> after_get;
  std::function<Task<void>()> before_set;

 private:
  static std::unexpected<Error> Broken() { return Fail(Code::kUnavailable, "away"); }

  Result<Entry> Look(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    if (get_fails) return Broken();
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    return std::make_shared<const std::string>(found->second);
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> entries_;
  std::map<std::string, std::chrono::milliseconds> ttls_;
};

// A cache over a FakeStore, and what it stands on.
class CacheFixture : public ::testing::Test {
 protected:
  void Open(CacheOptions options) {
    cache_ =
        std::make_unique<Cache>("test", options, store_, random_, sleeper_, metrics_, Logger());
  }
  ~CacheFixture() override { Close(); }
  void Close() {
    if (cache_) runtime_.RunBlocking([&] { return cache_->Close(); });
  }
  void Invalidate(std::vector<std::string> keys) {
    runtime_.RunBlocking([&] { return RunInvalidation(cache_.get(), keys); });
  }
  static Task<void> RunInvalidation(Cache* cache, std::vector<std::string> keys) {
    auto invalidation = co_await cache->BeginInvalidation(std::move(keys));
    co_await invalidation.Run(Deadline::None());
  }

  Runtime runtime_{2};
  FakeClock clock_;
  SeededRandom random_{7};
  FakeSleeper sleeper_;
  MetricsRegistry metrics_;
  FakeStore store_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace vedette::cache
