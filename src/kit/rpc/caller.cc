// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/caller.h"

#include "kit/http/message.h"

namespace vedette::rpc {

Task<Status> IdentifyCaller(Authenticator& authenticator,
                            const MethodInfo& info,
                            std::optional<std::string> authorization,
                            CallContext& context) {
  constexpr std::string_view kScheme = "Bearer ";
  if (info.open || !authorization) co_return Status();
  if (authorization->size() <= kScheme.size() ||
      !http::EqualsNoCase(authorization->substr(0, kScheme.size()), kScheme)) {
    co_return Fail(Code::kUnauthenticated, "The Authorization header must be a bearer token.");
  }
  std::string token = authorization->substr(kScheme.size());
  VEDETTE_CO_TRY(context.principal, co_await authenticator.Authenticate(token, context.deadline));
  context.bearer_token = std::make_shared<const std::string>(std::move(token));
  co_return Status();
}

}  // namespace vedette::rpc
