// SPDX-License-Identifier: Apache-2.0
#include "services/subject/logic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/task/runtime.h"
#include "kit/testing/databases.h"
#include "kit/testing/fake_clock.h"
#include "model/role_table.h"

namespace vedette::subject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Study S1 with two sites; or trial is away.
class FakeSites final : public StudySites {
 public:
  bool away = false;

  Task<Result<SiteSet>> SitesOf(CallContext, std::string study_id) override {
    if (away) co_return Fail(Code::kUnavailable, "trial is away");
    if (study_id != "S1") co_return Fail(Code::kNotFound, "There is no such study.");
    co_return SiteSet{"701", "702"};
  }
};

CallContext As(std::vector<Grant> grants) {
  CallContext context;
  context.principal = std::make_shared<const Principal>(
      Principal{.subject = "u1", .name = "ann", .grants = std::move(grants)});
  return context;
}

CallContext Everywhere() { return As({{"administrator", "*", "*"}}); }
CallContext OnSite(const std::string& site) { return As({{"investigator", "S1", site}}); }

NewSubject ZhangSan() {
  return {.name = Sensitive<std::string>("张三"),
          .age = 44,
          .study_id = "S1",
          .site_id = "701",
          .subject_number = "",
          .mobile = Sensitive<std::string>("13812341234"),
          .sex = "M"};
}

class SubjectLogicTest : public ::testing::Test {
 protected:
  Result<Subject> Create(NewSubject subject) {
    return Await<Result<Subject>>(runtime_, [&] { return logic_.Create(Everywhere(), subject); });
  }
  Result<Subject> Get(CallContext context, const std::string& id) {
    return Await<Result<Subject>>(runtime_, [&] { return logic_.Get(context, id); });
  }
  Result<SubjectPage> List(CallContext context,
                           const std::string& site,
                           std::int32_t size,
                           const std::string& token) {
    return Await<Result<SubjectPage>>(
        runtime_, [&] { return logic_.List(context, "S1", site, size, token); });
  }
  Result<RegisterOutcome> Register(CallContext context, std::vector<Registration> registrations) {
    return Await<Result<RegisterOutcome>>(
        runtime_, [&] { return logic_.Register(context, "S1", registrations); });
  }
  static std::vector<std::string> Numbers(const std::vector<Subject>& subjects) {
    std::vector<std::string> numbers;
    for (const Subject& subject : subjects) numbers.push_back(subject.subject_number);
    return numbers;
  }

  Runtime runtime_{2};
  testkit::TestDatabase database_ =
      testkit::OpenTestDatabase(testkit::DatabaseKind::kSqlite, runtime_, Migrations());
  FakeClock clock_;
  Authorizer authorizer_{DefaultRoleTable()};
  std::optional<SealedBox> sealed_box_{KeyRing::Generate()};
  SubjectStore store_{*database_};
  FakeSites sites_;
  SubjectLogic logic_{store_, sites_, sealed_box_, clock_, authorizer_, Logger()};
};

TEST_F(SubjectLogicTest, ShowsANewSubjectMasked) {
  const auto created = Create(ZhangSan());
  ASSERT_TRUE(created);
  EXPECT_EQ(created->name, "张*");
  EXPECT_EQ(created->mobile, "138****1234");
  EXPECT_EQ(created->subject_number, "701-0001");
  EXPECT_EQ(created->status, "enrolled");
  EXPECT_EQ(created->created_at, FakeClock::kStart);
  EXPECT_EQ(Get(Everywhere(), created->id), created);
}

TEST_F(SubjectLogicTest, TheSameNumberCanBeFoundAgainByItsHash) {
  const auto one = Create(ZhangSan());
  const auto other = Create(ZhangSan());
  const auto record = [&](const std::string& id) {
    return *Await<Result<SubjectRecord>>(runtime_,
                                         [&] { return store_.Get(Deadline::None(), id); });
  };
  EXPECT_EQ(record(one->id).mobile_hash, record(other->id).mobile_hash);
  EXPECT_NE(record(one->id).mobile_sealed, record(other->id).mobile_sealed);
}

TEST_F(SubjectLogicTest, WithoutMobileThereIsNone) {
  NewSubject subject = ZhangSan();
  subject.mobile = Sensitive<std::string>();
  const auto created = Create(subject);
  ASSERT_TRUE(created);
  EXPECT_EQ(created->mobile, "");
}

TEST_F(SubjectLogicTest, StudyAndSiteMustExist) {
  NewSubject subject = ZhangSan();
  subject.site_id = "999";
  EXPECT_EQ(Create(subject).error().violations.at(0).field, "siteId");
  subject.study_id = "S9";
  EXPECT_EQ(Create(subject).error().violations.at(0).field, "projectId");
}

TEST_F(SubjectLogicTest, WhileTrialIsAwayNobodyIsEnrolled) {
  sites_.away = true;
  EXPECT_EQ(Create(ZhangSan()).error().code, Code::kUnavailable);
  EXPECT_EQ(Register(Everywhere(), {{"a", "701"}}).error().code, Code::kUnavailable);
}

