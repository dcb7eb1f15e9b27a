// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/log_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "base/uuid.h"
#include "services/monitor/group_plan.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/subject_history.h"

namespace vedette::monitor {
namespace {

constexpr std::array<double, 11> kGroupSizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 1000, 5000};
constexpr std::size_t kSubjectsSeen = 200'000;

void CountFinding(const Finding& finding, bool raised, RecordOutcome* outcome) {
  outcome->alerts_changed = true;
  // Whoever records, or tries to, would learn the treatment from the count.
  if (finding.rule.rule->facts().unblinding) return;
  if (raised) {
    ++outcome->alerts.at(static_cast<std::size_t>(finding.rule.rule->definition().severity));
  } else if (finding.transition.kind == rules::TransitionKind::kRetracted) {
    ++outcome->alerts_retracted;
  }
}

std::vector<Recorded> RowsOf(const GroupPlan& plan,
                             const std::vector<std::size_t>& firsts,
                             const std::vector<std::size_t>& batch_of) {
  std::vector<Recorded> rows;
  rows.reserve(firsts.size());
  for (const std::size_t f : firsts) {
    const GroupPlan::First& first = plan.firsts()[f];
    rows.push_back({first.event, &plan.LineageOf(f), batch_of[first.batch]});
  }
  return rows;
}

std::vector<std::size_t> Numbers(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

std::vector<NewEvent> AllEvents(const GroupPlan& plan) {
  std::vector<NewEvent> events;
  events.reserve(plan.firsts().size());
  for (std::size_t f = 0; f < plan.firsts().size(); ++f) {
    events.push_back({plan.firsts()[f].event, &plan.LineageOf(f)});
  }
  return events;
}

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

Task<Result<RecordOutcome>> LogWriter::DryRun(std::shared_ptr<const RecordBatch> batch,
                                              Deadline deadline) {
  const Batches batches{batch};
  GroupPlan plan(batches);
  std::vector<const PreparedEvent*> events;
  for (const GroupPlan::First& first : plan.firsts()) events.push_back(first.event);
  VEDETTE_CO_TRY(const auto transaction, co_await dependencies_.database.BeginRead(deadline));
  if (!plan.targets().empty()) VEDETTE_CO_CHECK_OK(co_await FindTargets(*transaction, plan));
  VEDETTE_CO_TRY(const auto contents, co_await FindContents(*transaction, std::move(events)));
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (contents[i]) plan.StoredAlready(i, *contents[i]);
  }
  auto judgement = plan.Judge();
  VEDETTE_CO_TRY(RecordOutcome outcome, std::move(judgement.answers.front()));
  const auto studies = dependencies_.rules.Snapshot();
  const auto study = studies->find(batch->study_id);
  if (study == studies->end()) co_return outcome;
  auto only_this = std::make_shared<RuleBook::Studies>();
  only_this->insert(*study);
  Detector detector({.bounded = false});
  detector.Begin(only_this, 1);
  const Timestamp now = dependencies_.clock.Now();
  const auto rows = RowsOf(plan, judgement.recorded, {0});
  VEDETTE_CO_CHECK_OK(co_await detector.Prepare(*transaction, rows, now));
  for (const Finding& finding : detector.Apply(rows, now)) {
    CountFinding(finding, finding.transition.kind == rules::TransitionKind::kRaised, &outcome);
  }
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

Task<Result<LogWriter::Outcomes>> LogWriter::WriteBatches(db::Transaction& transaction,
                                                          Batches batches,
                                                          Timestamp received_at) {
  std::optional<GroupPlan> plan(std::in_place, batches);
  if (!plan->targets().empty()) VEDETTE_CO_CHECK_OK(co_await FindTargets(transaction, *plan));
  // Before anything is inserted, so that what is loaded is what was known before.
  {
    const auto rows = RowsOf(*plan, Numbers(plan->firsts().size()), Numbers(batches.size()));
    VEDETTE_CO_TRY(Findings findings, co_await detector_.Prepare(transaction, rows, received_at));
    VEDETTE_CO_CHECK_OK(co_await Write(transaction, std::move(findings), received_at));
  }
  // A refused batch of one plain row has left nothing behind; a lone batch is undone with its
  // transaction.
  const bool can_undo =
      batches.size() > 1 &&
      (!plan->targets().empty() ||
       std::ranges::any_of(batches, [](const auto& batch) { return batch->events.size() > 1; }));
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
    if (!plan) {
      plan.emplace(planned);
      if (!plan->targets().empty()) VEDETTE_CO_CHECK_OK(co_await FindTargets(transaction, *plan));
    }
    VEDETTE_CO_TRY(const auto inserted,
                   co_await InsertEvents(transaction, AllEvents(*plan), received_at));

    std::vector<std::size_t> missing;
    std::vector<const PreparedEvent*> missing_events;
    for (std::size_t i = 0; i < inserted.size(); ++i) {
      if (inserted[i]) continue;
      missing.push_back(i);
      missing_events.push_back(plan->firsts()[i].event);
    }
    if (!missing.empty()) {
      VEDETTE_CO_TRY(const auto contents,
                     co_await FindContents(transaction, std::move(missing_events)));
      for (std::size_t i = 0; i < missing.size(); ++i) {
        if (!contents[i]) co_return Fail(Code::kUnavailable, "The log is being written elsewhere.");
        plan->StoredAlready(missing[i], *contents[i]);
      }
    }

    auto judgement = plan->Judge();
    if (judgement.undo) {
      // Only refusals are final; the loop ends, because each round has at least one.
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (judgement.answers[i]) continue;
        if (!can_undo) co_return std::unexpected(std::move(judgement.answers[i]).error());
        outcomes[wanted[i]] = std::move(judgement.answers[i]);
      }
      VEDETTE_CO_CHECK_OK(co_await transaction.RollbackToSavepoint());
      plan.reset();
      continue;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      outcomes[wanted[i]] = std::move(judgement.answers[i]);
    }
    if (!judgement.recorded.empty()) {
      VEDETTE_CO_CHECK_OK(co_await Conclude(transaction, RowsOf(*plan, judgement.recorded, wanted),
                                            received_at, &outcomes));
    }
    co_return outcomes;
  }
}

