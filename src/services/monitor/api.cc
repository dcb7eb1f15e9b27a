// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/api.h"

#include <vedette/monitor/v1/monitor.vedette.h>

#include <chrono>
#include <utility>

namespace vedette::monitor {
namespace {

GivenObservation FromProto(v1::Observation& message) {
  GivenObservation given{
      .subject_number = std::move(*message.mutable_subject_number()),
      .item = std::move(*message.mutable_item()),
      .comparator = std::move(*message.mutable_comparator()),
      .absent_reason = std::move(*message.mutable_absent_reason()),
      .unit = std::move(*message.mutable_unit()),
      .time = std::move(*message.mutable_time()),
      .idempotency_key = std::move(*message.mutable_idempotency_key()),
  };
  if (message.has_number()) given.number = message.number();
  if (message.has_text()) given.text = std::move(*message.mutable_text());
  return given;
}

v1::Alert ToProto(EnrichedAlert enriched) {
  const AlertRecord& alert = *enriched.alert;
  v1::Alert message;
  message.set_alert_id(alert.id.ToString());
  message.set_rule_name(std::move(enriched.rule_name));
  message.set_patient_id(alert.subject_id);
  message.set_message(alert.message);
  message.set_timestamp(
      std::chrono::floor<std::chrono::seconds>(alert.raised_at).time_since_epoch().count());
  message.set_rule_id(alert.rule_id);
  message.set_rule_version(alert.rule_version);
  message.set_severity(static_cast<rule::v1::Severity>(alert.severity));
  message.set_subject_number(alert.subject_number);
  message.set_subject_name(std::move(enriched.subject_name));
  message.set_site_id(alert.site_id);
  message.set_item(alert.item);
  message.set_event_time(ToUnixMicros(alert.event_time));
  message.set_raised_at(ToUnixMicros(alert.raised_at));
  message.set_sequence(alert.sequence);
  return message;
}

v1::Evidence EvidenceOf(const AlertRecord& alert) {
  v1::Evidence message;
  message.set_rule_version_id(alert.rule_version_id);
  message.set_rule_content_hash(alert.rule_content_hash);
  message.set_event_id(alert.event_id.ToString());
  message.set_expression(alert.expression);
  message.set_value(alert.value);
  message.set_value_comparator(std::string(ComparatorText(alert.value_comparator)));
  message.set_unit(alert.unit);
  message.set_threshold(alert.threshold);
  message.set_comparison(static_cast<rule::v1::Comparison>(alert.comparison));
  message.set_source(alert.source);
  message.set_event_time(ToUnixMicros(alert.event_time));
  message.set_received_at(ToUnixMicros(alert.received_at));
  return message;
}

void ToProto(AlertCount count, v1::AlertCount* message) {
  message->set_key(std::move(count.key));
  message->set_alerts(count.alerts);
  message->set_subjects(count.subjects);
}

void ToProto(SeriesPoint point, v1::SeriesPoint* message) {
  message->set_event_id(point.event_id.ToString());
  message->set_time(ToUnixMicros(point.time));
  if (const auto* number = std::get_if<NumberValue>(&point.value)) {
    message->set_number(number->number);
    message->set_comparator(std::string(ComparatorText(number->comparator)));
  } else if (auto* text = std::get_if<TextValue>(&point.value)) {
    message->set_text(std::move(text->text));
  } else {
    message->set_absent_reason(std::move(std::get<AbsentValue>(point.value).reason));
  }
  for (const Uuid& id : point.alert_ids) message->add_alert_ids(id.ToString());
}

void ToProto(rules::RuleSpec spec, v1::Threshold* message) {
  message->set_rule_id(std::move(spec.rule_id));
  message->set_rule_name(std::move(spec.name));
  message->set_comparison(static_cast<rule::v1::Comparison>(spec.comparison));
  message->set_value(spec.threshold);
  message->set_severity(static_cast<rule::v1::Severity>(spec.severity));
}

class StreamSink final : public AlertSink {
 public:
  explicit StreamSink(rpc::StreamWriter<v1::Alert>& writer) : writer_(writer) {}
  Task<bool> Accept() override { co_return co_await writer_.Accept(); }
  Task<bool> Write(EnrichedAlert alert) override {
    co_return co_await writer_.Write(ToProto(std::move(alert)));
  }

