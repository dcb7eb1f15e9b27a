// SPDX-License-Identifier: Apache-2.0
#include "services/identity/logic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/auth/token.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/log_capture.h"
#include "model/role_table.h"

namespace vedette::identity {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr PasswordCost kCheap{.memory_kib = 64, .passes = 1};
constexpr char kPassword[] = "correct horse battery";
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

RoleNames Roles() {
  RoleNames names;
  for (const auto& [role, permissions] : DefaultRoleTable()) names.insert(role);
  return names;
}

CallContext As(std::vector<Grant> grants) {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "u1", .name = "boss", .grants = std::move(grants)});
  return context;
}

CallContext Administrator() { return As({{"administrator", "*", "*"}}); }

class IdentityLogicTest : public ::testing::Test {
 protected:
  IdentityLogicTest() { tokens_.UseKey(SigningKey::Generate()); }

  Result<User> Create(const std::string& username) {
    return Await<Result<User>>(runtime_, [&] {
      return logic_.CreateUser(Administrator(), username, "Dr " + username,
                               Sensitive<std::string>(kPassword));
    });
  }
  Result<LogInOutcome> LogIn(const std::string& username, const std::string& password) {
    return Await<Result<LogInOutcome>>(runtime_, [&] {
      return logic_.LogIn(CallContext{}, username, Sensitive<std::string>(password));
    });
  }
  Result<User> GrantRole(CallContext context, const std::string& id, Grant grant) {
    return Await<Result<User>>(runtime_, [&] { return logic_.GrantRole(context, id, grant); });
  }
  Result<User> Ensure(std::vector<Grant> grants, const std::string& password = kPassword) {
    return Await<Result<User>>(runtime_, [&] {
      return logic_.EnsureUser("demo", "Demo", Sensitive<std::string>(password), grants);
    });
  }
  Status Bootstrap(const std::string& password) {
    return Await<Status>(runtime_,
                         [&] { return logic_.Bootstrap(Sensitive<std::string>(password)); });
  }
  Result<TokenClaims> Verify(const AccessToken& token) {
    PublicKeySet keys;
    keys.Add(logic_.public_key());
    return VerifyToken(token.text, keys, TokenExpectation{}, clock_.Now());
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(testkit::DatabaseKind::kSqlite, runtime_, Migrations());
  FakeClock clock_;
  std::shared_ptr<LogCapture> log_ = std::make_shared<LogCapture>();
  Authorizer authorizer_{DefaultRoleTable()};
  MetricsRegistry metrics_;
  IdentityStore store_{*database_};
  Passwords passwords_{kCheap, 2, 64};
  LogInThrottle throttle_{clock_};
  TokenIssuer tokens_{clock_, 1h};
  IdentityLogic logic_{IdentityParts{store_, passwords_, throttle_, tokens_, authorizer_, clock_,
                                     Logger(log_, clock_, LogLevel::kDebug), metrics_},
                       Roles(), Sensitive<std::string>(kSecret)};
};

TEST_F(IdentityLogicTest, TheTokenSaysWhoLoggedInAndWithWhichRoles) {
  const auto user = Create("ann");
  ASSERT_TRUE(user);
  ASSERT_TRUE(GrantRole(Administrator(), user->id, {"cra", "S1", "701"}));
  const auto outcome = LogIn("ann", kPassword);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->user.display_name, "Dr ann");
  EXPECT_EQ(outcome->token.lifetime, 1h);
  const auto claims = Verify(outcome->token);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->principal.subject, user->id);
  EXPECT_EQ(claims->principal.name, "ann");
  EXPECT_FALSE(claims->principal.is_service);
  EXPECT_THAT(claims->principal.grants, ElementsAre(Grant{"cra", "S1", "701"}));
  EXPECT_EQ(claims->expires_at, FakeClock::kStart + 1h);
}

TEST_F(IdentityLogicTest, UserNamesAreTakenWithoutRegardToCase) {
  ASSERT_TRUE(Create("Ann"));
  EXPECT_TRUE(LogIn("ANN", kPassword));
  EXPECT_EQ(Create("aNN").error().code, Code::kAlreadyExists);
}

TEST_F(IdentityLogicTest, AWrongPasswordAndAnUnknownNameAnswerTheSame) {
  ASSERT_TRUE(Create("ann"));
  const auto wrong = LogIn("ann", "something else");
  const auto unknown = LogIn("nobody", kPassword);
  ASSERT_FALSE(wrong);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(wrong.error().code, Code::kUnauthenticated);
  EXPECT_EQ(wrong.error().message, "The user name or the password is wrong.");
  EXPECT_EQ(wrong.error(), unknown.error());
}

