// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/sensitive.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "kit/telemetry/metrics.h"
#include "services/identity/passwords.h"
#include "services/identity/policy.h"
#include "services/identity/store.h"
#include "services/identity/throttle.h"
#include "services/identity/token_issuer.h"
#include "services/identity/types.h"

namespace vedette::identity {

// What the logic stands on; the references outlive it.
struct IdentityParts {
  IdentityStore& store;
  Passwords& passwords;
  LogInThrottle& throttle;
  const TokenIssuer& tokens;
  const Authorizer& authorizer;
  const Clock& clock;
  Logger logger;
  MetricsRegistry& metrics;
};

// What identity does, for a caller whose permission the guard has checked. Thread-safe.
class IdentityLogic {
 public:
  // `service_secret` is what Vedette's services share; when it is empty no service is let in.
  IdentityLogic(IdentityParts parts, RoleNames roles, Sensitive<std::string> service_secret);

  // kUnauthenticated for a wrong password and for an unknown name, in the same words after the same
  // work; kResourceExhausted with retry_after after too many failures.
  Task<Result<LogInOutcome>> LogIn(CallContext context,
                                   std::string username,
                                   Sensitive<std::string> password);
  // The caller, once the password is confirmed: what an electronic signature stands on. Fails as
  // LogIn does; kPermissionDenied for services.
  Task<Result<User>> ConfirmSignature(CallContext context, Sensitive<std::string> password);
  // kUnauthenticated for a wrong secret.
  Result<AccessToken> IssueServiceToken(std::string service, Sensitive<std::string> secret) const;
  const PublicKey& public_key() const { return parts_.tokens.public_key(); }

  // The caller, with the roles the token carries.
  Task<Result<User>> GetMe(CallContext context);
  // kAlreadyExists when the name is taken.
  Task<Result<User>> CreateUser(CallContext context,
                                std::string username,
                                std::string display_name,
                                Sensitive<std::string> password);
  // Everybody, with the roles held where the caller manages users. `page_size` 0 takes 100.
  Task<Result<UserPage>> ListUsers(CallContext context,
                                   std::int32_t page_size,
                                   std::string page_token);
  // kPermissionDenied unless the caller manages users where the grant holds. Repeatable. Shows the
  // roles that ListUsers shows.
  Task<Result<User>> GrantRole(CallContext context, std::string user_id, Grant grant);

  // Sees to it that the user is there and holds the grants; one who is there keeps the password.
  // For the process itself: demonstration data, the first administrator.
  Task<Result<User>> EnsureUser(std::string username,
                                std::string display_name,
                                Sensitive<std::string> password,
                                std::vector<Grant> grants);
  // Makes the user `admin`, administrator of everything, if there is no user and a password.
  Task<Status> Bootstrap(Sensitive<std::string> password);

 private:
  Task<Result<Credentials>> Authenticate(Deadline deadline,
                                         std::string username,
                                         Sensitive<std::string> password);
  void HideForeignGrants(const Principal& caller, User& user) const;
  Task<Result<User>> Store(Deadline deadline,
                           std::string username,
                           std::string display_name,
                           Sensitive<std::string> password);

  const IdentityParts parts_;
  const RoleNames roles_;
  const Sensitive<std::string> service_secret_;
  Counter& succeeded_;
  Counter& refused_;
  Counter& throttled_;
};

}  // namespace vedette::identity
