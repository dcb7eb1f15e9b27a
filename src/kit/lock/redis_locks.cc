// SPDX-License-Identifier: Apache-2.0
#include "kit/lock/redis_locks.h"

#include <utility>
#include <vector>

#include "base/uuid.h"

namespace vedette::lock {
namespace {

// KEYS: the lock, its last token. ARGV: owner, ttl in ms, seconds to remember the token for. A
// token is the time in µs or one more than the last, so it grows whether or not the last is known.
constexpr std::string_view kAcquireText = R"(
if not redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local now = redis.call('time')
local token = tonumber(now[1]) * 1000000 + tonumber(now[2])
local last = tonumber(redis.call('get', KEYS[2]) or '0')
if token <= last then token = last + 1 end
redis.call('set', KEYS[2], string.format('%.0f', token), 'EX', ARGV[3])
return token)";
constexpr std::string_view kExtendText = R"(
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2]))";
constexpr std::string_view kReleaseText = R"(
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1]))";

// Longer than any ttl, so a token is never forgotten while its lock may be held.
constexpr const char* kTokenSeconds = "604800";

const redis::Script& AcquireScript() {
  static const redis::Script script(kAcquireText);
  return script;
}
const redis::Script& ExtendScript() {
  static const redis::Script script(kExtendText);
  return script;
}
const redis::Script& ReleaseScript() {
  static const redis::Script script(kReleaseText);
  return script;
}

Result<std::int64_t> IntegerOf(Result<redis::Reply> reply) {
  if (!reply) return std::unexpected(std::move(reply).error());
  if (const std::int64_t* integer = reply->integer()) return *integer;
  return Fail(Code::kInternal, "Redis answered a lock script with something else than a number.");
}

}  // namespace

class RedisLocks::RedisGrip final : public Grip {
 public:
  RedisGrip(redis::Client& client,
            std::string key,
            std::string owner,
            std::chrono::milliseconds ttl)
      : client_(client), key_(std::move(key)), owner_(std::move(owner)), ttl_(ttl) {}

  Task<Result<bool>> Extend(Deadline deadline) override {
    std::vector<std::string> keys{key_};
    std::vector<std::string> arguments{owner_, std::to_string(ttl_.count())};
    VEDETTE_CO_TRY(const std::int64_t kept,
                   IntegerOf(co_await client_.Run(deadline, ExtendScript(), std::move(keys),
                                                  std::move(arguments))));
    co_return kept == 1;
  }

  Task<Result<bool>> Release(Deadline deadline) override {
    std::vector<std::string> keys{key_};
    std::vector<std::string> arguments{owner_};
    VEDETTE_CO_TRY(const std::int64_t released,
                   IntegerOf(co_await client_.Run(deadline, ReleaseScript(), std::move(keys),
                                                  std::move(arguments))));
    co_return released == 1;
  }

 private:
  redis::Client& client_;
  const std::string key_;
  const std::string owner_;
  const std::chrono::milliseconds ttl_;
};

// An attempt whose answer did not come may have succeeded all the same.
class RedisLocks::UndoUnlessKept {
 public:
  UndoUnlessKept(RedisLocks& locks,
                 Executor executor,
                 std::unique_ptr<Grip> grip,
                 std::chrono::milliseconds ttl)
      : locks_(locks), executor_(std::move(executor)), grip_(std::move(grip)), ttl_(ttl) {}
  UndoUnlessKept(const UndoUnlessKept&) = delete;
  UndoUnlessKept& operator=(const UndoUnlessKept&) = delete;
  ~UndoUnlessKept() {
    if (!grip_) return;
    std::shared_ptr<Grip> grip = std::move(grip_);
    locks_.InBackground(executor_, [grip, deadline = Deadline::After(SystemClock(), ttl_)] {
      return Undo(grip, deadline);
    });
  }

  std::unique_ptr<Grip> Keep() { return std::move(grip_); }

 private:
  // When it fails, the ttl ends what may be there.
  static Task<void> Undo(std::shared_ptr<Grip> grip, Deadline deadline) {
    static_cast<void>(co_await grip->Release(deadline));
  }

  RedisLocks& locks_;
  const Executor executor_;
  std::unique_ptr<Grip> grip_;
  const std::chrono::milliseconds ttl_;
};

RedisLocks::RedisLocks(std::string prefix, redis::Client& client, LockDependencies dependencies)
    : LockManagerBase("redis", std::move(dependencies)),
      prefix_(std::move(prefix)),
      client_(client) {}

Task<Result<LockManagerBase::Taken>> RedisLocks::Take(std::string key,
                                                      std::chrono::milliseconds ttl,
                                                      Deadline deadline) {
  // The braces put both keys on one server of a cluster.
  const std::string lock_key = prefix_ + "lock:{" + key + "}";
  const std::string owner = NewUuid(dependencies().clock.Now()).ToString();
  UndoUnlessKept undo(*this, co_await CurrentExecutor(),
                      std::make_unique<RedisGrip>(client_, lock_key, owner, ttl), ttl);
  std::vector<std::string> keys{lock_key, lock_key + ":token"};
  std::vector<std::string> arguments{owner, std::to_string(ttl.count()), kTokenSeconds};
  VEDETTE_CO_TRY(const std::int64_t token,
                 IntegerOf(co_await client_.Run(deadline, AcquireScript(), std::move(keys),
                                                std::move(arguments))));
  auto grip = undo.Keep();
  if (token == 0) co_return HeldByAnother();
  co_return Taken{std::move(grip), token};
}

}  // namespace vedette::lock
