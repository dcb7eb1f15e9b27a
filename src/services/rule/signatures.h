// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/sensitive.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"

namespace vedette::identity::v1 {
class IdentityApi;
}

namespace vedette::rule {

// Who signs, as the identity service knows them.
struct Signer {
  std::string user_id;
  std::string name;
};

// Confirms that the caller is who the token says, by the password once more (21 CFR 11.200).
class SignatureCheck {
 public:
  virtual ~SignatureCheck() = default;
  virtual Task<Result<Signer>> Confirm(CallContext context, Sensitive<std::string> password) = 0;
};

std::unique_ptr<SignatureCheck> MakeIdentitySignatures(identity::v1::IdentityApi& identity);

}  // namespace vedette::rule
