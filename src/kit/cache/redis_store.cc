// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <utility>

#include "kit/cache/stores.h"
#include "kit/task/parallel.h"

namespace vedette::cache {
namespace {

// Redis forgets at a whole second; never before the ttl is over.
std::string WholeSeconds(std::chrono::milliseconds ttl) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(ttl).count());
}

}  // namespace

Task<Result<Entry>> RedisStore::Get(Deadline deadline, std::string key) {
  std::vector<std::string> arguments{prefix_ + key};
  auto reply = co_await client_.Call(deadline, "GET", std::move(arguments));
  if (!reply) {
    if (reply.error().code == Code::kFailedPrecondition &&
        reply.error().message.starts_with("WRONGTYPE")) {
      co_return std::make_shared<const std::string>();
    }
    co_return std::unexpected(std::move(reply).error());
  }
  if (auto* text = std::get_if<std::string>(&reply->value)) {
    co_return std::make_shared<const std::string>(std::move(*text));
  }
  co_return nullptr;
}

Task<Status> RedisStore::Set(Deadline deadline,
                             std::string key,
                             std::string value,
                             std::chrono::milliseconds ttl) {
  std::vector<std::string> arguments{prefix_ + key, std::move(value), "EX", WholeSeconds(ttl)};
  VEDETTE_CO_CHECK_OK(co_await client_.Call(deadline, "SET", std::move(arguments)));
  co_return Status{};
}

Task<Result<bool>> RedisStore::SetIfAbsent(Deadline deadline,
                                           std::string key,
                                           std::string value,
                                           std::chrono::milliseconds ttl) {
  std::vector<std::string> arguments{prefix_ + key, std::move(value), "EX", WholeSeconds(ttl),
                                     "NX"};
  VEDETTE_CO_TRY(const auto reply, co_await client_.Call(deadline, "SET", std::move(arguments)));
  co_return !reply.IsNil();
}

Task<Status> RedisStore::Delete(Deadline deadline, std::vector<std::string> keys) {
  if (keys.size() == 1) co_return co_await DeleteOne(deadline, std::move(keys.front()));
  std::vector<Task<Status>> deletes;
  deletes.reserve(keys.size());
  for (std::string& key : keys) deletes.push_back(DeleteOne(deadline, std::move(key)));
  for (const Status& deleted : co_await WhenAll(std::move(deletes))) VEDETTE_CO_CHECK_OK(deleted);
  co_return Status{};
}

Task<Status> RedisStore::DeleteOne(Deadline deadline, std::string key) {
  std::vector<std::string> arguments{prefix_ + key};
  VEDETTE_CO_CHECK_OK(co_await client_.Call(deadline, "DEL", std::move(arguments)));
  co_return Status{};
}

}  // namespace vedette::cache
