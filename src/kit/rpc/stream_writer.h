// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/task/task.h"

namespace vedette::rpc {

// Where an operation that answers with a stream writes. Used by one coroutine. The same for a
// caller in this process, a gRPC client and a server-sent-events client.
template <class Message>
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  // The guard says so when the call passed its checks: messages may come, at some time. Operations
  // need not call it. False once the receiver is gone.
  virtual Task<bool> Accept() { co_return true; }

  // Waits until the receiver took the message. False once the receiver is gone: stop then.
  virtual Task<bool> Write(Message message) = 0;
};

}  // namespace vedette::rpc
