// SPDX-License-Identifier: Apache-2.0
#include "services/identity/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"

namespace vedette::identity {
namespace {

using ::testing::ElementsAre;

class IdentityStoreTest : public ::testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  template <class T>
  T Run(std::move_only_function<Task<T>()> work) {
    return Await<T>(runtime_, std::move(work));
  }

  Result<User> Create(const std::string& username) {
    const User user{.id = NewUuid(FakeClock::kStart).ToString(),
                    .username = username,
                    .display_name = "Dr " + username,
                    .grants = {},
                    .created_at = FakeClock::kStart};
    const Status status = Run<Status>(
        [&] { return store_.Create(Deadline::None(), Credentials{user, "hash of " + username}); });
    if (!status) return std::unexpected(status.error());
    return user;
  }

  Result<std::optional<Credentials>> Find(const std::string& username) {
    return Run<Result<std::optional<Credentials>>>(
        [&] { return store_.FindByUsername(Deadline::None(), username); });
  }

  Result<User> AddGrants(const std::string& id, std::vector<Grant> grants) {
    return Run<Result<User>>([&] {
      return store_.AddGrants(Deadline::None(), id, grants, FakeClock::kStart, "tester");
    });
  }

  std::vector<User> List(const std::string& after, std::int64_t limit) {
    return *Run<Result<std::vector<User>>>(
        [&] { return store_.List(Deadline::None(), after, limit); });
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ = testkit::OpenTestDatabase(GetParam(), runtime_, Migrations());
  IdentityStore store_{*database_};
};

VEDETTE_ON_BOTH_DATABASES(IdentityStoreTest);

TEST_P(IdentityStoreTest, FindsAUserByName) {
  const auto user = Create("ann");
  ASSERT_TRUE(user);
  const auto found = Find("ann");
  ASSERT_TRUE(found && found->has_value());
  EXPECT_EQ((*found)->user, *user);
  EXPECT_EQ((*found)->password_hash, "hash of ann");
  EXPECT_EQ(Run<Result<User>>([&] { return store_.Get(Deadline::None(), user->id); }), user);
}

TEST_P(IdentityStoreTest, AnUnknownNameIsNoError) {
  const auto found = Find("ann");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->has_value());
}

TEST_P(IdentityStoreTest, AnUnknownIdIsNotFound) {
  const auto get = Run<Result<User>>([&] { return store_.Get(Deadline::None(), "nobody"); });
  EXPECT_EQ(get.error().code, Code::kNotFound);
  EXPECT_EQ(AddGrants("nobody", {{"cra", "S1", "*"}}).error().code, Code::kNotFound);
}

TEST_P(IdentityStoreTest, ATakenNameNamesTheField) {
  ASSERT_TRUE(Create("ann"));
  const auto again = Create("ann");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().violations.at(0).field, "username");
}

TEST_P(IdentityStoreTest, GrantsAreGivenOnce) {
  const auto user = Create("ann");
  const Grant cra{"cra", "S1", "701"};
  const Grant auditor{"auditor", "*", "*"};
  EXPECT_THAT(AddGrants(user->id, {cra, auditor})->grants, ElementsAre(auditor, cra));
  EXPECT_THAT(AddGrants(user->id, {cra})->grants, ElementsAre(auditor, cra));
  EXPECT_THAT((*Find("ann"))->user.grants, ElementsAre(auditor, cra));
}

TEST_P(IdentityStoreTest, ListsUsersByNameWithTheirGrants) {
  for (const char* name : {"cid", "ann", "bob"}) {
    ASSERT_TRUE(AddGrants(Create(name)->id, {{"cra", "S1", name}}));
  }
  const auto first = List("", 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].username, "ann");
  EXPECT_THAT(first[0].grants, ElementsAre(Grant{"cra", "S1", "ann"}));
  EXPECT_EQ(first[1].username, "bob");
  const auto second = List("bob", 2);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_THAT(second[0].grants, ElementsAre(Grant{"cra", "S1", "cid"}));
}

TEST_P(IdentityStoreTest, KnowsWhetherThereIsAnyUser) {
  const auto empty = [&] {
    return Run<Result<bool>>([&] { return store_.IsEmpty(Deadline::None()); });
  };
  EXPECT_EQ(empty(), true);
  ASSERT_TRUE(Create("ann"));
  EXPECT_EQ(empty(), false);
}

}  // namespace
}  // namespace vedette::identity
