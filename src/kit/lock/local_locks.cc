// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/local_locks.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

namespace vedette::lock {

struct LocalLocks::Table {
  std::mutex mutex;
  std::set<std::string> held;
  std::int64_t last_token = 0;
};

class LocalLocks::LocalGrip final : public Grip {
 public:
  LocalGrip(std::shared_ptr<Table> table, std::string key)
      : table_(std::move(table)), key_(std::move(key)) {}
  ~LocalGrip() override { Drop(); }

  Task<Result<bool>> Extend(Deadline) override { co_return true; }
  Task<Result<bool>> Release(Deadline) override { co_return Drop(); }

 private:
  bool Drop() {
    const std::scoped_lock lock(table_->mutex);
    return held_ && (held_ = false, table_->held.erase(key_) == 1);
  }

  const std::shared_ptr<Table> table_;
  const std::string key_;
  bool held_ = true;
};

LocalLocks::LocalLocks(LockDependencies dependencies)
    : LockManagerBase("local", std::move(dependencies)), table_(std::make_shared<Table>()) {}

Task<Result<LockManagerBase::Taken>> LocalLocks::Take(std::string key,
                                                      std::chrono::milliseconds,
                                                      Deadline) {
  std::int64_t token = 0;
  {
    const std::scoped_lock lock(table_->mutex);
    if (!table_->held.insert(key).second) co_return HeldByAnother();
    token = std::max(table_->last_token + 1, ToUnixMicros(dependencies().clock.Now()));
    table_->last_token = token;
  }
  co_return Taken{std::make_unique<LocalGrip>(table_, std::move(key)), token};
}

}  // namespace vedette::lock
