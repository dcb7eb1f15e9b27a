// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "formats/data_source.h"
#include "kit/task/signal.h"
#include "kit/task/task.h"

namespace vedette::importing {

using BatchPtr = std::unique_ptr<formats::ObservationBatch>;

// From one reading thread, which blocks, to several sending coroutines, which wait. Bounded.
// Thread-safe. Batches that were sent come back to be filled again.
class BatchQueue {
 public:
  explicit BatchQueue(std::size_t limit) : limit_(limit) {}

  // Reading thread: an empty batch, new or used.
  BatchPtr Take();
  // Reading thread: waits for room; false, and the batch stays with the caller, once closed.
  bool Push(BatchPtr& batch);
  // Reading thread: nothing more comes.
  void Finish();

  // Nothing after the end, or once closed.
  Task<std::optional<BatchPtr>> Pop();
  void Recycle(BatchPtr batch);

  // Ends both sides. The batches not sent yet.
  std::vector<BatchPtr> Close();

 private:
  void WakeAll();  // the lock is held

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<BatchPtr> full_;
  std::vector<BatchPtr> empty_;
  std::deque<Signal> waiters_;
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace vedette::importing