TEST_F(IdentityLogicTest, FiveFailuresMakeTheNameWait) {
  ASSERT_TRUE(Create("ann"));
  for (const char* name : {"ann", "nobody"}) {
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(LogIn(name, "something else").error().code, Code::kUnauthenticated);
    }
    const auto refused = LogIn(name, kPassword);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
    EXPECT_EQ(refused.error().retry_after, 1s);
  }
  clock_.Advance(1s);
  EXPECT_TRUE(LogIn("ann", kPassword));
}

TEST_F(IdentityLogicTest, LogInsThatSucceedDoNotAddUp) {
  ASSERT_TRUE(Create("ann"));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(LogIn("ann", kPassword)) << i;
}

TEST_F(IdentityLogicTest, LogInsThatWeCouldNotAnswerAreNoFailures) {
  ASSERT_TRUE(Create("ann"));
  CallContext late;
  late.deadline = Deadline{clock_.SteadyNow() - 1s};
  for (int i = 0; i < 10; ++i) {
    const auto outcome = Await<Result<LogInOutcome>>(runtime_, [&] {
      return logic_.LogIn(late, "ann", Sensitive<std::string>("something else"));
    });
    EXPECT_EQ(outcome.error().code, Code::kDeadlineExceeded);
  }
  EXPECT_TRUE(LogIn("ann", kPassword));
}

Task<int> GuessAtOnce(IdentityLogic* logic, int guesses) {
  std::vector<Task<Result<LogInOutcome>>> tasks;
  for (int i = 0; i < guesses; ++i) {
    tasks.push_back(
        logic->LogIn(CallContext{}, "ann", Sensitive<std::string>("guess" + std::to_string(i))));
  }
  int checked = 0;
  for (const auto& outcome : co_await WhenAll(std::move(tasks))) {
    if (outcome.error().code == Code::kUnauthenticated) ++checked;
  }
  co_return checked;
}

TEST_F(IdentityLogicTest, ManyGuessesAtOnceGainNothing) {
  ASSERT_TRUE(Create("ann"));
  EXPECT_EQ(Await<int>(runtime_, [&] { return GuessAtOnce(&logic_, 30); }), 5);
}

TEST_F(IdentityLogicTest, ASignatureNeedsTheSignersOwnPassword) {
  const auto ann = Create("ann");
  ASSERT_TRUE(ann);
  ASSERT_TRUE(Create("bob"));
  const auto sign = [&](Principal signer, const std::string& password) {
    CallContext context;
    context.principal = std::make_shared<const Principal>(std::move(signer));
    return Await<Result<User>>(runtime_, [&] {
      return logic_.ConfirmSignature(context, Sensitive<std::string>(password));
    });
  };
  const Principal as_ann{.subject = ann->id, .name = "ann", .grants = {}};
  const auto signed_by = sign(as_ann, kPassword);
  ASSERT_TRUE(signed_by);
  EXPECT_EQ(signed_by->display_name, "Dr ann");
  EXPECT_EQ(sign(as_ann, "something else").error().code, Code::kUnauthenticated);
  // A token that says one person by id and another by name signs for neither.
  EXPECT_EQ(sign({.subject = ann->id, .name = "bob", .grants = {}}, kPassword).error().code,
            Code::kUnauthenticated);
  EXPECT_EQ(
      sign({.subject = "monitor", .name = "monitor", .is_service = true}, kPassword).error().code,
      Code::kPermissionDenied);
  for (int i = 0; i < 4; ++i) (void)sign(as_ann, "something else");
  EXPECT_EQ(sign(as_ann, kPassword).error().code, Code::kResourceExhausted)
      << "guesses count as failed log-ins";
}

TEST_F(IdentityLogicTest, NeitherNamesNorPasswordsAreLogged) {
  ASSERT_TRUE(Create("ann.canary"));
  ASSERT_TRUE(LogIn("ann.canary", kPassword));
  (void)LogIn("ann.canary", "a wrong password");
  (void)LogIn("nobody.canary", kPassword);
  (void)logic_.IssueServiceToken("monitor", Sensitive<std::string>("a wrong secret"));
  EXPECT_TRUE(log_->HasMessage("logged in"));
  for (const char* secret : {"canary", kPassword, "a wrong password", kSecret, "a wrong secret"}) {
    EXPECT_FALSE(log_->Contains(secret)) << secret;
  }
}

TEST_F(IdentityLogicTest, GivesNoRoleThatThereIsNot) {
  const auto user = Create("ann");
  const auto granted = GrantRole(Administrator(), user->id, {"boss", "S1", "*"});
  ASSERT_FALSE(granted);
  EXPECT_THAT(granted.error().violations.at(0).description, HasSubstr("investigator"));
}

TEST_F(IdentityLogicTest, GrantingTwiceGivesOneRole) {
  const auto user = Create("ann");
  ASSERT_TRUE(GrantRole(Administrator(), user->id, {"cra", "S1", "*"}));
  EXPECT_THAT(GrantRole(Administrator(), user->id, {"cra", "S1", "*"})->grants, SizeIs(1));
}

