// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/api.h"

#include <vedette/monitor/v1/monitor.vedette.h>

#include <string>
#include <utility>
#include <vector>

#include "services/monitor/history.h"
#include "services/monitor/messages.h"
#include "services/monitor/policy.h"

namespace vedette::monitor {
namespace {

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

class ChunkSink final : public HistorySink {
 public:
  explicit ChunkSink(rpc::StreamWriter<v1::HistoryChunk>& writer) : writer_(writer) {}
  Task<bool> Write(v1::HistoryChunk chunk) override {
    co_return co_await writer_.Write(std::move(chunk));
  }

 private:
  rpc::StreamWriter<v1::HistoryChunk>& writer_;
};

class MonitorApiOverParts final : public v1::MonitorApi {
 public:
  explicit MonitorApiOverParts(ApiParts parts) : parts_(parts) {}

  Task<Result<v1::RecordResponse>> Record(CallContext context, v1::RecordRequest request) override {
    std::vector<GivenObservation> given;
    given.reserve(static_cast<std::size_t>(request.events_size()));
    for (v1::Observation& event : *request.mutable_events()) given.push_back(FromProto(event));
    VEDETTE_CO_TRY(const RecordOutcome outcome,
                   co_await parts_.recorder.Record(
                       std::move(context), std::move(*request.mutable_study_id()),
                       std::move(*request.mutable_source()), std::move(given), request.dry_run()));
    v1::RecordResponse response;
    response.set_recorded(outcome.recorded);
    response.set_duplicates(outcome.duplicates);
    response.set_alerts_raised(outcome.alerts_raised());
    response.set_alerts_retracted(outcome.alerts_retracted);
    response.set_corrections(outcome.corrections);
    co_return response;
  }

  Task<Result<v1::ListProjectAlertsResponse>> ListProjectAlerts(
      CallContext context, v1::ListProjectAlertsRequest request) override {
    AlertQuery query{.study_id = std::move(*request.mutable_project_id()),
                     .before = request.before(),
                     .rule_id = std::move(*request.mutable_rule_id()),
                     .detection = std::move(*request.mutable_detection()),
                     .workflow = std::move(*request.mutable_workflow()),
                     .limit = request.page_size()};
    VEDETTE_CO_TRY(auto page, co_await parts_.reader.List(std::move(context), std::move(query),
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
    co_return co_await parts_.reader.Watch(
        std::move(context), std::move(*request.mutable_project_id()), request.after(), sink);
  }

  Task<Result<v1::AlertDetail>> GetAlert(CallContext context,
                                         v1::GetAlertRequest request) override {
    VEDETTE_CO_TRY(auto detail, co_await parts_.reader.GetDetail(
                                    std::move(context), std::move(*request.mutable_study_id()),
                                    std::move(*request.mutable_alert_id())));
    co_return ToProto(std::move(detail));
  }

  Task<Result<v1::Alert>> ActOnAlert(CallContext context, v1::ActOnAlertRequest request) override {
    const auto action = ParseAction(request.action());
    if (!action) co_return FailField("action", "is not known");
    ActionRequest asked{.action = *action,
                        .close_as = std::move(*request.mutable_close_as()),
                        .text = std::move(*request.mutable_text()),
                        .assignee = std::move(*request.mutable_assignee())};
    VEDETTE_CO_TRY(auto alert, co_await parts_.desk.Act(
                                   std::move(context), std::move(*request.mutable_study_id()),
                                   std::move(*request.mutable_alert_id()), std::move(asked),
                                   std::move(*request.mutable_password()), request.seen()));
    co_return ToProto(std::move(alert));
  }

  Task<Result<v1::Silence>> CreateSilence(CallContext context,
                                          v1::CreateSilenceRequest request) override {
    Silence silence{.study_id = std::move(*request.mutable_study_id()),
                    .rule_id = std::move(*request.mutable_rule_id()),
                    .site_id = std::move(*request.mutable_site_id()),
                    .subject_number = std::move(*request.mutable_subject_number()),
                    .until = FromUnixMicros(request.until()),
                    .reason = std::move(*request.mutable_reason())};
    VEDETTE_CO_TRY(auto created,
                   co_await parts_.desk.CreateSilence(std::move(context), std::move(silence),
                                                      std::move(*request.mutable_password())));
    co_return ToProto(std::move(created));
  }

  Task<Result<v1::ListSilencesResponse>> ListSilences(CallContext context,
                                                      v1::ListSilencesRequest request) override {
    VEDETTE_CO_TRY(auto silences, co_await parts_.desk.ListSilences(
                                      std::move(context), std::move(*request.mutable_study_id())));
    v1::ListSilencesResponse response;
    for (Silence& silence : silences) *response.add_silences() = ToProto(std::move(silence));
    co_return response;
  }

  Task<Result<v1::Silence>> EndSilence(CallContext context,
                                       v1::EndSilenceRequest request) override {
    VEDETTE_CO_TRY(auto ended, co_await parts_.desk.EndSilence(
                                   std::move(context), std::move(*request.mutable_study_id()),
                                   std::move(*request.mutable_silence_id())));
    co_return ToProto(std::move(ended));
  }

  Task<Status> ReadHistory(CallContext,
                           v1::ReadHistoryRequest request,
                           rpc::StreamWriter<v1::HistoryChunk>& writer) override {
    ChunkSink sink(writer);
    std::vector<std::string> items(request.items().begin(), request.items().end());
    co_return co_await SendHistory(parts_.database, parts_.clock,
                                   std::move(*request.mutable_study_id()), std::move(items), sink);
  }

  Task<Result<v1::AlertSummary>> GetAlertSummary(CallContext context,
                                                 v1::GetAlertSummaryRequest request) override {
    VEDETTE_CO_TRY(auto summary, co_await parts_.reader.Summarize(
                                     std::move(context), std::move(*request.mutable_study_id())));
    co_return ToProto(std::move(summary));
  }

  Task<Result<v1::Series>> GetSeries(CallContext context, v1::GetSeriesRequest request) override {
    std::string subject_id = request.subject_id();
    std::string item = request.item();
    VEDETTE_CO_TRY(auto series, co_await parts_.reader.Series(
                                    std::move(context), std::move(*request.mutable_study_id()),
                                    std::move(*request.mutable_subject_id()),
                                    std::move(*request.mutable_item()), request.limit()));
    v1::Series response = ToProto(std::move(series));
    response.set_subject_id(std::move(subject_id));
    response.set_item(std::move(item));
    co_return response;
  }

 private:
  ApiParts parts_;
};

}  // namespace

std::unique_ptr<v1::MonitorApi> MakeMonitorApi(ApiParts parts) {
  return std::make_unique<MonitorApiOverParts>(parts);
}

}  // namespace vedette::monitor