Task<Status> LogWriter::Conclude(db::Transaction& transaction,
                                 std::vector<Recorded> recorded,
                                 Timestamp received_at,
                                 Outcomes* outcomes) {
  std::vector<NewEvent> corrections;
  SiteCounts counts;
  for (const Recorded& one : recorded) {
    const Event& event = one.event->event;
    ++counts[{event.study_id, event.site_id}];
    if (one.event->corrects) corrections.push_back({one.event, one.lineage});
  }
  if (!corrections.empty()) {
    VEDETTE_CO_CHECK_OK(co_await InsertCorrections(transaction, std::move(corrections)));
  }
  VEDETTE_CO_CHECK_OK(co_await PutNewSubjects(transaction, recorded));

  const SteadyTime started = dependencies_.clock.SteadyNow();
  Span span;
  if (dependencies_.tracer != nullptr) {
    span = dependencies_.tracer->Start("monitor.EvaluateRules", SpanKind::kInternal,
                                       transaction.trace());
    span.Set("monitor.events", static_cast<std::int64_t>(recorded.size()));
  }
  Findings findings = detector_.Apply(recorded, received_at);
  span.Set("monitor.transitions", static_cast<std::int64_t>(findings.size()));
  span.End();
  engine_seconds_.Observe(
      std::chrono::duration<double>(dependencies_.clock.SteadyNow() - started).count());
  if (!findings.empty()) {
    const Findings& written = findings;
    VEDETTE_CO_TRY(const auto raised, co_await WriteFindings(transaction, written, recorded,
                                                             dependencies_.outbox, received_at));
    for (std::size_t i = 0; i < findings.size(); ++i) {
      CountFinding(findings[i], raised[i], &*(*outcomes)[findings[i].batch]);
    }
    rule_metrics_.Raised(findings, received_at);
  }
  co_return co_await AddCounts(transaction, std::move(counts));
}

Task<Status> LogWriter::PutNewSubjects(db::Transaction& transaction,
                                       const std::vector<Recorded>& recorded) {
  if (seen_subjects_.size() > kSubjectsSeen) seen_subjects_.clear();
  std::vector<std::pair<std::string, LoggedSubject>> fresh;
  std::string place;
  for (const Recorded& one : recorded) {
    const Event& event = one.event->event;
    place.assign(event.study_id).append("\n").append(event.subject_id);
    if (!seen_subjects_.insert(place).second) continue;
    fresh.emplace_back(event.study_id,
                       LoggedSubject{event.subject_id, event.subject_number, event.site_id});
  }
  if (fresh.empty()) co_return Status{};
  co_return co_await PutSubjects(transaction, std::move(fresh));
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
