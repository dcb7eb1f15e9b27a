// SPDX-License-Identifier: Apache-2.0
// How LogWriter records batches: what is new of them goes into the log, what rules find of it
// beside it.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "services/monitor/group_plan.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/log_writer.h"

namespace vedette::monitor {
namespace {

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

}  // namespace vedette::monitor
