// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/log_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/uuid.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/subject_history.h"

namespace vedette::monitor {
namespace {

constexpr std::array<double, 11> kGroupSizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 1000, 5000};

}  // namespace

LogWriter::LogWriter(Dependencies dependencies, LogWriterOptions options)
    : dependencies_(dependencies),
      options_(options),
      owner_(NewUuid(dependencies.clock.Now()).ToString()),
      group_size_(dependencies.metrics.GetHistogram(
          "vedette_monitor_group_requests", "Requests that shared one transaction.", kGroupSizes)),
      engine_seconds_(dependencies.metrics.GetHistogram(
          "vedette_monitor_engine_seconds",
          "Time to judge the events of one transaction by all rules.",
          LatencyBuckets())),
      rule_metrics_(dependencies.metrics, dependencies.clock),
      detector_({.subjects = static_cast<std::size_t>(options.engine_subjects)}),
      writer_(dependencies.database,
              dependencies.executor,
              dependencies.logger,
              {.name = "monitor_log",
               .queue_limit = static_cast<std::size_t>(options.queue_limit),
               .group_limit = static_cast<std::size_t>(options.group_limit),
               .loops = 1},
              [this](db::Transaction& transaction, std::vector<Request> requests) {
                return Handle(transaction, std::move(requests));
              }) {}

Task<Result<RecordOutcome>> LogWriter::Record(std::shared_ptr<const RecordBatch> batch,
                                              Deadline deadline) {
  const std::size_t rows = batch->events.size();
  Request request(std::move(batch));
  VEDETTE_CO_TRY(const Response response,
                 co_await writer_.Submit(std::move(request), deadline, rows));
  co_return response.outcome;
}

Task<Result<LogWriter::Progress>> LogWriter::CatchUp(std::string version_id,
                                                     std::int64_t up_to,
                                                     Deadline deadline) {
  Request request(CatchUpRequest{.version_id = std::move(version_id), .up_to = up_to});
  VEDETTE_CO_TRY(const Response response, co_await writer_.Submit(std::move(request), deadline, 1));
  co_return response.progress;
}

bool LogWriter::TickDue() const {
  return cold_ || next_timer_ <= ToSeconds(dependencies_.clock.Now()) ||
         followed_ != dependencies_.rules.Snapshot().get();
}

Task<Result<std::int32_t>> LogWriter::Tick(Deadline deadline) {
  Request request(TickRequest{});
  VEDETTE_CO_TRY(const Response response, co_await writer_.Submit(std::move(request), deadline, 1));
  co_return response.changes;
}

Task<Status> LogWriter::Act(ActionEntry entry, Deadline deadline) {
  Request request(std::move(entry));
  VEDETTE_CO_CHECK_OK(co_await writer_.Submit(std::move(request), deadline, 1));
  co_return Status{};
}

Task<Status> LogWriter::Put(Silence silence, Deadline deadline) {
  Request request(std::move(silence));
  VEDETTE_CO_CHECK_OK(co_await writer_.Submit(std::move(request), deadline, 1));
  co_return Status{};
}

Task<Status> LogWriter::End(EndedSilence silence, Deadline deadline) {
  Request request(std::move(silence));
  VEDETTE_CO_CHECK_OK(co_await writer_.Submit(std::move(request), deadline, 1));
  co_return Status{};
}

Task<Status> LogWriter::TakeOver(Deadline deadline) {
  return TakeOverLog(dependencies_.database, deadline, owner_);
}

Task<Result<std::vector<Result<LogWriter::Response>>>> LogWriter::Handle(
    db::Transaction& transaction, std::vector<Request> requests) {
  if (!dependencies_.rules.loaded()) {
    co_return Fail(Code::kUnavailable, "The rules have not been loaded yet.");
  }
  VEDETTE_CO_TRY(const auto claim,
                 co_await ClaimLog(transaction, owner_, dependencies_.clock.Now()));
  if (!claim) {
    if (!displaced_.exchange(true)) {
      dependencies_.logger.Error(
          "Another monitor has taken over this database; this one writes no more");
    }
    // Until the caller has heard of the other one.
    co_return Fail(
        Error{.code = Code::kUnavailable,
              .message = "Another monitor has taken over the log; this one writes no more.",
              .retry_after = std::chrono::milliseconds(300)});
  }
  const Timestamp now = claim->received_at;
  group_size_.Observe(static_cast<double>(requests.size()));
  const auto rules = dependencies_.rules.Snapshot();
  const bool kept = detector_.Begin(rules, claim->transaction);
  if (!kept) seen_subjects_.clear();
  sites_.Begin(*rules, kept);
  followed_ = rules.get();
  // What was due before these requests came to be happened before them.
  VEDETTE_CO_TRY(std::int32_t changes, co_await Write(transaction, detector_.Advance(now), now));

  Batches batches;
  for (const Request& request : requests) {
    if (const auto* batch = std::get_if<BatchRequest>(&request)) batches.push_back(*batch);
  }
  Outcomes outcomes;
  if (!batches.empty()) {
    VEDETTE_CO_TRY(outcomes, co_await WriteBatches(transaction, std::move(batches), now));
  }
  std::vector<Result<Response>> responses;
  responses.reserve(requests.size());
  std::size_t next_outcome = 0;
  for (Request& request : requests) {
    if (std::holds_alternative<BatchRequest>(request)) {
      Result<RecordOutcome>& outcome = outcomes[next_outcome++];
      if (outcome) {
        responses.emplace_back(Response{.outcome = *outcome});
      } else {
        responses.emplace_back(std::unexpected(std::move(outcome).error()));
      }
      continue;
    }
    VEDETTE_CO_TRY(auto response, co_await HandleOther(transaction, std::move(request), now));
    if (response) response->changes += std::exchange(changes, 0);
    responses.push_back(std::move(response));
  }
  Show();
  co_return responses;
}

