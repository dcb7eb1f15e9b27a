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
  // Waits until the receiver took the message. False once the receiver is gone: stop then.
  virtual Task<bool> Write(Message message) = 0;
};

}  // namespace vedette::rpc