TEST_F(SubjectLogicTest, SaysWhyAnotherSitesSubjectIsNotShown) {
  const auto created = Create(ZhangSan());
  ASSERT_TRUE(created);
  EXPECT_TRUE(Get(OnSite("701"), created->id));
  const auto denied = Get(OnSite("702"), created->id);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Code::kPermissionDenied);
  EXPECT_EQ(denied.error().message, "Subject belongs to site 701; your role covers site 702.");
}

TEST_F(SubjectLogicTest, TellsAMalformedIdFromAnUnknownOne) {
  const auto malformed = Get(Everywhere(), "1015");
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Get(Everywhere(), "01961234-5678-7abc-8def-0123456789ab").error().code,
            Code::kNotFound);
}

TEST_F(SubjectLogicTest, PagesThroughAStudy) {
  ASSERT_TRUE(Register(Everywhere(), {{"a", "701"}, {"b", "702"}, {"c", "701"}}));
  const auto first = List(Everywhere(), "", 2, "");
  ASSERT_TRUE(first);
  EXPECT_THAT(Numbers(first->subjects), ElementsAre("a", "b"));
  const auto second = List(Everywhere(), "", 2, first->next_page_token);
  ASSERT_TRUE(second);
  EXPECT_THAT(Numbers(second->subjects), ElementsAre("c"));
  EXPECT_EQ(second->next_page_token, "");
}

TEST_F(SubjectLogicTest, APageThatIsJustFullIsTheLast) {
  ASSERT_TRUE(Register(Everywhere(), {{"a", "701"}, {"b", "702"}}));
  EXPECT_EQ(List(Everywhere(), "", 2, "")->next_page_token, "");
}

TEST_F(SubjectLogicTest, ListsTheCallersSitesOnly) {
  ASSERT_TRUE(Register(Everywhere(), {{"a", "701"}, {"b", "702"}, {"c", "701"}}));
  EXPECT_THAT(Numbers(List(OnSite("701"), "", 0, "")->subjects), ElementsAre("a", "c"));
  EXPECT_THAT(Numbers(List(Everywhere(), "702", 0, "")->subjects), ElementsAre("b"));
  EXPECT_EQ(List(OnSite("701"), "702", 0, "").error().code, Code::kPermissionDenied);
  EXPECT_THAT(Numbers(List(Everywhere(), "*", 0, "")->subjects), ElementsAre("a", "b", "c"));
  EXPECT_EQ(List(OnSite("701"), "*", 0, "").error().code, Code::kPermissionDenied);
}

TEST_F(SubjectLogicTest, RegisteringAgainChangesNothing) {
  EXPECT_EQ(Register(Everywhere(), {{"a", "701"}, {"b", "702"}}), (RegisterOutcome{2, 0}));
  EXPECT_EQ(Register(Everywhere(), {{"a", "701"}, {"b", "702"}}), (RegisterOutcome{0, 2}));
}

TEST_F(SubjectLogicTest, RegistersOnTheCallersSitesOnly) {
  const CallContext feed = As({{"integrator", "S1", "701"}});
  EXPECT_TRUE(Register(feed, {{"a", "701"}}));
  EXPECT_EQ(Register(feed, {{"b", "701"}, {"c", "702"}}).error().code, Code::kPermissionDenied);
}

TEST_F(SubjectLogicTest, ResolvesKnownNumbersOfTheCallersSites) {
  ASSERT_TRUE(Register(Everywhere(), {{"a", "701"}, {"b", "702"}}));
  const auto resolve = [&](CallContext context) {
    const auto subjects = Await<Result<std::vector<ResolvedSubject>>>(runtime_, [&] {
      return logic_.Resolve(context, "S1", {"a", "b", "unknown", "\x01\"'; --"});
    });
    std::vector<std::string> numbers;
    for (const auto& subject : subjects.value()) numbers.push_back(subject.subject_number);
    return numbers;
  };
  EXPECT_THAT(resolve(Everywhere()), ElementsAre("a", "b"));
  EXPECT_THAT(resolve(OnSite("702")), ElementsAre("b"));
}

TEST_F(SubjectLogicTest, GetsManyMasked) {
  const auto created = Create(ZhangSan());
  const auto get = [&](CallContext context) {
    return *Await<Result<std::vector<Subject>>>(
        runtime_, [&] { return logic_.GetMany(context, "S1", {created->id, "no id"}); });
  };
  EXPECT_THAT(get(Everywhere()), ElementsAre(*created));
  EXPECT_THAT(get(OnSite("702")), IsEmpty());
}

TEST_F(SubjectLogicTest, WhatAnotherKeySealedIsNotShown) {
  const auto created = Create(ZhangSan());
  sealed_box_.emplace(KeyRing::Generate());
  EXPECT_EQ(Get(Everywhere(), created->id).error().code, Code::kInternal);
}

}  // namespace
}  // namespace vedette::subject
