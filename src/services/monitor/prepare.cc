// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/prepare.h"

#include <utility>

#include "services/monitor/hashing.h"

namespace vedette::monitor {
namespace {

std::string Path(std::size_t row) { return "events[" + std::to_string(row) + "]"; }

GivenValue ValueOf(const GivenObservation& given) {
  GivenValue value{.item = given.item,
                   .number = given.number,
                   .comparator = given.comparator,
                   .absent_reason = given.absent_reason,
                   .unit = given.unit};
  if (given.text) value.text = *given.text;
  return value;
}

}  // namespace

Result<RecordBatch> Prepare(const BatchFrame& frame, std::vector<GivenObservation> given) {
  Error error{Code::kInvalidArgument, "The batch holds observations that cannot be taken."};
  RecordBatch batch{.study_id = frame.dictionary.study_id()};
  batch.events.reserve(given.size());
  std::string buffer;
  for (std::size_t row = 0; row < given.size(); ++row) {
    GivenObservation& one = given[row];
    // A path is only written for a row that turns out wrong.
    const std::size_t violations_before = error.violations.size();
    CheckedValue checked;
    frame.dictionary.CheckObservation(ValueOf(one), {}, &checked, &error.violations);
    const auto subject = frame.subjects.find(one.subject_number);
    if (subject == frame.subjects.end()) {
      error.violations.push_back(
          {"subjectNumber", "is not a subject of study " + frame.dictionary.study_id()});
    }
    StudyTime time;
    if (!ReadStudyTime(one.time, time)) {
      const auto reason = ParseStudyTime(one.time);
      error.violations.push_back({"time", reason ? "is not a time" : reason.error().message});
    }
    if (error.violations.size() > violations_before) {
      for (std::size_t v = violations_before; v < error.violations.size(); ++v) {
        error.violations[v].field.insert(0, Path(row) + ".");
      }
      continue;
    }
    if (!error.violations.empty()) continue;  // the batch is refused; only its faults matter now

    PreparedEvent prepared;
    prepared.key = KeyHash(one.idempotency_key);
    prepared.content = ContentHash(one, time, &buffer);
    if (checked.converted) {
      prepared.given_number = one.number;
      prepared.given_unit = std::move(one.unit);
    }
    Event& event = prepared.event;
    event.id = NewUuid(frame.now);
    event.study_id = batch.study_id;
    event.site_id = subject->second.site_id;
    event.subject_id = subject->second.id;
    event.subject_number = std::move(one.subject_number);
    event.item = std::move(one.item);
    event.value = std::move(checked.value);
    if (std::holds_alternative<NumberValue>(event.value)) event.unit = checked.item->unit;
    event.time = time;
    event.source = frame.source;
    event.actor = frame.actor;
    batch.events.push_back(std::move(prepared));
  }
  if (!error.violations.empty()) return Fail(std::move(error));
  return batch;
}

}  // namespace vedette::monitor
