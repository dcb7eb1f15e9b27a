// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/log_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/uuid.h"
#include "services/monitor/evaluate.h"
#include "services/monitor/group_plan.h"
#include "services/monitor/log_tables.h"

namespace vedette::monitor {
namespace {

constexpr std::array<double, 11> kGroupSizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 1000, 5000};

void CountAlert(rules::Severity severity, RecordOutcome* outcome) {
  ++outcome->alerts.at(static_cast<std::size_t>(severity));
}

}  // namespace

LogWriter::LogWriter(Dependencies dependencies, LogWriterOptions options)
    : dependencies_(dependencies),
      options_(options),
      owner_(NewUuid(dependencies.clock.Now()).ToString()),
      group_size_(dependencies.metrics.GetHistogram(
          "vedette_monitor_group_requests", "Requests that shared one transaction.", kGroupSizes)),
      evaluations_(dependencies.metrics.GetCounter("vedette_monitor_rule_evaluations_total",
                                                   "Rules evaluated on events.")),
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
  Request request{.batch = std::move(batch)};
  VEDETTE_CO_TRY(const Response response,
                 co_await writer_.Submit(std::move(request), deadline, rows));
  co_return response.outcome;
}

Task<Result<LogWriter::Progress>> LogWriter::CatchUp(std::string version_id,
                                                     std::int64_t up_to,
                                                     Deadline deadline) {
  Request request{.version_id = std::move(version_id), .up_to = up_to};
  VEDETTE_CO_TRY(const Response response, co_await writer_.Submit(std::move(request), deadline, 1));
  co_return response.progress;
}

Task<Result<RecordOutcome>> LogWriter::DryRun(std::shared_ptr<const RecordBatch> batch,
                                              Deadline deadline) {
  const Batches batches{batch};
  GroupPlan plan(batches);
  std::vector<const PreparedEvent*> events;
  for (const GroupPlan::First& first : plan.firsts()) events.push_back(first.event);
  VEDETTE_CO_TRY(const auto transaction, co_await dependencies_.database.BeginRead(deadline));
  VEDETTE_CO_TRY(const auto contents, co_await FindContents(*transaction, std::move(events)));
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (contents[i]) plan.StoredAlready(i, *contents[i]);
  }
  auto judgement = plan.Judge();
  VEDETTE_CO_TRY(RecordOutcome outcome, std::move(judgement.answers.front()));
  const auto active_rules = dependencies_.rules.Set();
  const Timestamp now = dependencies_.clock.Now();
  std::vector<AlertRecord> alerts;
  for (const std::size_t f : judgement.recorded) {
    const Event& event = plan.firsts()[f].event->event;
    Evaluate(active_rules->For(event.study_id, event.item), event, now, now, &alerts);
  }
  for (const AlertRecord& alert : alerts) CountAlert(alert.severity, &outcome);
  co_return outcome;
}

Task<Status> LogWriter::TakeOver(Deadline deadline) {
  return TakeOverLog(dependencies_.database, deadline, owner_);
}

Task<Result<std::vector<Result<LogWriter::Response>>>> LogWriter::Handle(
    db::Transaction& transaction, std::vector<Request> requests) {
  if (!dependencies_.rules.loaded()) {
    co_return Fail(Code::kUnavailable, "The rules have not been loaded yet.");
  }
  VEDETTE_CO_TRY(const auto now, co_await ClaimLog(transaction, owner_, dependencies_.clock.Now()));
  if (!now) {
    if (!displaced_.exchange(true)) {
      dependencies_.logger.Error(
          "Another monitor has taken over this database; this one writes no more");
    }
    co_return Fail(Code::kUnavailable,
                   "Another monitor has taken over the log; this one writes no more.");
  }
  group_size_.Observe(static_cast<double>(requests.size()));
  Batches batches;
  for (const Request& request : requests) {
    if (request.batch != nullptr) batches.push_back(request.batch);
  }
  Outcomes outcomes;
  if (!batches.empty()) {
    VEDETTE_CO_TRY(outcomes, co_await WriteBatches(transaction, std::move(batches), *now));
  }
  std::vector<Result<Response>> responses;
  responses.reserve(requests.size());
  std::size_t next_outcome = 0;
  for (Request& request : requests) {
    if (request.batch == nullptr) {
      VEDETTE_CO_TRY(const Progress progress, co_await CatchUpChunk(transaction, request, *now));
      responses.emplace_back(Response{.progress = progress});
      continue;
    }
    Result<RecordOutcome>& outcome = outcomes[next_outcome++];
    if (outcome) {
      responses.emplace_back(Response{.outcome = *outcome});
    } else {
      responses.emplace_back(std::unexpected(std::move(outcome).error()));
    }
  }
  co_return responses;
}

