// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/postgres_locks.h"

#include <optional>
#include <utility>

#include "kit/lock/local_locks.h"
#include "kit/task/cancellation.h"

namespace vedette::lock {
namespace {

using db::Params;
using db::Sql;
using db::Transaction;

constexpr Sql kLockPreparation{"lock_prepare",
                               "SELECT pg_advisory_xact_lock(hashtextextended("
                               "'vedette locks of ' || current_schema(), 0))"};
constexpr std::string_view kMakeSequence = "CREATE SEQUENCE IF NOT EXISTS vedette_lock_token";
// The timeout counts from statement to statement, so each watchdog's turn begins the ttl anew.
constexpr Sql kTry{"lock_try",
                   "SELECT pg_try_advisory_xact_lock(hashtextextended("
                   "current_schema() || ' lock ' || CAST($1 AS TEXT), 0)),"
                   " set_config('idle_in_transaction_session_timeout', $2, true)"};
constexpr Sql kKeep{"lock_keep", "SELECT 1"};
constexpr Sql kNextToken{"lock_next_token", "SELECT nextval('vedette_lock_token')"};

constexpr std::chrono::hours kLongest{24 * 365 * 10};  // of a transaction that holds a lock

// The right to one more connection.
class Slot {
 public:
  static std::optional<Slot> Take(std::shared_ptr<std::atomic<std::int64_t>> in_use,
                                  std::int64_t limit) {
    Slot slot(std::move(in_use));
    if (++*slot.in_use_ > limit) return std::nullopt;
    return slot;
  }
  Slot(Slot&& other) noexcept = default;
  Slot& operator=(Slot&&) = delete;
  ~Slot() {
    if (in_use_) --*in_use_;
  }

 private:
  explicit Slot(std::shared_ptr<std::atomic<std::int64_t>> in_use) : in_use_(std::move(in_use)) {}
  std::shared_ptr<std::atomic<std::int64_t>> in_use_;
};

Task<void> Begin(db::Database* database,
                 Deadline deadline,
                 std::string key,
                 std::string ttl,
                 std::shared_ptr<Result<std::unique_ptr<Transaction>>> answer) {
  auto transaction = co_await database->BeginWrite(deadline);
  if (!transaction) {
    *answer = std::unexpected(std::move(transaction).error());
    co_return;
  }
  const auto locked = co_await (*transaction)->Query(kTry, Params{std::move(key), std::move(ttl)});
  if (!locked) {
    *answer = std::unexpected(locked.error());
  } else if (!(*locked)[0].Bool(0)) {
    *answer = HeldByAnother();
  } else {
    *answer = std::move(transaction);
  }
}

Task<void> Keep(Transaction* transaction, std::shared_ptr<bool> kept) {
  *kept = (co_await transaction->Query(kKeep)).has_value();
}

}  // namespace

class PostgresLocks::PostgresGrip final : public Grip {
 public:
  PostgresGrip(Slot slot, std::unique_ptr<Transaction> transaction)
      : slot_(std::move(slot)), transaction_(std::move(transaction)) {}

  // A transaction that cannot be used any more holds no lock.
  Task<Result<bool>> Extend(Deadline deadline) override {
    const auto kept = std::make_shared<bool>(false);
    const bool ended =
        co_await RunUntil(deadline.time, [this, kept] { return Keep(transaction_.get(), kept); });
    co_return ended && *kept;
  }

  Task<Result<bool>> Release(Deadline) override {
    const bool was_held = (co_await transaction_->Commit()).has_value();
    transaction_.reset();
    slot_.reset();
    co_return was_held;
  }

 private:
  std::optional<Slot> slot_;
  std::unique_ptr<Transaction> transaction_;
};

PostgresLocks::PostgresLocks(db::Database& database,
                             std::int64_t limit,
                             LockDependencies dependencies)
    : LockManagerBase("postgres", std::move(dependencies)),
      database_(database),
      limit_(limit),
      in_use_(std::make_shared<std::atomic<std::int64_t>>(0)) {}

Task<Status> PostgresLocks::Prepare(Deadline deadline) {
  VEDETTE_CO_TRY(auto transaction, co_await database_.BeginWrite(deadline));
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(kLockPreparation));
  VEDETTE_CO_CHECK_OK(
      co_await transaction->ExecuteScript("lock_make_sequence", std::string(kMakeSequence)));
  co_return co_await transaction->Commit();
}

Task<Result<LockManagerBase::Taken>> PostgresLocks::Take(std::string key,
                                                         std::chrono::milliseconds ttl,
                                                         Deadline deadline) {
  auto slot = Slot::Take(in_use_, limit_);
  if (!slot) co_return Fail(Code::kResourceExhausted, "This process holds too many locks.");
  const auto answer = std::make_shared<Result<std::unique_ptr<Transaction>>>(
      Fail(Code::kDeadlineExceeded, "The database did not answer in time."));
  // The transaction's own deadline is far away, as it is the lock.
  const bool ended = co_await RunUntil(
      deadline.time, [this, answer, key = std::move(key), ttl = std::to_string(ttl.count()),
                      far = Deadline::After(SystemClock(), kLongest).Within(deadline.trace)] {
        return Begin(&database_, far, key, ttl, answer);
      });
  if (!ended && *answer) *answer = Fail(Code::kCancelled, "The caller left.");
  VEDETTE_CO_TRY(auto transaction, std::move(*answer));
  auto grip = std::make_unique<PostgresGrip>(*std::move(slot), std::move(transaction));
  VEDETTE_CO_TRY(const auto rows, co_await database_.Query(deadline, kNextToken));
  co_return Taken{std::move(grip), rows[0].Int(0)};
}

Task<Result<std::unique_ptr<LockManager>>> MakeDatabaseLocks(db::Database& database,
                                                             std::int64_t limit,
                                                             LockDependencies dependencies,
                                                             Deadline deadline) {
  if (database.dialect() == db::Dialect::kSqlite) {
    co_return std::make_unique<LocalLocks>(std::move(dependencies));
  }
  auto locks = std::make_unique<PostgresLocks>(database, limit, std::move(dependencies));
  VEDETTE_CO_CHECK_OK(co_await locks->Prepare(deadline));
  co_return std::unique_ptr<LockManager>(std::move(locks));
}

}  // namespace vedette::lock