Task<Result<Result<LogWriter::Response>>> LogWriter::HandleOther(db::Transaction& transaction,
                                                                 Request request,
                                                                 Timestamp now) {
  Response response;
  Status answer;
  if (auto* catch_up = std::get_if<CatchUpRequest>(&request)) {
    VEDETTE_CO_TRY(response.progress,
                   co_await CatchUpChunk(transaction, std::move(*catch_up), now));
  } else if (std::holds_alternative<TickRequest>(request)) {
    VEDETTE_CO_TRY(const std::int32_t of_subjects, co_await LoadCold(transaction, now));
    VEDETTE_CO_TRY(const std::int32_t of_sites, co_await JudgeSites(transaction, now));
    response.changes = of_subjects + of_sites;
  } else if (auto* action = std::get_if<ActionEntry>(&request)) {
    VEDETTE_CO_TRY(answer, co_await WriteAction(transaction, std::move(*action), now));
  } else if (auto* silence = std::get_if<Silence>(&request)) {
    VEDETTE_CO_CHECK_OK(co_await InsertSilence(transaction, std::move(*silence)));
  } else if (auto* ended = std::get_if<EndedSilence>(&request)) {
    VEDETTE_CO_TRY(answer, co_await EndSilence(transaction, std::move(*ended)));
  }
  if (!answer) co_return Result<Response>(std::unexpected(std::move(answer).error()));
  co_return Result<Response>(response);
}

Task<Result<std::int32_t>> LogWriter::Write(db::Transaction& transaction,
                                            Findings findings,
                                            Timestamp now) {
  const auto count = static_cast<std::int32_t>(findings.size());
  if (count == 0) co_return 0;
  rule_metrics_.Raised(findings, now);
  VEDETTE_CO_CHECK_OK(
      co_await WriteFindings(transaction, std::move(findings), {}, dependencies_.outbox, now));
  co_return count;
}

Task<Result<LogWriter::Progress>> LogWriter::CatchUpChunk(db::Transaction& transaction,
                                                          CatchUpRequest request,
                                                          Timestamp now) {
  const auto version = dependencies_.rules.Find(request.version_id);
  if (!version || version->rule == nullptr) co_return Progress{.done = true};
  VEDETTE_CO_TRY(const auto last, co_await FindPosition(transaction, request.up_to));
  if (!last || ToSeconds(last->received_at) < ToSeconds(version->known.period.from)) {
    VEDETTE_CO_CHECK_OK(co_await MarkCovered(transaction, request.version_id));
    co_return Progress{.done = true};
  }
  const std::int64_t begin = last->sequence - options_.catch_up_rows;
  VEDETTE_CO_TRY(auto subjects, co_await FindSubjects(transaction, version->known.study_id, begin,
                                                      last->sequence));
  VEDETTE_CO_TRY(Findings findings,
                 co_await detector_.LoadSubjects(transaction, version->known.study_id,
                                                 std::move(subjects), now));
  Progress progress{.up_to = begin};
  VEDETTE_CO_TRY(progress.changes, co_await Write(transaction, std::move(findings), now));
  co_return progress;
}

Task<Result<std::int32_t>> LogWriter::LoadCold(db::Transaction& transaction, Timestamp now) {
  VEDETTE_CO_TRY(auto cold, co_await detector_.NextCold(transaction, options_.subjects_at_once));
  if (!cold) co_return 0;
  VEDETTE_CO_TRY(Findings findings,
                 co_await detector_.LoadSubjects(transaction, std::move(cold->study_id),
                                                 std::move(cold->subjects), now));
  co_return co_await Write(transaction, std::move(findings), now);
}

Task<Result<std::int32_t>> LogWriter::JudgeSites(db::Transaction& transaction, Timestamp now) {
  VEDETTE_CO_TRY(Findings findings,
                 co_await sites_.Advance(transaction, now, options_.subjects_at_once));
  co_return co_await Write(transaction, std::move(findings), now);
}

void LogWriter::Show() {
  EnginePool& pool = detector_.pool();
  next_timer_ = std::min(pool.NextTimer().value_or(INT64_MAX), sites_.NextDue());
  cold_ = pool.Cold();
  rule_metrics_.Show(pool);
}

}  // namespace vedette::monitor