Task<Result<LogWriter::Outcomes>> LogWriter::WriteBatches(db::Transaction& transaction,
                                                          Batches batches,
                                                          Timestamp received_at) {
  // A refused batch of one row has left nothing behind; a lone batch is undone with its
  // transaction.
  const bool can_undo = batches.size() > 1 && std::ranges::any_of(batches, [](const auto& batch) {
                          return batch->events.size() > 1;
                        });
  if (can_undo) VEDETTE_CO_CHECK_OK(co_await transaction.Savepoint());

  Outcomes outcomes(batches.size());
  while (true) {
    std::vector<std::size_t> wanted;
    Batches planned;
    for (std::size_t b = 0; b < batches.size(); ++b) {
      if (!outcomes[b]) continue;
      wanted.push_back(b);
      planned.push_back(batches[b]);
    }
    if (planned.empty()) co_return outcomes;

    GroupPlan plan(planned);
    std::vector<const PreparedEvent*> events;
    events.reserve(plan.firsts().size());
    for (const GroupPlan::First& first : plan.firsts()) events.push_back(first.event);
    VEDETTE_CO_TRY(const auto inserted, co_await InsertEvents(transaction, events, received_at));

    std::vector<std::size_t> missing;
    std::vector<const PreparedEvent*> missing_events;
    for (std::size_t i = 0; i < inserted.size(); ++i) {
      if (inserted[i]) continue;
      missing.push_back(i);
      missing_events.push_back(events[i]);
    }
    if (!missing.empty()) {
      VEDETTE_CO_TRY(const auto contents,
                     co_await FindContents(transaction, std::move(missing_events)));
      for (std::size_t i = 0; i < missing.size(); ++i) {
        if (!contents[i]) co_return Fail(Code::kUnavailable, "The log is being written elsewhere.");
        plan.StoredAlready(missing[i], *contents[i]);
      }
    }

    auto judgement = plan.Judge();
    if (judgement.undo) {
      // Only refusals are final; the loop ends, because each round has at least one.
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (judgement.answers[i]) continue;
        if (!can_undo) co_return std::unexpected(std::move(judgement.answers[i]).error());
        outcomes[wanted[i]] = std::move(judgement.answers[i]);
      }
      VEDETTE_CO_CHECK_OK(co_await transaction.RollbackToSavepoint());
      continue;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      outcomes[wanted[i]] = std::move(judgement.answers[i]);
    }
    std::vector<Recorded> recorded;
    recorded.reserve(judgement.recorded.size());
    for (const std::size_t f : judgement.recorded) {
      recorded.push_back({plan.firsts()[f].event, wanted[plan.firsts()[f].batch]});
    }
    if (!recorded.empty()) {
      VEDETTE_CO_CHECK_OK(
          co_await Conclude(transaction, std::move(recorded), received_at, &outcomes));
    }
    co_return outcomes;
  }
}

Task<Status> LogWriter::Conclude(db::Transaction& transaction,
                                 std::vector<Recorded> recorded,
                                 Timestamp received_at,
                                 Outcomes* outcomes) {
  const auto active_rules = dependencies_.rules.Set();
  std::vector<AlertRecord> alerts;
  std::vector<std::size_t> batch_of_alert;
  std::int64_t evaluations = 0;
  SiteCounts counts;
  for (const Recorded& one : recorded) {
    const Event& event = one.event->event;
    ++counts[{event.study_id, event.site_id}];
    evaluations +=
        Evaluate(active_rules->For(event.study_id, event.item), event, received_at, received_at, &alerts);
    batch_of_alert.resize(alerts.size(), one.batch);
  }
  evaluations_.Add(static_cast<std::uint64_t>(evaluations));
  if (!alerts.empty()) {
    std::vector<rules::Severity> severities;
    severities.reserve(alerts.size());
    for (const AlertRecord& alert : alerts) severities.push_back(alert.severity);
    VEDETTE_CO_TRY(const auto inserted, co_await InsertAlerts(transaction, std::move(alerts)));
    for (std::size_t i = 0; i < inserted.size(); ++i) {
      if (inserted[i]) CountAlert(severities[i], &*(*outcomes)[batch_of_alert[i]]);
    }
  }
  co_return co_await AddCounts(transaction, std::move(counts));
}

Task<Result<LogWriter::Progress>> LogWriter::CatchUpChunk(db::Transaction& transaction,
                                                          Request request,
                                                          Timestamp raised_at) {
  const auto active = dependencies_.rules.FindCompiled(request.version_id);
  if (!active) co_return Progress{.done = true};
  VEDETTE_CO_TRY(const auto last, co_await FindPosition(transaction, request.up_to));
  if (!last || last->received_at < active->period.from) {
    VEDETTE_CO_CHECK_OK(co_await MarkCovered(transaction, request.version_id));
    co_return Progress{.done = true};
  }
  const std::int64_t begin = last->sequence - options_.catch_up_rows;
  Progress progress{.up_to = begin};
  std::vector<AlertRecord> alerts;
  std::int64_t evaluations = 0;
  for (const std::string& item : active->rule->items()) {
    VEDETTE_CO_TRY(const auto events,
                   co_await ReadEvents(transaction, active->rule->spec().study_id, item, begin,
                                       last->sequence));
    for (const Event& event : events) {
      evaluations += Evaluate({&*active, 1}, event, event.received_at, raised_at, &alerts);
    }
  }
  evaluations_.Add(static_cast<std::uint64_t>(evaluations));
  if (!alerts.empty()) {
    VEDETTE_CO_TRY(const auto inserted, co_await InsertAlerts(transaction, std::move(alerts)));
    progress.raised = static_cast<std::int32_t>(std::ranges::count(inserted, true));
  }
  co_return progress;
}

}  // namespace vedette::monitor
