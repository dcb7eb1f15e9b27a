// SPDX-License-Identifier: Apache-2.0
#include "services/identity/api.h"

#include <chrono>
#include <utility>

namespace vedette::identity {
namespace {

std::int64_t ToUnixSeconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

v1::User ToProto(User user) {
  v1::User message;
  message.set_id(std::move(user.id));
  message.set_username(std::move(user.username));
  message.set_display_name(std::move(user.display_name));
  for (Grant& grant : user.grants) {
    v1::RoleGrant& role = *message.add_roles();
    role.set_role(std::move(grant.role));
    role.set_study_id(std::move(grant.study));
    role.set_site_id(std::move(grant.site));
  }
  message.set_created_at(ToUnixSeconds(user.created_at));
  return message;
}

class IdentityApiOverLogic final : public v1::IdentityApi {
 public:
  explicit IdentityApiOverLogic(IdentityLogic& logic) : logic_(logic) {}

  Task<Result<v1::LogInResponse>> LogIn(CallContext context, v1::LogInRequest request) override {
    VEDETTE_CO_TRY(auto outcome,
                   co_await logic_.LogIn(std::move(context), std::move(*request.mutable_username()),
                                         Sensitive(std::move(*request.mutable_password()))));
    v1::LogInResponse response;
    response.set_access_token(std::move(outcome.token.text));
    response.set_token_type("Bearer");
    response.set_expires_in(outcome.token.lifetime.count());
    *response.mutable_user() = ToProto(std::move(outcome.user));
    co_return response;
  }

  Task<Result<v1::ConfirmSignatureResponse>> ConfirmSignature(
      CallContext context, v1::ConfirmSignatureRequest request) override {
    VEDETTE_CO_TRY(auto user,
                   co_await logic_.ConfirmSignature(
                       std::move(context), Sensitive(std::move(*request.mutable_password()))));
    v1::ConfirmSignatureResponse response;
    response.set_user_id(std::move(user.id));
    response.set_name(user.display_name.empty() ? std::move(user.username)
                                                : std::move(user.display_name));
    co_return response;
  }

  Task<Result<v1::ListSigningKeysResponse>> ListSigningKeys(CallContext,
                                                            v1::ListSigningKeysRequest) override {
    const PublicKey& key = logic_.public_key();
    v1::ListSigningKeysResponse response;
    v1::SigningKey& message = *response.add_keys();
    message.set_kty("OKP");
    message.set_crv("Ed25519");
    message.set_kid(key.kid());
    message.set_x(key.jwk_x());
    message.set_alg("EdDSA");
    message.set_use("sig");
    co_return response;
  }

  Task<Result<v1::User>> GetMe(CallContext context, v1::GetMeRequest) override {
    VEDETTE_CO_TRY(auto user, co_await logic_.GetMe(std::move(context)));
    co_return ToProto(std::move(user));
  }

  Task<Result<v1::User>> CreateUser(CallContext context, v1::CreateUserRequest request) override {
    VEDETTE_CO_TRY(auto user, co_await logic_.CreateUser(
                                  std::move(context), std::move(*request.mutable_username()),
                                  std::move(*request.mutable_display_name()),
                                  Sensitive(std::move(*request.mutable_password()))));
    co_return ToProto(std::move(user));
  }

  Task<Result<v1::ListUsersResponse>> ListUsers(CallContext context,
                                                v1::ListUsersRequest request) override {
    VEDETTE_CO_TRY(auto page, co_await logic_.ListUsers(std::move(context), request.page_size(),
                                                        std::move(*request.mutable_page_token())));
    v1::ListUsersResponse response;
    for (User& user : page.users) *response.add_users() = ToProto(std::move(user));
    response.set_next_page_token(std::move(page.next_page_token));
    co_return response;
  }

  Task<Result<v1::User>> GrantRole(CallContext context, v1::GrantRoleRequest request) override {
    v1::RoleGrant& role = *request.mutable_grant();
    VEDETTE_CO_TRY(auto user,
                   co_await logic_.GrantRole(
                       std::move(context), std::move(*request.mutable_user_id()),
                       Grant{std::move(*role.mutable_role()), std::move(*role.mutable_study_id()),
                             std::move(*role.mutable_site_id())}));
    co_return ToProto(std::move(user));
  }

  Task<Result<v1::IssueServiceTokenResponse>> IssueServiceToken(
      CallContext, v1::IssueServiceTokenRequest request) override {
    VEDETTE_CO_TRY(auto token,
                   logic_.IssueServiceToken(std::move(*request.mutable_service()),
                                            Sensitive(std::move(*request.mutable_secret()))));
    v1::IssueServiceTokenResponse response;
    response.set_access_token(std::move(token.text));
    response.set_expires_in(token.lifetime.count());
    co_return response;
  }

 private:
  IdentityLogic& logic_;
};

}  // namespace

std::unique_ptr<v1::IdentityApi> MakeIdentityApi(IdentityLogic& logic) {
  return std::make_unique<IdentityApiOverLogic>(logic);
}

}  // namespace vedette::identity