TEST_F(IdentityLogicTest, AnAdministratorOfOneStudyCannotReachBeyondIt) {
  const auto user = Create("ann");
  const CallContext one_study = As({{"administrator", "S1", "*"}});
  EXPECT_TRUE(GrantRole(one_study, user->id, {"cra", "S1", "701"}));
  EXPECT_EQ(GrantRole(one_study, user->id, {"cra", "S2", "*"}).error().code,
            Code::kPermissionDenied);
  EXPECT_EQ(GrantRole(one_study, user->id, {"administrator", "*", "*"}).error().code,
            Code::kPermissionDenied);
}

TEST_F(IdentityLogicTest, RolesBeyondWhatTheCallerManagesAreNotShown) {
  const auto user = Create("ann");
  ASSERT_TRUE(GrantRole(Administrator(), user->id, {"cra", "S1", "702"}));
  ASSERT_TRUE(GrantRole(Administrator(), user->id, {"cra", "S2", "*"}));
  const CallContext one_site = As({{"administrator", "S1", "701"}});
  const auto granted = GrantRole(one_site, user->id, {"cra", "S1", "701"});
  ASSERT_TRUE(granted);
  EXPECT_THAT(granted->grants, ElementsAre(Grant{"cra", "S1", "701"}));
  const auto page =
      Await<Result<UserPage>>(runtime_, [&] { return logic_.ListUsers(one_site, 0, ""); });
  ASSERT_THAT(page->users, SizeIs(1));
  EXPECT_THAT(page->users[0].grants, ElementsAre(Grant{"cra", "S1", "701"}));
}

TEST_F(IdentityLogicTest, ListsUsersInPages) {
  for (const char* name : {"cid", "ann", "bob"}) ASSERT_TRUE(Create(name));
  const auto list = [&](const std::string& token) {
    return *Await<Result<UserPage>>(runtime_,
                                    [&] { return logic_.ListUsers(Administrator(), 2, token); });
  };
  const auto first = list("");
  ASSERT_THAT(first.users, SizeIs(2));
  EXPECT_EQ(first.users[0].username, "ann");
  const auto second = list(first.next_page_token);
  ASSERT_THAT(second.users, SizeIs(1));
  EXPECT_EQ(second.users[0].username, "cid");
  EXPECT_EQ(second.next_page_token, "");
}

TEST_F(IdentityLogicTest, AServiceWithTheSecretGetsAToken) {
  const auto token = logic_.IssueServiceToken("monitor", Sensitive<std::string>(kSecret));
  ASSERT_TRUE(token);
  const auto claims = Verify(*token);
  ASSERT_TRUE(claims);
  EXPECT_TRUE(claims->principal.is_service);
  EXPECT_EQ(claims->principal.name, "monitor");
}

TEST_F(IdentityLogicTest, AServiceWithAnotherSecretGetsNone) {
  EXPECT_EQ(logic_.IssueServiceToken("monitor", Sensitive<std::string>("wrong")).error().code,
            Code::kUnauthenticated);
  EXPECT_EQ(logic_.IssueServiceToken("Mon itor", Sensitive<std::string>(kSecret)).error().code,
            Code::kInvalidArgument);
}

TEST_F(IdentityLogicTest, WithoutASecretNoServiceIsLetIn) {
  const IdentityLogic open{IdentityParts{store_, passwords_, throttle_, tokens_, authorizer_,
                                         clock_, Logger(), metrics_},
                           Roles(), Sensitive<std::string>()};
  EXPECT_EQ(open.IssueServiceToken("monitor", Sensitive<std::string>()).error().code,
            Code::kUnauthenticated);
}

TEST_F(IdentityLogicTest, EnsuringAUserTwiceAddsRolesAndKeepsThePassword) {
  ASSERT_TRUE(Ensure({{"cra", "S1", "*"}}));
  const auto again = Ensure({{"auditor", "S1", "*"}}, "another password");
  ASSERT_TRUE(again);
  EXPECT_THAT(again->grants, SizeIs(2));
  EXPECT_TRUE(LogIn("demo", kPassword));
}

TEST_F(IdentityLogicTest, TheFirstStartMakesAnAdministrator) {
  ASSERT_TRUE(Bootstrap(kPassword));
  const auto outcome = LogIn("admin", kPassword);
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->user.grants, ElementsAre(Grant{"administrator", "*", "*"}));
}

TEST_F(IdentityLogicTest, ALaterStartMakesNone) {
  ASSERT_TRUE(Create("ann"));
  ASSERT_TRUE(Bootstrap(kPassword));
  EXPECT_EQ(LogIn("admin", kPassword).error().code, Code::kUnauthenticated);
}

TEST_F(IdentityLogicTest, AStartWithoutUserAndPasswordWarns) {
  EXPECT_TRUE(Bootstrap(""));
  EXPECT_EQ(log_->Count(LogLevel::kWarning), 1u);
  EXPECT_EQ(Bootstrap("short").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace vedette::identity
