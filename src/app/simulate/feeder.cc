// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/feeder.h"

#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/monitor/v1/monitor.vedette.h>
#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <algorithm>
#include <map>

#include "model/study_time.h"

namespace vedette::simulate {
namespace {

constexpr std::chrono::seconds kTimeout(30);
constexpr std::size_t kBatch = 1000;

const std::string& StudyId() {
  static const std::string id(StudyModel::Id());
  return id;
}

template <class T>
Status UnlessThere(const Result<T>& result) {
  if (result || result.error().code == Code::kAlreadyExists) return {};
  return Fail(result.error());
}

rule::v1::Comparison ToProto(RuleComparison comparison) {
  switch (comparison) {
    case RuleComparison::kGreater:
      return rule::v1::GREATER_THAN;
    case RuleComparison::kGreaterOrEqual:
      return rule::v1::GREATER_OR_EQUAL;
    case RuleComparison::kLess:
      return rule::v1::LESS_THAN;
  }
  return rule::v1::COMPARISON_UNSPECIFIED;
}

rule::v1::Severity ToProto(RuleSeverity severity) {
  switch (severity) {
    case RuleSeverity::kInfo:
      return rule::v1::INFO;
    case RuleSeverity::kWarning:
      return rule::v1::WARNING;
    case RuleSeverity::kCritical:
      return rule::v1::CRITICAL;
  }
  return rule::v1::SEVERITY_UNSPECIFIED;
}

}  // namespace

Task<Result<std::optional<Timestamp>>> FindCreation(app::Session& session) {
  const auto trial = trial::v1::MakeTrialClient(session.channel());
  VEDETTE_CO_TRY(CallContext context, co_await session.Context(kTimeout));
  trial::v1::GetStudyRequest request;
  request.set_study_id(StudyId());
  const auto study = co_await trial->GetStudy(std::move(context), std::move(request));
  if (study) co_return Timestamp(std::chrono::seconds(study->created_at()));
  if (study.error().code == Code::kNotFound) co_return std::nullopt;
  co_return Fail(study.error());
}

struct Feeder::Apis {
  explicit Apis(const std::shared_ptr<rpc::Channel>& channel)
      : identity(identity::v1::MakeIdentityClient(channel)),
        trial(trial::v1::MakeTrialClient(channel)),
        subject(subject::v1::MakeSubjectClient(channel)),
        rule(rule::v1::MakeRuleClient(channel)),
        monitor(monitor::v1::MakeMonitorClient(channel)) {}

