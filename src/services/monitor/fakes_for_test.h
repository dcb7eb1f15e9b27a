// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kit/task/signal.h"

// The services around monitor, as small as its tests allow. Thread-safe.
namespace vedette::monitor {

// Real steady time, so that waiting works; a calendar that tests set.
class WallClock final : public Clock {
 public:
  Timestamp Now() const override { return system_.Now() + std::chrono::microseconds(shift_); }
  SteadyTime SteadyNow() const override { return system_.SteadyNow(); }
  void Shift(std::chrono::microseconds by) { shift_ = by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> shift_ = 0;
};

inline std::unexpected<Error> NotOffered() { return Fail(Code::kUnimplemented, "not offered"); }
inline std::unexpected<Error> Away() { return Fail(Code::kUnavailable, "away"); }

// Every study has the same items.
class FakeTrial final : public trial::v1::TrialApi {
 public:
  std::atomic<bool> away = false;
  std::atomic<int> readings = 0;

  void AddItem(trial::v1::Item item) {
    const std::scoped_lock lock(mutex_);
    items_.push_back(std::move(item));
  }

  Task<Result<trial::v1::ListItemsResponse>> ListItems(CallContext context,
                                                       trial::v1::ListItemsRequest) override {
    ++readings;
    if (away) co_return Away();
    if (!context.principal->is_service) co_return Fail(Code::kPermissionDenied, "not a service");
    const std::scoped_lock lock(mutex_);
    trial::v1::ListItemsResponse response;
    for (const auto& item : items_) *response.add_items() = item;
    response.set_revision(++revision_);
    co_return response;
  }

  void SetItems(std::vector<trial::v1::Item> items) {
    const std::scoped_lock lock(mutex_);
    items_ = std::move(items);
  }
  void SetDesign(trial::v1::StudyDesign design) {
    const std::scoped_lock lock(mutex_);
    design_ = std::move(design);
  }

  Task<Result<trial::v1::StudyDesign>> GetDesign(CallContext context,
                                                 trial::v1::GetDesignRequest) override {
    if (away) co_return Away();
    if (!context.principal->is_service) co_return Fail(Code::kPermissionDenied, "not a service");
    const std::scoped_lock lock(mutex_);
    co_return design_;
  }

  Task<Result<trial::v1::StudyDesign>> PutDesign(CallContext,
                                                 trial::v1::PutDesignRequest) override {
    co_return NotOffered();
  }
  Task<Result<trial::v1::Study>> CreateStudy(CallContext, trial::v1::CreateStudyRequest) override {
    co_return NotOffered();
  }
  Task<Result<trial::v1::Study>> GetStudy(CallContext, trial::v1::GetStudyRequest) override {
    co_return NotOffered();
  }
  Task<Result<trial::v1::ListStudiesResponse>> ListStudies(CallContext,
                                                           trial::v1::ListStudiesRequest) override {
    co_return NotOffered();
  }
  Task<Result<trial::v1::PutSitesResponse>> PutSites(CallContext,
                                                     trial::v1::PutSitesRequest) override {
    co_return NotOffered();
  }
  Task<Result<trial::v1::ListSitesResponse>> ListSites(CallContext,
                                                       trial::v1::ListSitesRequest) override {
    co_return NotOffered();
  }
  Task<Result<trial::v1::PutItemsResponse>> PutItems(CallContext,
                                                     trial::v1::PutItemsRequest) override {
    co_return NotOffered();
  }

 private:
  std::mutex mutex_;
  std::vector<trial::v1::Item> items_;
  trial::v1::StudyDesign design_;
  std::int64_t revision_ = 0;
};

// Every caller's password is "secret".
class FakeIdentity final : public identity::v1::IdentityApi {
 public:
  Task<Result<identity::v1::ConfirmSignatureResponse>> ConfirmSignature(
      CallContext context, identity::v1::ConfirmSignatureRequest request) override {
    if (request.password() != "secret") {
      co_return Fail(Code::kUnauthenticated, "The password is wrong.");
    }
    identity::v1::ConfirmSignatureResponse response;
    response.set_user_id(context.principal->subject);
    response.set_name("Dr. " + context.principal->name);
    co_return response;
  }

  Task<Result<identity::v1::LogInResponse>> LogIn(CallContext,
                                                  identity::v1::LogInRequest) override {
    co_return NotOffered();
  }
  Task<Result<identity::v1::ListSigningKeysResponse>> ListSigningKeys(
      CallContext, identity::v1::ListSigningKeysRequest) override {
    co_return NotOffered();
  }
  Task<Result<identity::v1::User>> GetMe(CallContext, identity::v1::GetMeRequest) override {
    co_return NotOffered();
  }
  Task<Result<identity::v1::User>> CreateUser(CallContext,
                                              identity::v1::CreateUserRequest) override {
    co_return NotOffered();
  }
  Task<Result<identity::v1::ListUsersResponse>> ListUsers(CallContext,
                                                          identity::v1::ListUsersRequest) override {
    co_return NotOffered();
  }
  Task<Result<identity::v1::User>> GrantRole(CallContext, identity::v1::GrantRoleRequest) override {
    co_return NotOffered();
  }
  Task<Result<identity::v1::IssueServiceTokenResponse>> IssueServiceToken(
      CallContext, identity::v1::IssueServiceTokenRequest) override {
    co_return NotOffered();
  }
};

// Knows the numbers "701-…" and "702-…" of those sites; the id is "id-" and the number.
class FakeSubject final : public subject::v1::SubjectApi {
 public:
  std::atomic<bool> away = false;
  std::atomic<int> resolutions = 0;

