// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/recorder.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "services/monitor/prepare.h"

namespace vedette::monitor {
namespace {

constexpr std::chrono::minutes kSubjectLifetime(5);
constexpr std::string_view kRecord = "event.record";

std::string SubjectKey(std::string_view study, std::string_view number) {
  std::string key(study);
  key.push_back('\n');
  key.append(number);
  return key;
}

// Closed, so that the metric stays small.
std::string_view Reason(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid";
    case Code::kConflict:
      return "conflict";
    case Code::kPermissionDenied:
      return "forbidden";
    case Code::kResourceExhausted:
      return "overload";
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return "unavailable";
    default:
      return "other";
  }
}

bool KnowsAllItems(const StudyDictionary& dictionary, const std::vector<GivenObservation>& given) {
  return std::ranges::all_of(
      given, [&](const GivenObservation& one) { return dictionary.Find(one.item) != nullptr; });
}

}  // namespace

Recorder::Recorder(Dependencies dependencies, std::size_t subjects_kept)
    : dependencies_(dependencies),
      subjects_(dependencies.clock, std::max<std::size_t>(1, subjects_kept / 2), kSubjectLifetime),
      recorded_(dependencies.metrics.GetCounter("vedette_monitor_events_recorded_total",
                                                "Events taken into the log.")),
      duplicates_(dependencies.metrics.GetCounter("vedette_monitor_events_duplicates_total",
                                                  "Events that had been taken before.")),
      seconds_(dependencies.metrics.GetHistogram("vedette_monitor_record_seconds",
                                                 "Time to record a batch, until it is durable.",
                                                 LatencyBuckets())) {
  for (const auto severity :
       {rules::Severity::kInfo, rules::Severity::kWarning, rules::Severity::kCritical}) {
    alerts_[static_cast<std::size_t>(severity)] = &dependencies.metrics.GetCounter(
        "vedette_monitor_alerts_raised_total", "Alerts raised by events as they were recorded.",
        {{"severity", std::string(rules::SeverityText(severity))}});
  }
}

Task<Result<RecordOutcome>> Recorder::Record(CallContext context,
                                             std::string study_id,
                                             std::string source,
                                             std::vector<GivenObservation> given,
                                             bool dry_run) {
  const SteadyTime started = dependencies_.clock.SteadyNow();
  const std::size_t rows = given.size();
  auto outcome = co_await Write(std::move(context), std::move(study_id), std::move(source),
                                std::move(given), dry_run);
  if (!outcome) {
    CountRefusal(outcome.error().code, rows);
  } else if (!dry_run) {
    Count(*outcome);
    if (outcome->alerts_changed) dependencies_.feed.Wake();
    seconds_.Observe(
        std::chrono::duration<double>(dependencies_.clock.SteadyNow() - started).count());
  }
  co_return outcome;
}

Task<Result<RecordOutcome>> Recorder::Write(CallContext context,
                                            std::string study_id,
                                            std::string source,
                                            std::vector<GivenObservation> given,
                                            bool dry_run) {
  VEDETTE_CO_TRY(auto dictionary, co_await dependencies_.dictionaries.Get(context, study_id));
  if (!KnowsAllItems(*dictionary, given)) {
    VEDETTE_CO_TRY(dictionary, co_await dependencies_.dictionaries.GetNewer(context, study_id));
  }
  std::vector<std::string> numbers;
  {
    std::unordered_set<std::string_view> seen;
    for (const GivenObservation& one : given) {
      if (seen.insert(one.subject_number).second) numbers.push_back(one.subject_number);
    }
  }
  VEDETTE_CO_TRY(const auto subjects, co_await Subjects(context, study_id, std::move(numbers)));
  std::set<std::string_view> sites;
  for (const auto& [number, subject] : subjects) sites.insert(subject.site_id);
  for (const std::string_view site : sites) {
    VEDETTE_CO_CHECK_OK(
        dependencies_.authorizer.Check(*context.principal, kRecord, study_id, site));
  }

  const BatchFrame frame{.dictionary = *dictionary,
                         .subjects = subjects,
                         .source = source,
                         .actor = context.principal->subject,
                         .now = dependencies_.clock.Now()};
  VEDETTE_CO_TRY(RecordBatch prepared, Prepare(frame, std::move(given)));
  auto batch = std::make_shared<const RecordBatch>(std::move(prepared));
  if (dry_run) {
    co_return co_await dependencies_.writer.DryRun(std::move(batch), context.deadline);
  }
  co_return co_await dependencies_.writer.Record(std::move(batch), context.deadline);
}

Task<Result<StringMap<SubjectRef>>> Recorder::Subjects(CallContext context,
                                                       std::string study_id,
                                                       std::vector<std::string> numbers) {
  StringMap<SubjectRef> subjects;
  subjects.reserve(numbers.size());
  std::vector<std::string> missing;
  for (std::string& number : numbers) {
    if (auto known = subjects_.Get(SubjectKey(study_id, number))) {
      subjects.emplace(std::move(number), *std::move(known));
    } else {
      missing.push_back(std::move(number));
    }
  }
  if (missing.empty()) co_return subjects;
  VEDETTE_CO_TRY(const auto resolved, co_await dependencies_.peers.Resolve(
                                          std::move(context), study_id, std::move(missing)));
  for (const auto& [number, subject] : resolved) {
    subjects_.Put(SubjectKey(study_id, number), subject);
    subjects.emplace(number, subject);
  }
  co_return subjects;
}

void Recorder::Count(const RecordOutcome& outcome) {
  recorded_.Add(static_cast<std::uint64_t>(outcome.recorded));
  duplicates_.Add(static_cast<std::uint64_t>(outcome.duplicates));
  for (std::size_t severity = 1; severity < alerts_.size(); ++severity) {
    if (outcome.alerts[severity] > 0) {
      alerts_[severity]->Add(static_cast<std::uint64_t>(outcome.alerts[severity]));
    }
  }
}

void Recorder::CountRefusal(Code code, std::size_t rows) {
  dependencies_.metrics
      .GetCounter("vedette_monitor_events_rejected_total",
                  "Events of batches that were refused, by reason.",
                  {{"reason", std::string(Reason(code))}})
      .Add(rows);
}

}  // namespace vedette::monitor
