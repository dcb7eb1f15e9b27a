// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "kit/rpc/operation.h"

namespace vedette::rpc {

// The operations of one service with the object that does them, for a GrpcServer to offer.
class GrpcService {
 public:
  GrpcService(std::span<const Operation> operations, void* api)
      : operations_(operations), api_(api) {}

  std::span<const Operation> operations() const { return operations_; }
  void* api() const { return api_; }

 private:
  std::span<const Operation> operations_;
  void* api_;
};

}  // namespace vedette::rpc