  Task<Result<subject::v1::ResolveSubjectsResponse>> ResolveSubjects(
      CallContext, subject::v1::ResolveSubjectsRequest request) override {
    ++resolutions;
    if (away) co_return Away();
    subject::v1::ResolveSubjectsResponse response;
    for (const std::string& number : request.subject_numbers()) {
      if (!number.starts_with("701-") && !number.starts_with("702-")) continue;
      auto& subject = *response.add_subjects();
      subject.set_id("id-" + number);
      subject.set_subject_number(number);
      subject.set_site_id(number.substr(0, 3));
    }
    co_return response;
  }

  Task<Result<subject::v1::BatchGetSubjectsResponse>> BatchGetSubjects(
      CallContext, subject::v1::BatchGetSubjectsRequest request) override {
    if (away) co_return Away();
    subject::v1::BatchGetSubjectsResponse response;
    for (const std::string& id : request.ids()) {
      if (!id.starts_with("id-70")) continue;
      auto& subject = *response.add_subjects();
      subject.set_id(id);
      subject.set_subject_number(id.substr(3));
      subject.set_site_id(id.substr(3, 3));
      subject.set_name("Z*");
    }
    co_return response;
  }

  Task<Result<subject::v1::Subject>> CreateSubject(CallContext,
                                                   subject::v1::CreateSubjectRequest) override {
    co_return NotOffered();
  }
  Task<Result<subject::v1::Subject>> GetSubject(CallContext,
                                                subject::v1::GetSubjectRequest) override {
    co_return NotOffered();
  }
  Task<Result<subject::v1::ListSubjectsResponse>> ListSubjects(
      CallContext, subject::v1::ListSubjectsRequest) override {
    co_return NotOffered();
  }
  Task<Result<subject::v1::GetPatientInfoResponse>> GetPatientInfo(
      CallContext, subject::v1::GetPatientInfoRequest) override {
    co_return NotOffered();
  }
  Task<Result<subject::v1::RegisterSubjectsResponse>> RegisterSubjects(
      CallContext, subject::v1::RegisterSubjectsRequest) override {
    co_return NotOffered();
  }
};

// Tells its watchers all versions at each change, unless it is away or told to keep quiet.
class FakeRule final : public rule::v1::RuleApi {
 public:
  std::atomic<bool> away = false;

  void Put(rule::v1::RuleVersion version) {
    const std::scoped_lock lock(mutex_);
    const std::string id = version.id();
    versions_[id] = std::move(version);
    changed_.Set();
  }
  void Retire(const std::string& id, std::int64_t at) {
    const std::scoped_lock lock(mutex_);
    versions_.at(id).set_status("retired");
    versions_.at(id).set_active_until(at);
    changed_.Set();
  }
  void KeepQuiet(bool quiet) {
    const std::scoped_lock lock(mutex_);
    quiet_ = quiet;
    changed_.Set();
  }

  Task<Status> WatchRules(CallContext,
                          rule::v1::WatchRulesRequest,
                          rpc::StreamWriter<rule::v1::RuleChanges>& writer) override {
    if (away) co_return Away();
    while (true) {
      Signal changed;
      rule::v1::RuleChanges changes;
      bool quiet = false;
      {
        const std::scoped_lock lock(mutex_);
        changed_ = changed;
        quiet = quiet_;
        changes.set_complete(true);
        for (const auto& [id, version] : versions_) *changes.add_rules() = version;
      }
      if (!quiet && !co_await writer.Write(std::move(changes))) co_return Status{};
      if (!co_await changed.Wait()) co_return Fail(Code::kCancelled, "left");
    }
  }

  Task<Result<rule::v1::BatchGetRuleVersionsResponse>> BatchGetRuleVersions(
      CallContext, rule::v1::BatchGetRuleVersionsRequest request) override {
    if (away) co_return Away();
    const std::scoped_lock lock(mutex_);
    rule::v1::BatchGetRuleVersionsResponse response;
    for (const std::string& id : request.ids()) {
      if (const auto found = versions_.find(id); found != versions_.end()) {
        *response.add_rules() = found->second;
      }
    }
    co_return response;
  }

  Task<Result<rule::v1::RuleVersion>> CreateRuleVersion(
      CallContext, rule::v1::CreateRuleVersionRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::CheckRuleResponse>> CheckRule(CallContext,
                                                      rule::v1::CheckRuleRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::RuleVersion>> GetRuleVersion(CallContext,
                                                     rule::v1::GetRuleVersionRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::Backtest>> StartBacktest(CallContext,
                                                 rule::v1::StartBacktestRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::Backtest>> GetBacktest(CallContext, rule::v1::GetBacktestRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::Backtest>> CancelBacktest(CallContext,
                                                  rule::v1::CancelBacktestRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::RuleVersion>> SignRule(CallContext, rule::v1::SignRuleRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::ListRulesResponse>> ListRules(CallContext,
                                                      rule::v1::ListRulesRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::RuleVersion>> ActivateRule(CallContext,
                                                   rule::v1::ActivateRuleRequest) override {
    co_return NotOffered();
  }
  Task<Result<rule::v1::RuleVersion>> RetireRule(CallContext,
                                                 rule::v1::RetireRuleRequest) override {
    co_return NotOffered();
  }

 private:
  std::mutex mutex_;
  bool quiet_ = false;
  Signal changed_;
  std::map<std::string, rule::v1::RuleVersion> versions_;
};

}  // namespace vedette::monitor
