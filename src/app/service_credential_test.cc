// SPDX-License-Identifier: Apache-2.0
#include "app/service_credential.h"

#include <gtest/gtest.h>
#include <vedette/identity/v1/identity.vedette.h>

#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/testing/fake_clock.h"

namespace vedette::app {
namespace {

using namespace std::chrono_literals;
namespace v1 = identity::v1;

// Gives the tokens "1", "2", …, each good for 100 seconds; or is away.
class FakeIdentity final : public v1::IdentityApi {
 public:
  int asked = 0;
  bool away = false;

  Task<Result<v1::IssueServiceTokenResponse>> IssueServiceToken(
      CallContext, v1::IssueServiceTokenRequest request) override {
    EXPECT_EQ(request.service(), "vedette");
    EXPECT_EQ(request.secret(), "secret");
    ++asked;
    co_await Yield();
    if (away) co_return Fail(Code::kUnavailable, "away");
    v1::IssueServiceTokenResponse response;
    response.set_access_token(std::to_string(asked));
    response.set_expires_in(100);
    co_return response;
  }

  Task<Result<v1::LogInResponse>> LogIn(CallContext, v1::LogInRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<v1::ListSigningKeysResponse>> ListSigningKeys(CallContext,
                                                            v1::ListSigningKeysRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<v1::ConfirmSignatureResponse>> ConfirmSignature(
      CallContext, v1::ConfirmSignatureRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<v1::User>> GetMe(CallContext, v1::GetMeRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<v1::User>> CreateUser(CallContext, v1::CreateUserRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<v1::ListUsersResponse>> ListUsers(CallContext, v1::ListUsersRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
  Task<Result<v1::User>> GrantRole(CallContext, v1::GrantRoleRequest) override {
    co_return Fail(Code::kUnimplemented, "");
  }
};

class ServiceCredentialTest : public ::testing::Test {
 protected:
  std::string Token() {
    const auto token = Await<Result<std::string>>(runtime_, [&] { return credential_.Token(); });
    return token ? *token : std::string(Describe(token.error().code).name);
  }

  Runtime runtime_{1};
  FakeClock clock_;
  FakeIdentity identity_;
  ServiceCredential credential_{identity_, "vedette", Sensitive<std::string>("secret"), clock_};
};

TEST_F(ServiceCredentialTest, KeepsATokenForFourFifthsOfItsLife) {
  EXPECT_EQ(Token(), "1");
  clock_.Advance(79s);
  EXPECT_EQ(Token(), "1");
  clock_.Advance(1s);
  EXPECT_EQ(Token(), "2");
}

TEST_F(ServiceCredentialTest, TheOldTokenServesWhileIdentityIsAway) {
  EXPECT_EQ(Token(), "1");
  identity_.away = true;
  clock_.Advance(80s);
  EXPECT_EQ(Token(), "1");
  EXPECT_EQ(Token(), "1");
  EXPECT_EQ(identity_.asked, 2);
  clock_.Advance(5s);
  EXPECT_EQ(Token(), "1");
  EXPECT_EQ(identity_.asked, 3);
  clock_.Advance(15s);
  EXPECT_EQ(Token(), "UNAVAILABLE");
  identity_.away = false;
  EXPECT_EQ(Token(), "5");
}

Task<int> AskAtOnce(ServiceCredential* credential, int callers) {
  std::vector<Task<Result<std::string>>> tasks;
  for (int i = 0; i < callers; ++i) tasks.push_back(credential->Token());
  int served = 0;
  for (const auto& token : co_await WhenAll(std::move(tasks))) served += token == "1";
  co_return served;
}

TEST_F(ServiceCredentialTest, ManyCallersShareOneRequest) {
  EXPECT_EQ(Await<int>(runtime_, [&] { return AskAtOnce(&credential_, 10); }), 10);
  EXPECT_EQ(identity_.asked, 1);
}

TEST_F(ServiceCredentialTest, AFailureIsNotKept) {
  identity_.away = true;
  EXPECT_EQ(Token(), "UNAVAILABLE");
  identity_.away = false;
  EXPECT_EQ(Token(), "2");
}

}  // namespace
}  // namespace vedette::app
