// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "kit/auth/authenticator.h"
#include "kit/rpc/call_context.h"
#include "kit/rpc/operation.h"

namespace vedette::rpc {

// Fills the context's principal and token from an Authorization header. Without one the principal
// stays null, which the guard refuses; an open operation does not look at it.
Task<Status> IdentifyCaller(Authenticator& authenticator,
                            const MethodInfo& info,
                            std::optional<std::string> authorization,
                            CallContext& context);

}  // namespace vedette::rpc
