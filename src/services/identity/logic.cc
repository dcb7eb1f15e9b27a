// SPDX-License-Identifier: Apache-2.0
#include "services/identity/logic.h"

#include <algorithm>
#include <utility>

#include "base/uuid.h"

namespace vedette::identity {
namespace {

constexpr std::string_view kManage = "identity.manage";
constexpr std::string_view kItself = "vedette";  // who granted, when the process itself did
constexpr std::int32_t kDefaultPage = 100;
constexpr std::size_t kShortestPassword = 12;

Counter& LogIns(MetricsRegistry& metrics, std::string outcome) {
  return metrics.GetCounter("vedette_identity_logins_total", "Log-ins by their outcome.",
                            {{"outcome", std::move(outcome)}});
}

Principal PrincipalOf(const User& user) {
  return {.subject = user.id, .name = user.username, .is_service = false, .grants = user.grants};
}

bool IsServiceName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

IdentityLogic::IdentityLogic(IdentityParts parts,
                             RoleNames roles,
                             Sensitive<std::string> service_secret)
    : parts_(std::move(parts)),
      roles_(std::move(roles)),
      service_secret_(std::move(service_secret)),
      succeeded_(LogIns(parts_.metrics, "succeeded")),
      refused_(LogIns(parts_.metrics, "refused")),
      throttled_(LogIns(parts_.metrics, "throttled")) {}

Task<Result<Credentials>> IdentityLogic::Authenticate(Deadline deadline,
                                                      std::string username,
                                                      Sensitive<std::string> password) {
  const std::string name = CanonicalUsername(username);
  if (Status admitted = parts_.throttle.Admit(name); !admitted) {
    throttled_.Add();
    co_return std::unexpected(std::move(admitted).error());
  }
  auto found = co_await parts_.store.FindByUsername(deadline, name);
  if (!found) {
    parts_.throttle.Withdraw(name);
    co_return std::unexpected(std::move(found).error());
  }
  std::optional<Credentials>& credentials = *found;
  const auto matches = co_await parts_.passwords.Verify(
      std::move(password), credentials ? std::optional(credentials->password_hash) : std::nullopt);
  if (!matches) {
    parts_.throttle.Withdraw(name);
    co_return std::unexpected(matches.error());
  }
  if (!credentials || !*matches) {
    // The name is not logged: people type passwords into it.
    refused_.Add();
    parts_.logger.Warning("Log-in refused", {{"known_user", credentials.has_value()}});
    co_return Fail(Code::kUnauthenticated, "The user name or the password is wrong.");
  }
  parts_.throttle.Succeeded(name);
  co_return *std::move(credentials);
}

Task<Result<LogInOutcome>> IdentityLogic::LogIn(CallContext context,
                                                std::string username,
                                                Sensitive<std::string> password) {
  VEDETTE_CO_TRY(auto credentials,
                 co_await Authenticate(context.deadline, std::move(username), std::move(password)));
  VEDETTE_CO_TRY(auto token, parts_.tokens.Issue(PrincipalOf(credentials.user)));
  succeeded_.Add();
  parts_.logger.Info("logged in", {{"user", credentials.user.id}});
  co_return LogInOutcome{std::move(token), std::move(credentials.user)};
}

Task<Result<User>> IdentityLogic::ConfirmSignature(CallContext context,
                                                   Sensitive<std::string> password) {
  if (context.principal->is_service) {
    co_return Fail(Code::kPermissionDenied, "Only a person can sign.");
  }
  VEDETTE_CO_TRY(auto credentials, co_await Authenticate(context.deadline, context.principal->name,
                                                         std::move(password)));
  if (credentials.user.id != context.principal->subject) {
    co_return Fail(Code::kUnauthenticated, "The user name or the password is wrong.");
  }
  parts_.logger.Info("Signature confirmed", {{"user", credentials.user.id}});
  co_return std::move(credentials.user);
}

Result<AccessToken> IdentityLogic::IssueServiceToken(std::string service,
                                                     Sensitive<std::string> secret) const {
  // Not throttled: the secret cannot be guessed, and whoever tried could keep the services out.
  const bool same = SameSecret(secret.Reveal(), service_secret_.Reveal());
  if (!same || service_secret_.Reveal().empty()) {
    parts_.logger.Warning("Service token refused");
    return Fail(Code::kUnauthenticated, "The service's secret is wrong.");
  }
  if (!IsServiceName(service)) {
    return FailField("service", "must be of the letters a-z, digits, - and _");
  }
  return parts_.tokens.Issue(
      {.subject = service, .name = service, .is_service = true, .grants = {}});
}

Task<Result<User>> IdentityLogic::GetMe(CallContext context) {
  const Principal& caller = *context.principal;
  User me{.id = caller.subject,
          .username = caller.name,
          .display_name = "",
          .grants = caller.grants,
          .created_at = {}};
  if (caller.is_service) co_return me;
  auto stored = co_await parts_.store.Get(context.deadline, caller.subject);
  if (!stored && stored.error().code == Code::kNotFound) co_return me;
  VEDETTE_CO_CHECK_OK(stored);
  me.display_name = std::move(stored->display_name);
  me.created_at = stored->created_at;
  co_return me;
}

Task<Result<User>> IdentityLogic::CreateUser(CallContext context,
                                             std::string username,
                                             std::string display_name,
                                             Sensitive<std::string> password) {
  VEDETTE_CO_TRY(auto user, co_await Store(context.deadline, std::move(username),
                                           std::move(display_name), std::move(password)));
  parts_.logger.Info("User created", {{"user", user.id}, {"by", context.principal->subject}});
  co_return user;
}

Task<Result<UserPage>> IdentityLogic::ListUsers(CallContext context,
                                                std::int32_t page_size,
                                                std::string page_token) {
  VEDETTE_CO_TRY(auto after, ReadPageToken(page_token));
  const auto limit = static_cast<std::size_t>(page_size == 0 ? kDefaultPage : page_size);
  VEDETTE_CO_TRY(auto users, co_await parts_.store.List(context.deadline, std::move(after),
                                                        static_cast<std::int64_t>(limit) + 1));
  UserPage page{std::move(users), ""};
  if (page.users.size() > limit) {
    page.users.resize(limit);
    page.next_page_token = MakePageToken(page.users.back().username);
  }
  for (User& user : page.users) HideForeignGrants(*context.principal, user);
  co_return page;
}

void IdentityLogic::HideForeignGrants(const Principal& caller, User& user) const {
  std::erase_if(user.grants, [&](const Grant& grant) {
    return !CheckMayGrant(grant, parts_.authorizer.Sites(caller, kManage, grant.study));
  });
}

Task<Result<User>> IdentityLogic::GrantRole(CallContext context, std::string user_id, Grant grant) {
  const Principal& caller = *context.principal;
  VEDETTE_CO_CHECK_OK(CheckRole(grant, roles_));
  VEDETTE_CO_CHECK_OK(CheckMayGrant(grant, parts_.authorizer.Sites(caller, kManage, grant.study)));
  VEDETTE_CO_TRY(auto user, co_await parts_.store.AddGrants(context.deadline, user_id, {grant},
                                                            parts_.clock.Now(), caller.subject));
  parts_.logger.Info("Role granted", {{"user", user_id},
                                      {"granted_role", grant.role},
                                      {"study", grant.study},
                                      {"site", grant.site},
                                      {"by", caller.subject}});
  HideForeignGrants(caller, user);
  co_return user;
}

Task<Result<User>> IdentityLogic::EnsureUser(std::string username,
                                             std::string display_name,
                                             Sensitive<std::string> password,
                                             std::vector<Grant> grants) {
  for (const Grant& grant : grants) VEDETTE_CO_CHECK_OK(CheckRole(grant, roles_));
  const std::string name = CanonicalUsername(username);
  VEDETTE_CO_TRY(auto found, co_await parts_.store.FindByUsername(Deadline::None(), name));
  if (!found) {
    auto stored =
        co_await Store(Deadline::None(), name, std::move(display_name), std::move(password));
    // Another process may have been faster.
    if (!stored && stored.error().code != Code::kAlreadyExists) {
      co_return std::unexpected(std::move(stored).error());
    }
    VEDETTE_CO_TRY(found, co_await parts_.store.FindByUsername(Deadline::None(), name));
  }
  if (!found) co_return Fail(Code::kInternal, "A user who was just there is gone.");
  co_return co_await parts_.store.AddGrants(Deadline::None(), found->user.id, std::move(grants),
                                            parts_.clock.Now(), std::string(kItself));
}

Task<Status> IdentityLogic::Bootstrap(Sensitive<std::string> password) {
  VEDETTE_CO_TRY(const bool empty, co_await parts_.store.IsEmpty(Deadline::None()));
  if (!empty) co_return Status{};
  if (password.Reveal().empty()) {
    parts_.logger.Warning("There is no user yet; give identity.bootstrap_admin_password");
    co_return Status{};
  }
  if (password.Reveal().size() < kShortestPassword) {
    co_return Fail(Code::kInvalidArgument,
                   "identity.bootstrap_admin_password must have at least 12 characters.");
  }
  VEDETTE_CO_CHECK_OK(co_await EnsureUser("admin", "Administrator", std::move(password),
                                          {{"administrator", "*", "*"}}));
  parts_.logger.Info("first administrator created");
  co_return Status{};
}

Task<Result<User>> IdentityLogic::Store(Deadline deadline,
                                        std::string username,
                                        std::string display_name,
                                        Sensitive<std::string> password) {
  VEDETTE_CO_TRY(auto hash, co_await parts_.passwords.Encode(std::move(password)));
  const Timestamp now = parts_.clock.Now();
  User user{.id = NewUuid(now).ToString(),
            .username = CanonicalUsername(username),
            .display_name = std::move(display_name),
            .grants = {},
            .created_at = now};
  VEDETTE_CO_CHECK_OK(co_await parts_.store.Create(deadline, Credentials{user, std::move(hash)}));
  co_return user;
}

}  // namespace vedette::identity
