// SPDX-License-Identifier: Apache-2.0
#include "kit/service/ops_access.h"

#include <string_view>
#include <utility>

#include "kit/config/section.h"

namespace vedette {
namespace {

constexpr std::string_view kPermission = "ops.read";
constexpr std::chrono::seconds kTimeout{5};

// The token of "Bearer …"; empty when there is none.
std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  if (!http::EqualsNoCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  return token;
}

// A Host header's name without its port. Another name may lead here by a foreign name server.
bool NamesThisMachine(std::string_view host) {
  if (host.starts_with('[')) return host.starts_with("[::1]");
  host = host.substr(0, host.find(':'));
  return host == "127.0.0.1" || http::EqualsNoCase(host, "localhost");
}

}  // namespace

void OpsOptions::Describe(config::Section& section) {
  section.Field("loopback_without_token", loopback_without_token,
                {.text = "Let connections from this machine see /debug without a token. A proxy on "
                         "this machine lets everybody in that way unless it sets Forwarded, "
                         "X-Forwarded-For or Via."});
}

OpsAccess::OpsAccess(OpsOptions options,
                     Authenticator& authenticator,
                     const Authorizer& authorizer,
                     const Clock& clock)
    : options_(options), authenticator_(authenticator), authorizer_(authorizer), clock_(clock) {}

bool OpsAccess::IsLocal(const http::Request& request) const {
  if (!options_.loopback_without_token) return false;
  for (const std::string_view header :
       {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "Origin"}) {
    if (request.headers.Get(header)) return false;
  }
  // A page of another site, in a browser on this machine, is not this machine asking.
  const std::string_view site = request.headers.Get("Sec-Fetch-Site").value_or("none");
  if (site != "none" && site != "same-origin") return false;
  if (!NamesThisMachine(request.headers.Get("Host").value_or(""))) return false;
  const std::string_view peer = request.peer;
  return peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
}

Task<Status> OpsAccess::Check(const http::Request& request) const {
  const std::string token(BearerToken(request.headers.Get("Authorization").value_or("")));
  if (token.empty()) {
    if (IsLocal(request)) co_return Status();
    co_return Fail(Code::kUnauthenticated, "A token is needed.");
  }
  VEDETTE_CO_TRY(const auto principal,
                 co_await authenticator_.Authenticate(token, Deadline::After(clock_, kTimeout)));
  co_return authorizer_.Check(*principal, kPermission, "*", "*");
}

Task<http::Response> OpsAccess::Run(http::Handler handler, http::Request request) const {
  if (const Status allowed = co_await Check(request); !allowed) {
    http::Response refusal = http::ProblemResponse(allowed.error());
    if (allowed.error().code == Code::kUnauthenticated) {
      refusal.headers.Set("WWW-Authenticate", "Bearer");
    }
    co_return refusal;
  }
  http::Response response = co_await handler(std::move(request));
  response.headers.Set("Cache-Control", "no-store");
  co_return response;
}

http::Handler OpsAccess::Guard(http::Handler handler) const {
  return [this, handler = std::move(handler)](http::Request request) {
    return Run(handler, std::move(request));
  };
}

}  // namespace vedette
