// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "kit/rpc/operation.h"

namespace vedette::rpc {

// Calls a unary operation on the caller's executor and cancels it when the context's deadline
// passes: kDeadlineExceeded then, unless it was done all the same. Returns once the operation has
// ended, so what it uses may be the caller's; cancelling the caller cancels it.
Task<Result<std::unique_ptr<Message>>> CallInTime(const Operation& operation,
                                                  void* api,
                                                  CallContext context,
                                                  std::unique_ptr<Message> request);

}  // namespace vedette::rpc
