// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/task/task.h"

namespace vedette::discovery {

class EtcdSession;
namespace etcd {
class KeyValue;
}  // namespace etcd

struct EtcdItem {
  std::string key;
  std::string value;
  std::int64_t mod_revision = 0;
  std::int64_t lease = 0;
};

struct EtcdEvent {
  bool deleted = false;
  EtcdItem item;  // of a deletion: the key and its revision alone
};

// The changes of a key or prefix, in order. Used by one coroutine; destroying it ends the watch.
class EtcdWatch {
 public:
  virtual ~EtcdWatch() = default;
  // Waits for at least one event. kConflict when the wanted revision was compacted away,
  // kDeadlineExceeded when the connection hangs, which is noticed within options.silence and
  // options.timeout together. Any error ends the watch: read the range again and watch from there.
  virtual Task<Result<std::vector<EtcdEvent>>> Next() = 0;
};

EtcdItem TakeItem(etcd::KeyValue& from);

// Watches the keys from `key` up to `range_end` (empty: the one key) from `revision` on.
Task<Result<std::unique_ptr<EtcdWatch>>> StartEtcdWatch(std::shared_ptr<EtcdSession> session,
                                                        std::string key,
                                                        std::string range_end,
                                                        std::int64_t revision);

}  // namespace vedette::discovery