  std::unique_ptr<identity::v1::IdentityApi> identity;
  std::unique_ptr<trial::v1::TrialApi> trial;
  std::unique_ptr<subject::v1::SubjectApi> subject;
  std::unique_ptr<rule::v1::RuleApi> rule;
  std::unique_ptr<monitor::v1::MonitorApi> monitor;
};

Feeder::Feeder(const StudyModel& model, app::Session& session, const Clock& clock)
    : model_(model),
      session_(session),
      clock_(clock),
      apis_(std::make_unique<Apis>(session.channel())) {}

Feeder::~Feeder() = default;

Task<Status> Feeder::PutStudy() {
  VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
  trial::v1::CreateStudyRequest study;
  study.set_id(StudyId());
  study.set_name(std::string(StudyModel::Name()));
  study.set_phase("3");
  VEDETTE_CO_CHECK_OK(UnlessThere(co_await apis_->trial->CreateStudy(context, study)));

  trial::v1::PutSitesRequest sites;
  sites.set_study_id(StudyId());
  for (const SiteModel& site : model_.Sites()) {
    trial::v1::Site& added = *sites.add_sites();
    added.set_id(site.id);
    added.set_name(site.name);
    added.set_country(site.country);
  }
  VEDETTE_CO_CHECK_OK(co_await apis_->trial->PutSites(context, sites));

  trial::v1::PutItemsRequest items;
  items.set_study_id(StudyId());
  for (const ItemModel& item : model_.Items()) {
    trial::v1::Item& added = *items.add_items();
    added.set_code(item.code);
    added.set_name(item.name);
    added.set_domain(item.domain);
    added.set_type(trial::v1::NUMBER);
    added.set_unit(item.unit);
    added.set_plausible_low(item.plausible_low);
    added.set_plausible_high(item.plausible_high);
  }
  VEDETTE_CO_CHECK_OK(co_await apis_->trial->PutItems(context, items));
  co_return Status();
}

Task<Status> Feeder::PutSubjects() {
  for (const SubjectModel& subject : model_.Subjects()) {
    VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
    subject::v1::CreateSubjectRequest request;
    request.set_project_id(StudyId());
    request.set_site_id(model_.Sites()[subject.site].id);
    request.set_subject_number(subject.number);
    request.set_name(subject.name);
    request.set_mobile(subject.mobile);
    request.set_age(subject.age);
    request.set_sex(subject.sex);
    VEDETTE_CO_CHECK_OK(UnlessThere(co_await apis_->subject->CreateSubject(context, request)));
  }
  co_return Status();
}

Task<Status> Feeder::PutRule(RuleModel rule) {
  VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
  rule::v1::CreateRuleVersionRequest version;
  version.set_study_id(StudyId());
  version.set_rule_id(rule.id);
  version.set_name(rule.name);
  version.set_message(rule.message);
  version.set_severity(ToProto(rule.severity));
  rule::v1::Condition& condition = *version.mutable_condition();
  condition.set_item(rule.item);
  condition.set_comparison(ToProto(rule.comparison));
  condition.set_threshold(rule.threshold);
  condition.set_unit(std::ranges::find(model_.Items(), rule.item, &ItemModel::code)->unit);
  VEDETTE_CO_CHECK_OK(co_await apis_->rule->CreateRuleVersion(context, version));
  rule::v1::ActivateRuleRequest activate;
  activate.set_study_id(StudyId());
  activate.set_rule_id(rule.id);
  VEDETTE_CO_CHECK_OK(co_await apis_->rule->ActivateRule(context, activate));
  co_return Status();
}

Task<Status> Feeder::SetUp() {
  VEDETTE_CO_CHECK_OK(co_await PutStudy());
  VEDETTE_CO_CHECK_OK(co_await PutSubjects());
  VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
  rule::v1::ListRulesRequest list;
  list.set_study_id(StudyId());
  list.set_status("active");
  VEDETTE_CO_TRY(const rule::v1::ListRulesResponse active,
                 co_await apis_->rule->ListRules(context, list));
  for (const RuleModel& rule : model_.Rules()) {
    const bool there = std::ranges::any_of(
        active.rules(),
        [&](const rule::v1::RuleVersion& version) { return version.rule_id() == rule.id; });
    if (!there) VEDETTE_CO_CHECK_OK(co_await PutRule(rule));
  }
  co_return Status();
}

Task<Status> Feeder::AddUser(DemoUser user) {
  VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
  identity::v1::CreateUserRequest create;
  create.set_username(user.username);
  create.set_display_name("Demo medical monitor");
  create.set_password(user.password.Reveal());
  Result<identity::v1::User> created = co_await apis_->identity->CreateUser(context, create);
  VEDETTE_CO_CHECK_OK(UnlessThere(created));
  if (!created) co_return Status();
  identity::v1::GrantRoleRequest grant;
  grant.set_user_id(created->id());
  grant.mutable_grant()->set_role("medical_monitor");
  grant.mutable_grant()->set_study_id("*");
  grant.mutable_grant()->set_site_id("*");
  VEDETTE_CO_CHECK_OK(co_await apis_->identity->GrantRole(context, grant));
  co_return Status();
}

Task<Result<std::int64_t>> Feeder::Send(std::vector<SimulatedObservation> observations) {
  std::int64_t alerts = 0;
  std::map<std::string, std::vector<const SimulatedObservation*>> by_source;
  for (const auto& observation : observations)
    by_source[observation.source].push_back(&observation);
  for (const auto& [source, group] : by_source) {
    for (std::size_t first = 0; first < group.size(); first += kBatch) {
      VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
      monitor::v1::RecordRequest request;
      request.set_study_id(StudyId());
      request.set_source(source);
      for (std::size_t i = first; i < std::min(first + kBatch, group.size()); ++i) {
        const SimulatedObservation& observation = *group[i];
        const ItemModel& item = model_.Items()[observation.item];
        monitor::v1::Observation& added = *request.add_events();
        added.set_subject_number(model_.Subjects()[observation.subject].number);
        added.set_item(item.code);
        added.set_unit(item.unit);
        added.set_time(FormatStudyTime({observation.time,
                                        static_cast<std::int16_t>(observation.offset_minutes),
                                        TimePrecision::kSecond}));
        added.set_idempotency_key(observation.key);
        if (observation.value) {
          added.set_number(*observation.value);
        } else {
          added.set_absent_reason("NOT DONE");
        }
      }
      VEDETTE_CO_TRY(const monitor::v1::RecordResponse response,
                     co_await apis_->monitor->Record(context, std::move(request)));
      alerts += response.alerts_raised();
    }
  }
  co_return alerts;
}

}  // namespace vedette::simulate
