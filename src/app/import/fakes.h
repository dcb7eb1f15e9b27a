// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/import/progress.h"
#include "app/import/sinks.h"
#include "kit/task/sleep.h"

namespace vedette::importing {

// Waits for nothing and remembers how long it was asked to.
class FakeSleeper final : public Sleeper {
 public:
  Task<void> Sleep(std::chrono::nanoseconds duration) override {
    total += duration;
    co_await Yield();
  }
  std::chrono::nanoseconds total{};
};

// A log that takes each key once, all of a batch or nothing. `refuse` says what is wrong with an
// event: field and description. `fail` is asked before each call.
class FakeSink final : public RecordSink {
 public:
  Task<Result<RecordOutcome>> Record(std::span<const formats::Observation> events,
                                     bool dry_run) override {
    ++calls;
    largest = std::max(largest, events.size());
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    co_await Yield();
    --under_way;
    if (fail) {
      if (auto error = fail(events)) co_return std::unexpected(*error);
    }
    Error refused{Code::kInvalidArgument, "Rows are wrong."};
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (!refuse) break;
      if (const auto reason = refuse(events[i])) {
        refused.violations.push_back(
            {"events[" + std::to_string(i) + "]." + reason->field, reason->description});
      }
    }
    if (!refused.violations.empty()) co_return std::unexpected(refused);
    RecordOutcome outcome;
    for (const formats::Observation& event : events) {
      const bool is_new = !log.contains(std::string(event.idempotency_key));
      ++(is_new ? outcome.recorded : outcome.duplicates);
      if (is_new && event.item == "SYSBP" && event.number > 140) ++outcome.alerts_raised;
      if (!dry_run) log[std::string(event.idempotency_key)] = event.number;
    }
    co_return outcome;
  }

  std::function<std::optional<Error>(std::span<const formats::Observation>)> fail;
  std::function<std::optional<FieldViolation>(const formats::Observation&)> refuse;
  std::map<std::string, double> log;
  std::size_t calls = 0;
  std::size_t largest = 0;
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;
};

class FakeSubjectSink final : public SubjectSink {
 public:
  Task<Status> AddSites(std::vector<std::string> names) override {
    if (!site_errors.empty()) {
      Error error = site_errors.back();
      site_errors.pop_back();
      co_return std::unexpected(error);
    }
    sites = std::move(names);
    co_return Status();
  }
  Task<Result<RegisterOutcome>> Register(
      std::span<const formats::csv::Registration> registrations) override {
    largest = std::max(largest, registrations.size());
    Error refused{Code::kInvalidArgument, "Subjects are wrong."};
    for (std::size_t i = 0; i < registrations.size(); ++i) {
      if (refused_subject == registrations[i].subject_number) {
        refused.violations.push_back(
            {"subjects[" + std::to_string(i) + "].siteId", "the subject is on another site"});
      }
    }
    if (!refused.violations.empty()) co_return std::unexpected(refused);
    RegisterOutcome outcome;
    for (const auto& subject : registrations) {
      ++(subjects.emplace(subject.subject_number, subject.site).second ? outcome.created
                                                                       : outcome.existing);
    }
    co_return outcome;
  }

  std::vector<Error> site_errors;
  std::string refused_subject;
  std::vector<std::string> sites;
  std::map<std::string, std::string> subjects;
  std::size_t largest = 0;
};

class NoProgress final : public Progress {
 public:
  void Update(const ProgressSnapshot& snapshot) override { last = snapshot; }
  void Finish(const ProgressSnapshot& snapshot) override { last = snapshot; }
  ProgressSnapshot last;
};

}  // namespace vedette::importing
