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

  // The operation is set up: whatever happens from here on reaches the receiver, who is told so
  // before the first message. At most once; writing implies it. False once the receiver is gone.
  virtual Task<bool> Accept() { co_return true; }

  // Waits until the receiver took the message. False once the receiver is gone: stop then.
  virtual Task<bool> Write(Message message) = 0;
};

}  // namespace vedette::rpc
