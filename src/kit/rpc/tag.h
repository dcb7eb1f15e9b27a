// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vedette::rpc {

// What a completion queue hands back when an operation has ended.
class Tag {
 public:
  virtual void Complete(bool ok) = 0;

 protected:
  ~Tag() = default;
};

}  // namespace vedette::rpc