 private:
  rpc::StreamWriter<v1::Alert>& writer_;
};

class MonitorApiOverParts final : public v1::MonitorApi {
 public:
  MonitorApiOverParts(Recorder& recorder, AlertReader& reader)
      : recorder_(recorder), reader_(reader) {}

  Task<Result<v1::RecordResponse>> Record(CallContext context, v1::RecordRequest request) override {
    std::vector<GivenObservation> given;
    given.reserve(static_cast<std::size_t>(request.events_size()));
    for (v1::Observation& event : *request.mutable_events()) given.push_back(FromProto(event));
    VEDETTE_CO_TRY(const RecordOutcome outcome,
                   co_await recorder_.Record(
                       std::move(context), std::move(*request.mutable_study_id()),
                       std::move(*request.mutable_source()), std::move(given), request.dry_run()));
    v1::RecordResponse response;
    response.set_recorded(outcome.recorded);
    response.set_duplicates(outcome.duplicates);
    response.set_alerts_raised(outcome.alerts_raised());
    co_return response;
  }

  Task<Result<v1::ListProjectAlertsResponse>> ListProjectAlerts(
      CallContext context, v1::ListProjectAlertsRequest request) override {
    AlertQuery query{.study_id = std::move(*request.mutable_project_id()),
                     .before = request.before(),
                     .rule_id = std::move(*request.mutable_rule_id()),
                     .limit = request.page_size()};
    VEDETTE_CO_TRY(auto page, co_await reader_.List(std::move(context), std::move(query),
                                                    std::move(*request.mutable_site_id())));
    v1::ListProjectAlertsResponse response;
    response.mutable_alerts()->Reserve(static_cast<int>(page.alerts.size()));
    for (EnrichedAlert& alert : page.alerts) *response.add_alerts() = ToProto(std::move(alert));
    response.set_next_before(page.next_before);
    co_return response;
  }

  Task<Status> WatchProjectAlerts(CallContext context,
                                  v1::WatchProjectAlertsRequest request,
                                  rpc::StreamWriter<v1::Alert>& writer) override {
    StreamSink sink(writer);
    co_return co_await reader_.Watch(std::move(context), std::move(*request.mutable_project_id()),
                                     request.after(), sink);
  }

  Task<Result<v1::AlertDetail>> GetAlert(CallContext context,
                                         v1::GetAlertRequest request) override {
    VEDETTE_CO_TRY(auto alert,
                   co_await reader_.Get(std::move(context), std::move(*request.mutable_study_id()),
                                        std::move(*request.mutable_alert_id())));
    v1::AlertDetail detail;
    *detail.mutable_evidence() = EvidenceOf(*alert.alert);
    *detail.mutable_alert() = ToProto(std::move(alert));
    co_return detail;
  }

  Task<Result<v1::AlertSummary>> GetAlertSummary(CallContext context,
                                                 v1::GetAlertSummaryRequest request) override {
    VEDETTE_CO_TRY(auto summary, co_await reader_.Summarize(
                                     std::move(context), std::move(*request.mutable_study_id())));
    v1::AlertSummary response;
    response.set_alerts(summary.alerts);
    response.set_subjects(summary.subjects);
    response.set_events(summary.events);
    for (AlertCount& count : summary.by_rule) ToProto(std::move(count), response.add_by_rule());
    for (AlertCount& count : summary.by_site) ToProto(std::move(count), response.add_by_site());
    co_return response;
  }

  Task<Result<v1::Series>> GetSeries(CallContext context, v1::GetSeriesRequest request) override {
    v1::Series response;
    response.set_subject_id(request.subject_id());
    response.set_item(request.item());
    VEDETTE_CO_TRY(auto series, co_await reader_.Series(
                                    std::move(context), std::move(*request.mutable_study_id()),
                                    std::move(*request.mutable_subject_id()),
                                    std::move(*request.mutable_item()), request.limit()));
    response.set_subject_number(std::move(series.subject_number));
    response.set_unit(std::move(series.unit));
    for (SeriesPoint& point : series.points) ToProto(std::move(point), response.add_points());
    for (rules::RuleSpec& spec : series.thresholds) {
      ToProto(std::move(spec), response.add_thresholds());
    }
    co_return response;
  }

 private:
  Recorder& recorder_;
  AlertReader& reader_;
};

}  // namespace

std::unique_ptr<v1::MonitorApi> MakeMonitorApi(Recorder& recorder, AlertReader& reader) {
  return std::make_unique<MonitorApiOverParts>(recorder, reader);
}

}  // namespace vedette::monitor
