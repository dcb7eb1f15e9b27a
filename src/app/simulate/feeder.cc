// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/feeder.h"

#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/monitor/v1/monitor.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <algorithm>
#include <cmath>
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

trial::v1::ItemType ToProto(ItemKind kind) {
  switch (kind) {
    case ItemKind::kNumber:
      return trial::v1::NUMBER;
    case ItemKind::kText:
      return trial::v1::TEXT;
    case ItemKind::kTime:
      return trial::v1::TIME;
    case ItemKind::kBoolean:
      return trial::v1::BOOLEAN;
  }
  return trial::v1::ITEM_TYPE_UNSPECIFIED;
}

trial::v1::ItemRole ToProto(ItemUse use) {
  switch (use) {
    case ItemUse::kField:
      return trial::v1::FIELD;
    case ItemUse::kAttribute:
      return trial::v1::ATTRIBUTE;
    default:
      return trial::v1::SERIES;
  }
}

void Fill(const ItemModel& item, trial::v1::Item& to) {
  to.set_code(item.code);
  to.set_name(item.name);
  to.set_domain(item.domain);
  to.set_type(ToProto(item.kind));
  to.set_role(ToProto(item.use));
  to.set_unit(item.unit);
  to.set_rule_name(item.rule_name);
  to.set_form(item.form);
  to.set_codelist(item.codelist);
  to.set_unblinding(item.unblinding);
  if (item.kind != ItemKind::kNumber) return;
  to.set_plausible_low(item.plausible_low);
  to.set_plausible_high(item.plausible_high);
}

void Fill(const SimulatedObservation& from,
          const SubjectModel& subject,
          const ItemModel& item,
          monitor::v1::Observation& to) {
  to.set_subject_number(subject.number);
  to.set_item(item.code);
  to.set_time(FormatStudyTime(
      {from.time, static_cast<std::int16_t>(from.offset_minutes), TimePrecision::kSecond}));
  to.set_idempotency_key(from.key);
  to.set_row(from.row);
  to.set_corrects(from.corrects);
  to.set_withdrawn(from.withdrawn);
  if (from.withdrawn) return;
  if (from.value) {
    to.set_number(*from.value);
    to.set_unit(item.unit);
    if (!std::isnan(item.range_low)) to.set_range_low(item.range_low);
    if (!std::isnan(item.range_high)) to.set_range_high(item.range_high);
  } else if (!from.text.empty()) {
    to.set_text(from.text);
  } else {
    to.set_absent_reason("NOT DONE");
  }
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
        monitor(monitor::v1::MakeMonitorClient(channel)) {}

  std::unique_ptr<identity::v1::IdentityApi> identity;
  std::unique_ptr<trial::v1::TrialApi> trial;
  std::unique_ptr<subject::v1::SubjectApi> subject;
  std::unique_ptr<monitor::v1::MonitorApi> monitor;
};

Feeder::Feeder(const StudyModel& model, app::Session& session)
    : model_(model), session_(session), apis_(std::make_unique<Apis>(session.channel())) {}

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
  for (const ItemModel& item : model_.Items()) Fill(item, *items.add_items());
  VEDETTE_CO_CHECK_OK(co_await apis_->trial->PutItems(context, items));
  co_return Status();
}

Task<Status> Feeder::PutDesign() {
  VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
  trial::v1::PutDesignRequest request;
  request.set_study_id(StudyId());
  trial::v1::StudyDesign& design = *request.mutable_design();
  for (std::size_t i = 0; i < Visits().size(); ++i) {
    const VisitModel& visit = Visits()[i];
    trial::v1::Visit& added = *design.add_visits();
    added.set_code(std::string(visit.code));
    added.set_name(std::string(visit.name));
    added.set_day(visit.days + 1);  // the first dose is on day 1
    added.set_window_before(kVisitWindow);
    added.set_window_after(kVisitWindow);
    added.set_item(model_.Items()[kFirstVisit + i].code);
  }
  trial::v1::Form& form = *design.add_forms();
  form.set_name("AE");
  form.set_label("Adverse events");
  form.set_repeating(true);
  for (const CodelistModel& list : MakeCodelists()) {
    trial::v1::Codelist& added = *design.add_codelists();
    added.set_name(std::string(list.name));
    for (const std::string_view term : list.terms) added.add_terms(std::string(term));
  }
  trial::v1::KeyRiskIndicator& indicator = *design.add_indicators();
  indicator.set_id("AE_RATE");
  indicator.set_name("Adverse events a day on study");
  indicator.set_numerator_form("AE");
  indicator.set_denominator("days");
  indicator.set_minimum_denominator(30);
  design.set_first_dose(model_.Items()[kFirstDose].rule_name);
  design.set_visit_reference(model_.Items()[kFirstDose].rule_name);
  design.set_grading_version("ctcae5");
  VEDETTE_CO_CHECK_OK(co_await apis_->trial->PutDesign(context, std::move(request)));
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

Task<Status> Feeder::SetUp() {
  VEDETTE_CO_CHECK_OK(co_await PutStudy());
  VEDETTE_CO_CHECK_OK(co_await PutDesign());
  co_return co_await PutSubjects();
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
        Fill(observation, model_.Subjects()[observation.subject], model_.Items()[observation.item],
             *request.add_events());
      }
      VEDETTE_CO_TRY(const monitor::v1::RecordResponse response,
                     co_await apis_->monitor->Record(context, std::move(request)));
      alerts += response.alerts_raised();
    }
  }
  co_return alerts;
}

}  // namespace vedette::simulate
