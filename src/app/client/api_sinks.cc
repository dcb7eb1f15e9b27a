// SPDX-License-Identifier: Apache-2.0
#include "app/client/api_sinks.h"

#include <vedette/monitor/v1/monitor.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace vedette::app {
namespace {

constexpr std::chrono::seconds kTimeout(60);

void Fill(const formats::Observation& from, monitor::v1::Observation& to) {
  to.set_subject_number(std::string(from.subject_number));
  to.set_item(std::string(from.item));
  to.set_unit(std::string(from.unit));
  to.set_time(std::string(from.time_text));
  to.set_idempotency_key(std::string(from.idempotency_key));
  if (!from.row.empty()) to.set_row(std::string(from.row));
  if (!std::isnan(from.range_low)) to.set_range_low(from.range_low);
  if (!std::isnan(from.range_high)) to.set_range_high(from.range_high);
  switch (from.kind) {
    case formats::ValueKind::kNumber:
      to.set_number(from.number);
      if (from.comparator != 0) to.set_comparator(std::string(1, from.comparator));
      break;
    case formats::ValueKind::kText:
      to.set_text(std::string(from.text));
      break;
    case formats::ValueKind::kAbsent:
      to.set_absent_reason(std::string(from.text));
      break;
  }
}

}  // namespace

struct ApiRecordSink::Api {
  std::unique_ptr<monitor::v1::MonitorApi> monitor;
};

ApiRecordSink::ApiRecordSink(Session& session, std::string study_id, std::string source)
    : session_(session),
      study_id_(std::move(study_id)),
      source_(std::move(source)),
      api_(std::make_unique<Api>(Api{monitor::v1::MakeMonitorClient(session.channel())})) {}

ApiRecordSink::~ApiRecordSink() = default;

Task<Result<importing::RecordOutcome>> ApiRecordSink::Record(
    std::span<const formats::Observation> events, bool dry_run) {
  monitor::v1::RecordRequest request;
  request.set_study_id(study_id_);
  request.set_source(source_);
  request.set_dry_run(dry_run);
  request.mutable_events()->Reserve(static_cast<int>(events.size()));
  for (const formats::Observation& event : events) Fill(event, *request.add_events());
  VEDETTE_CO_TRY(CallContext context, co_await session_.Context(kTimeout));
  VEDETTE_CO_TRY(const monitor::v1::RecordResponse response,
                 co_await api_->monitor->Record(std::move(context), std::move(request)));
  co_return importing::RecordOutcome{response.recorded(), response.duplicates(),
                                     response.alerts_raised()};
}

Task<Result<formats::csv::RecordOptions>> ReadRecordOptions(Session& session,
                                                            std::string study_id) {
  using Kind = formats::csv::RecordField::Kind;
  const auto trial = trial::v1::MakeTrialClient(session.channel());
  VEDETTE_CO_TRY(const CallContext context, co_await session.Context(kTimeout));
  trial::v1::ListItemsRequest list;
  list.set_study_id(study_id);
  VEDETTE_CO_TRY(const trial::v1::ListItemsResponse items,
                 co_await trial->ListItems(context, std::move(list)));
  trial::v1::GetDesignRequest get;
  get.set_study_id(std::move(study_id));
  VEDETTE_CO_TRY(const trial::v1::StudyDesign design,
                 co_await trial->GetDesign(context, std::move(get)));
  formats::csv::RecordOptions options;
  for (const trial::v1::Item& item : items.items()) {
    if (item.role() == trial::v1::SERIES) continue;
    formats::csv::RecordLayout& layout = options.layouts[item.domain()];
    layout.form = item.role() == trial::v1::FIELD;
    layout.fields.push_back({item.code(), item.code(),
                             item.type() == trial::v1::NUMBER ? Kind::kNumber
                             : item.type() == trial::v1::TIME ? Kind::kTime
                                                              : Kind::kText});
  }
  for (const trial::v1::Visit& visit : design.visits()) {
    const std::size_t bar = visit.item().rfind('_');
    if (bar == std::string::npos) continue;
    options.visits.emplace(visit.item().substr(bar + 1), visit.item());
  }
  co_return options;
}

struct ApiSubjectSink::Apis {
  std::unique_ptr<trial::v1::TrialApi> trial;
  std::unique_ptr<subject::v1::SubjectApi> subject;
};

ApiSubjectSink::ApiSubjectSink(Session& session, std::string study_id)
    : session_(session),
      study_id_(std::move(study_id)),
      apis_(std::make_unique<Apis>(Apis{trial::v1::MakeTrialClient(session.channel()),
                                        subject::v1::MakeSubjectClient(session.channel())})) {}

ApiSubjectSink::~ApiSubjectSink() = default;

Task<Status> ApiSubjectSink::AddSites(std::vector<std::string> sites) {
  VEDETTE_CO_TRY(const CallContext context, co_await session_.Context(kTimeout));
  trial::v1::ListSitesRequest list;
  list.set_study_id(study_id_);
  VEDETTE_CO_TRY(const trial::v1::ListSitesResponse known,
                 co_await apis_->trial->ListSites(context, std::move(list)));
  for (const trial::v1::Site& site : known.sites()) std::erase(sites, site.id());
  if (sites.empty()) co_return Status();
  trial::v1::PutSitesRequest put;
  put.set_study_id(study_id_);
  for (std::string& site : sites) put.add_sites()->set_id(std::move(site));
  VEDETTE_CO_CHECK_OK(co_await apis_->trial->PutSites(context, std::move(put)));
  co_return Status();
}

Task<Result<importing::RegisterOutcome>> ApiSubjectSink::Register(
    std::span<const formats::csv::Registration> subjects) {
  subject::v1::RegisterSubjectsRequest request;
  request.set_study_id(study_id_);
  for (const formats::csv::Registration& subject : subjects) {
    subject::v1::SubjectRegistration& added = *request.add_subjects();
    added.set_subject_number(subject.subject_number);
    added.set_site_id(subject.site);
    added.set_age(subject.age);
    added.set_sex(subject.sex);
  }
  VEDETTE_CO_TRY(CallContext context, co_await session_.Context(kTimeout));
  VEDETTE_CO_TRY(const subject::v1::RegisterSubjectsResponse response,
                 co_await apis_->subject->RegisterSubjects(std::move(context), std::move(request)));
  co_return importing::RegisterOutcome{response.created(), response.existing()};
}

}  // namespace vedette::app
