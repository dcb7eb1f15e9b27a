// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace vedette::rpc {

// What a completion queue hands back when an operation has ended.
class Tag {
 public:
  // For the queue, as an operation's last argument. What this thread wrote before is seen by
  // Complete: the queue sees to that, and the atomic states it where a sanitizer can follow.
  void* HandOver() {
    handed_over_.store(true, std::memory_order_release);
    return this;
  }

  // Completes the tag that a queue gave back.
  static void TakeBack(void* handed_over, bool ok) {
    auto* const tag = static_cast<Tag*>(handed_over);
    (void)tag->handed_over_.load(std::memory_order_acquire);
    tag->Complete(ok);
  }

 protected:
  ~Tag() = default;

 private:
  virtual void Complete(bool ok) = 0;

  std::atomic<bool> handed_over_ = false;
};

}  // namespace vedette::rpc
