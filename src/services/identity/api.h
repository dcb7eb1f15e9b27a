// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/identity/v1/identity.vedette.h>

#include <memory>

#include "services/identity/logic.h"

namespace vedette::identity {

// The contract over the logic: translates, decides nothing. `logic` must outlive it.
std::unique_ptr<v1::IdentityApi> MakeIdentityApi(IdentityLogic& logic);

}  // namespace vedette::identity
