// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/grpc_buffer.h"

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <stdexcept>

namespace vedette::rpc {

grpc::ByteBuffer Serialize(const Message& message) {
  grpc::ByteBuffer buffer;
  bool own = false;
  if (!grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(message, &buffer, &own).ok()) {
    throw std::length_error("a message could not be serialized");
  }
  return buffer;
}

bool Parse(grpc::ByteBuffer& buffer, Message& message) {
  return grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&buffer, &message).ok();
}

}  // namespace vedette::rpc
