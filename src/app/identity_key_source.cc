// SPDX-License-Identifier: Apache-2.0
#include "app/identity_key_source.h"

#include <vedette/identity/v1/identity.vedette.h>

namespace vedette::app {

Task<Result<PublicKeySet>> IdentityKeySource::Fetch(Deadline deadline) {
  CallContext context;
  context.deadline = deadline;
  VEDETTE_CO_TRY(const identity::v1::ListSigningKeysResponse response,
                 co_await identity_.ListSigningKeys(std::move(context), {}));
  PublicKeySet keys;
  for (const identity::v1::SigningKey& key : response.keys()) {
    if (key.kty() != "OKP" || key.crv() != "Ed25519") continue;  // a kind this version cannot use
    VEDETTE_CO_TRY(PublicKey parsed, PublicKey::FromJwkX(key.x()));
    keys.Add(std::move(parsed));
  }
  co_return keys;
}

}  // namespace vedette::app
