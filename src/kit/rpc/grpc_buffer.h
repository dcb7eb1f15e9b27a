// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include "kit/rpc/operation.h"

namespace vedette::rpc {

grpc::ByteBuffer Serialize(const Message& message);
// False when the bytes are no such message. Empties `buffer`.
bool Parse(grpc::ByteBuffer& buffer, Message& message);

}  // namespace vedette::rpc
