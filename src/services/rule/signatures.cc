// SPDX-License-Identifier: Apache-2.0
#include "services/rule/signatures.h"

#include <vedette/identity/v1/identity.vedette.h>

#include <utility>

namespace vedette::rule {
namespace {

class IdentitySignatures final : public SignatureCheck {
 public:
  explicit IdentitySignatures(identity::v1::IdentityApi& identity) : identity_(identity) {}

  Task<Result<Signer>> Confirm(CallContext context, Sensitive<std::string> password) override {
    identity::v1::ConfirmSignatureRequest request;
    request.set_password(password.Reveal());
    VEDETTE_CO_TRY(auto response,
                   co_await identity_.ConfirmSignature(std::move(context), std::move(request)));
    co_return Signer{std::move(*response.mutable_user_id()), std::move(*response.mutable_name())};
  }

 private:
  identity::v1::IdentityApi& identity_;
};

}  // namespace

std::unique_ptr<SignatureCheck> MakeIdentitySignatures(identity::v1::IdentityApi& identity) {
  return std::make_unique<IdentitySignatures>(identity);
}

}  // namespace vedette::rule
