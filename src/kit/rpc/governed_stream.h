// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kit/rpc/channel_core.h"

namespace vedette::rpc {

// Opens a stream at one instance after another, until one has accepted it or given an answer that
// another attempt would not better. Only its opening counts for breaker and ejection: when a stream
// that was accepted breaks off later, its connection says so to the next call.
Task<Result<std::unique_ptr<ClientStream>>> OpenStream(std::shared_ptr<ChannelCore> core,
                                                       const MethodInfo& info,
                                                       Deadline deadline,
                                                       TraceContext trace,
                                                       const Message& request,
                                                       std::string authorization);

}  // namespace vedette::rpc
