// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/prepare.h"

#include <cmath>
#include <optional>
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

// A withdrawal has no value to check, but must not bring one.
void CheckWithdrawal(const StudyDictionary& dictionary,
                     const GivenObservation& given,
                     CheckedValue* checked,
                     std::vector<FieldViolation>* violations) {
  checked->item = dictionary.Find(given.item);
  if (checked->item == nullptr) violations->push_back({"item", dictionary.UnknownItem(given.item)});
  if (given.corrects.empty()) {
    violations->push_back({"corrects", "a withdrawal names the observation that it takes back"});
  }
  if (given.number || given.text || !given.absent_reason.empty()) {
    violations->push_back({"withdrawn", "a withdrawal has no value"});
  }
  checked->value = AbsentValue{};
}

// The reference range in the item's unit.
void CheckRange(const GivenObservation& given,
                const CheckedValue& checked,
                PreparedEvent* prepared,
                std::vector<FieldViolation>* violations) {
  if (!given.range_low && !given.range_high) return;
  const auto conversion = FindConversion(*checked.item, given.unit);
  if (checked.item->type != ItemType::kNumber || !conversion) {
    violations->push_back({"rangeLow", "a reference range is given in a unit of a number"});
    return;
  }
  const auto convert = [&](std::optional<double> limit) {
    if (limit) limit = *limit * conversion->factor + conversion->offset;
    return limit;
  };
  prepared->range_low = convert(given.range_low);
  prepared->range_high = convert(given.range_high);
  if (conversion->factor < 0) std::swap(prepared->range_low, prepared->range_high);
  const bool finite = (!prepared->range_low || std::isfinite(*prepared->range_low)) &&
                      (!prepared->range_high || std::isfinite(*prepared->range_high));
  if (!finite || (prepared->range_low && prepared->range_high &&
                  *prepared->range_low > *prepared->range_high)) {
    violations->push_back({"rangeLow", "must not be above rangeHigh"});
  }
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
    PreparedEvent prepared;
    if (one.withdrawn) {
      CheckWithdrawal(frame.dictionary, one, &checked, &error.violations);
    } else {
      frame.dictionary.CheckObservation(ValueOf(one), {}, &checked, &error.violations);
    }
    if (error.violations.size() == violations_before) {
      CheckRange(one, checked, &prepared, &error.violations);
    }
    if (!one.corrects.empty() && one.corrects == one.idempotency_key) {
      error.violations.push_back({"corrects", "is its own key; a correction has one of its own"});
    }
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

    prepared.key = KeyHash(one.idempotency_key);
    prepared.content = ContentHash(one, time, &buffer);
    if (checked.converted) {
      prepared.given_number = one.number;
      prepared.given_unit = std::move(one.unit);
    }
    if (!one.corrects.empty()) prepared.corrects = KeyHash(one.corrects);
    prepared.withdrawn = one.withdrawn;
    prepared.row = std::move(one.row);
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
