// SPDX-License-Identifier: Apache-2.0
#include "services/identity/passwords.h"

#include <utility>

namespace vedette::identity {

Task<Result<std::string>> Passwords::Encode(Sensitive<std::string> password) {
  co_return co_await pool_.Run<std::string>(
      [this, password = std::move(password)] { return hasher_.Encode(password); });
}

Task<Result<bool>> Passwords::Verify(Sensitive<std::string> password,
                                     std::optional<std::string> encoded) {
  co_return co_await pool_.Run<bool>(
      [this, password = std::move(password), encoded = std::move(encoded)] {
        if (encoded) return hasher_.Verify(password, *encoded);
        hasher_.VerifyNobody(password);
        return false;
      });
}

}  // namespace vedette::identity
