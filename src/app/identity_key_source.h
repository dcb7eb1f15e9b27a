// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/auth/token_verifier.h"

namespace vedette::identity::v1 {
class IdentityApi;
}

namespace vedette::app {

// The public keys of tokens, from identity: here or far away. `identity` outlives it.
class IdentityKeySource final : public KeySource {
 public:
  explicit IdentityKeySource(identity::v1::IdentityApi& identity) : identity_(identity) {}

  Task<Result<PublicKeySet>> Fetch(Deadline deadline) override;

 private:
  identity::v1::IdentityApi& identity_;
};

}  // namespace vedette::app
