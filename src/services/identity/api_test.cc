// SPDX-License-Identifier: Apache-2.0
#include "services/identity/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "kit/auth/keys.h"
#include "kit/auth/token.h"
#include "kit/rpc/guard.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/temp_dir.h"
#include "model/role_table.h"
#include "services/identity/module.h"

namespace vedette::identity {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAdminPassword[] = "the administrator's";

CallContext As(Principal principal) {
  CallContext context;
  context.principal = std::make_shared<const Principal>(std::move(principal));
  return context;
}

// The module as the app builds it, called as everybody calls it: through the guard.
class IdentityApiTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  IdentityApiTest() { Start(); }

  std::unique_ptr<IdentityModule> MakeModule() {
    IdentityConfig config;
    config.data_dir = folder_.path().string();
    config.bootstrap_admin_password = Sensitive<std::string>(kAdminPassword);
    config.service_secret = Sensitive<std::string>("the services' secret");
    config.password_memory_kib = 64;
    config.password_passes = 1;
    return std::make_unique<IdentityModule>(
        IdentityDependencies{*database_, clock_, authorizer_, Logger(), metrics_}, config);
  }

  void Start() {
    module_ = MakeModule();
    EXPECT_TRUE(Await<Status>(runtime_, [&] { return module_->Start(); }));
    guard_ = v1::MakeIdentityGuard(module_->api(),
                                   rpc::GuardDependencies{authorizer_, metrics_, clock_, Logger()});
  }

  template <class Response, class Request>
  Result<Response> Call(Task<Result<Response>> (v1::IdentityApi::*method)(CallContext, Request),
                        CallContext context,
                        Request request) {
    return Await<Result<Response>>(runtime_, [&] { return (*guard_.*method)(context, request); });
  }

  Result<v1::LogInResponse> LogIn(const std::string& username, const std::string& password) {
    v1::LogInRequest request;
    request.set_username(username);
    request.set_password(password);
    return Call(&v1::IdentityApi::LogIn, CallContext{}, request);
  }

  // The caller that the token stands for, by the keys that identity publishes.
  Result<Principal> Verify(const std::string& token) {
    const auto response =
        Call(&v1::IdentityApi::ListSigningKeys, CallContext{}, v1::ListSigningKeysRequest{});
    VEDETTE_TRY(auto key, PublicKey::FromJwkX(response->keys(0).x()));
    EXPECT_EQ(key.kid(), response->keys(0).kid());
    PublicKeySet keys;
    keys.Add(std::move(key));
    VEDETTE_TRY(auto claims, VerifyToken(token, keys, TokenExpectation{}, clock_.Now()));
    return claims.principal;
  }

  CallContext Administrator() {
    return As(*Verify(LogIn("admin", kAdminPassword)->access_token()));
  }

  Result<v1::User> CreateUser(CallContext context, const std::string& username) {
    v1::CreateUserRequest request;
    request.set_username(username);
    request.set_display_name("Ann Lee");
    request.set_password("a password of hers");
    return Call(&v1::IdentityApi::CreateUser, std::move(context), request);
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_);
  testkit::TempDir folder_;
  FakeClock clock_;
  Authorizer authorizer_{DefaultRoleTable()};
  MetricsRegistry metrics_;
  std::unique_ptr<IdentityModule> module_;
  std::unique_ptr<v1::IdentityApi> guard_;
};

VEDETTE_ON_BOTH_DATABASES(IdentityApiTest);

TEST_P(IdentityApiTest, FromNoUserToAUserWithARole) {
  const auto created = CreateUser(Administrator(), "ann");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->roles_size(), 0);
  EXPECT_EQ(created->created_at(), 1'767'225'600);

  v1::GrantRoleRequest grant;
  grant.set_user_id(created->id());
  grant.mutable_grant()->set_role("investigator");
  grant.mutable_grant()->set_study_id("S1");
  grant.mutable_grant()->set_site_id("701");
  ASSERT_TRUE(Call(&v1::IdentityApi::GrantRole, Administrator(), grant));

  const auto login = LogIn("ann", "a password of hers");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->token_type(), "Bearer");
  EXPECT_EQ(login->expires_in(), 3600);
  ASSERT_EQ(login->user().roles_size(), 1);
  EXPECT_EQ(login->user().roles(0).site_id(), "701");

  const auto principal = Verify(login->access_token());
  ASSERT_TRUE(principal);
  const auto me = Call(&v1::IdentityApi::GetMe, As(*principal), v1::GetMeRequest{});
  ASSERT_TRUE(me);
  EXPECT_EQ(me->SerializeAsString(), login->user().SerializeAsString());
}

