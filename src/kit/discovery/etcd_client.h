// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kit/discovery/etcd_watch.h"
#include "kit/discovery/options.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// What a range held at a revision.
struct EtcdRange {
  std::vector<EtcdItem> items;  // by key
  std::int64_t revision = 0;
};

struct EtcdLease {
  std::chrono::seconds left{0};   // 0: the lease has expired
  std::vector<std::string> keys;  // attached to it
};

// etcd v3 over gRPC. Each call goes to the endpoint that answered last and, when that cannot be
// reached, once to each other one; it ends within the option's timeout. kUnavailable or
// kDeadlineExceeded when etcd is away, kNotFound for a lease that has expired, kUnauthenticated or
// kPermissionDenied when the user may not. A token that ran out is renewed. Thread-safe; it
// outlives its calls and watches. Starts one thread.
class EtcdClient {
 public:
  // kInvalidArgument for no or malformed endpoints and unreadable TLS files. Connects when first
  // used.
  static Result<std::shared_ptr<EtcdClient>> Create(EtcdOptions options, const Clock& clock);
  ~EtcdClient();

  Task<Result<EtcdRange>> Get(std::string key);
  Task<Result<EtcdRange>> List(std::string prefix);

  // With no lease: until it is deleted.
  Task<Status> Put(std::string key, std::string value);
  // Fails with kNotFound, and writes nothing, when the lease has expired; a lease of 0, which would
  // mean "for ever", is kInvalidArgument.
  Task<Status> PutLeased(std::string key, std::string value, std::int64_t lease);
  Task<Status> Delete(std::string key);
  // Forgets all history before `revision`.
  Task<Status> Compact(std::int64_t revision);

  Task<Result<std::int64_t>> Grant(std::chrono::seconds time_to_live);
  // The time that the lease has now.
  Task<Result<std::chrono::seconds>> KeepAlive(std::int64_t lease);
  Task<Result<EtcdLease>> Lookup(std::int64_t lease);
  // Deletes the lease and its keys; success when it had expired. Tries no longer than until
  // `limit`.
  Task<Status> Revoke(std::int64_t lease, SteadyTime limit = SteadyTime::max());

  // Changes from `revision` on.
  Task<Result<std::unique_ptr<EtcdWatch>>> WatchKey(std::string key, std::int64_t revision);
  Task<Result<std::unique_ptr<EtcdWatch>>> WatchPrefix(std::string prefix, std::int64_t revision);

 private:
  explicit EtcdClient(std::shared_ptr<EtcdSession> session);
  Task<Result<EtcdRange>> Range(std::string key, std::string end);
  Task<Status> Put(std::string key, std::string value, std::int64_t lease);

  const std::shared_ptr<EtcdSession> session_;
};

// The end of the range of all keys that begin with `prefix`: the prefix with its last byte below
// 0xff raised and the rest cut off; "\0" (all keys behind) when there is none.
std::string PrefixEnd(std::string prefix);

}  // namespace vedette::discovery