TEST_P(IdentityApiTest, ListsUsers) {
  ASSERT_TRUE(CreateUser(Administrator(), "ann"));
  const auto users = Call(&v1::IdentityApi::ListUsers, Administrator(), v1::ListUsersRequest{});
  ASSERT_TRUE(users);
  ASSERT_EQ(users->users_size(), 2);
  EXPECT_EQ(users->users(0).username(), "admin");
  EXPECT_EQ(users->users(0).roles(0).role(), "administrator");
  EXPECT_EQ(users->users(1).username(), "ann");
}

TEST_P(IdentityApiTest, ATakenNameAlreadyExists) {
  ASSERT_TRUE(CreateUser(Administrator(), "ann"));
  EXPECT_EQ(CreateUser(Administrator(), "ann").error().code, Code::kAlreadyExists);
}

TEST_P(IdentityApiTest, OnlyWhoManagesUsersMakesThem) {
  EXPECT_EQ(CreateUser(CallContext{}, "ann").error().code, Code::kUnauthenticated);
  const Principal manager{.subject = "u", .name = "u", .grants = {{"data_manager", "*", "*"}}};
  EXPECT_EQ(CreateUser(As(manager), "ann").error().code, Code::kPermissionDenied);
}

TEST_P(IdentityApiTest, AShortPasswordIsNotTakenNorRepeated) {
  v1::CreateUserRequest request;
  request.set_username("ann");
  request.set_password("tooshort");
  const auto created = Call(&v1::IdentityApi::CreateUser, Administrator(), request);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::kInvalidArgument);
  EXPECT_EQ(created.error().violations.at(0).field, "password");
  EXPECT_THAT(created.error().message, Not(HasSubstr("tooshort")));
}

TEST_P(IdentityApiTest, AServiceExchangesItsSecretForAToken) {
  v1::IssueServiceTokenRequest request;
  request.set_service("monitor");
  request.set_secret("the services' secret");
  const auto issued = Call(&v1::IdentityApi::IssueServiceToken, CallContext{}, request);
  ASSERT_TRUE(issued);
  EXPECT_TRUE(Verify(issued->access_token())->is_service);
  request.set_secret("another");
  EXPECT_EQ(Call(&v1::IdentityApi::IssueServiceToken, CallContext{}, request).error().code,
            Code::kUnauthenticated);
}

TEST_P(IdentityApiTest, TokensStayGoodOverARestart) {
  const std::string token = LogIn("admin", kAdminPassword)->access_token();
  guard_.reset();
  module_.reset();
  Start();
  EXPECT_TRUE(Verify(token));
  EXPECT_TRUE(LogIn("admin", kAdminPassword));
}

TEST_P(IdentityApiTest, TheSigningKeyIsForItsOwnerAlone) {
  struct stat info{};
  ASSERT_EQ(::stat((folder_.path() / "identity.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_P(IdentityApiTest, PasswordsAreNotStored) {
  constexpr db::Sql kHashes{"canary", "SELECT password_hash FROM identity_user"};
  const auto rows = Await<Result<db::Rows>>(
      runtime_, [&] { return database_->Query(Deadline::None(), kHashes); });
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_THAT((*rows)[0].Text(0), ::testing::StartsWith("$argon2id$"));
  EXPECT_THAT((*rows)[0].Text(0), Not(HasSubstr(kAdminPassword)));
}

TEST_P(IdentityApiTest, EnsuresUsersForTheProcessItself) {
  const auto user = Await<Result<User>>(runtime_, [&] {
    return module_->EnsureUser("monitor", "Monitor", Sensitive<std::string>("demo password"),
                               {{"cra", "S1", "*"}});
  });
  ASSERT_TRUE(user);
  EXPECT_TRUE(LogIn("monitor", "demo password"));
}

}  // namespace
}  // namespace vedette::identity
