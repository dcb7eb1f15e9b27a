// SPDX-License-Identifier: Apache-2.0
// When what is observed arrives: home readings, visits, adverse events, and the mistakes among
// them.
#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

#include "app/simulate/calendar.h"
#include "app/simulate/random.h"
#include "app/simulate/study_model.h"
#include "model/study_time.h"

namespace vedette::simulate {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Nothing arrives later than this after it happened.
constexpr std::int64_t kLongestDelay = 5;

// Shares of what is observed.
constexpr double kForgottenReadings = 0.06;
constexpr double kForeignReadings = 0.004;  // of somebody else; withdrawn a day later
constexpr double kMissedVisits = 0.04;
constexpr double kLateResults = 0.12;  // of visits: the laboratory's results come days later
constexpr double kNotDone = 0.01;
constexpr double kWrongEntries = 0.012;  // corrected within three days
constexpr double kEventsADay = 0.02;
constexpr double kSerious = 0.12;

// Where a wrong entry is seen at once.
constexpr std::array kMistaken = {kSystolic, kHeartRate, kPotassium, kCreatinine};

bool FromLaboratory(const ItemModel& item) { return item.domain == "LB"; }

seconds InHours(double count) { return seconds(static_cast<std::int64_t>(count * 3600)); }

std::uint64_t SeedOf(const SubjectModel& subject, std::int64_t number) {
  return Mix(subject.seed, static_cast<std::uint64_t>(number));
}

}  // namespace

Timestamp StudyModel::VisitTime(std::size_t subject, std::int64_t day) const {
  const SubjectModel& model = subjects_[subject];
  const std::uint64_t seed = SeedOf(model, 7000 + day - DayNumber(model.enrolled));
  return StartOfDay(day) - minutes(sites_[model.site].offset_minutes) + hours(9) +
         minutes(static_cast<int>(Uniform(Mix(seed, 1)) * 180));
}

void StudyModel::AddHomeReadings(std::size_t subject, std::int64_t day, Observations& out) const {
  const SubjectModel& model = subjects_[subject];
  const minutes offset(sites_[model.site].offset_minutes);
  for (int reading = 0; reading < 2; ++reading) {
    const std::uint64_t seed = SeedOf(model, day * 2 + reading);
    if (Uniform(Mix(seed, 5)) < kForgottenReadings) continue;
    const double local_hour = (reading == 0 ? 7.5 : 20.0) + 0.5 * Normal(seed);
    const Timestamp time = StartOfDay(day) - offset + seconds(static_cast<int>(local_hour * 3600));
    if (time < model.enrolled) continue;
    for (const std::size_t item : {kSystolic, kDiastolic, kHeartRate}) {
      out.push_back(Measure(subject, item, time, "epro", 0));
    }
    if (Uniform(Mix(seed, 6)) >= kForeignReadings) continue;
    out.push_back(Measure(subject, kSystolic, time + minutes(10), "epro", 45));
    SimulatedObservation taken_back = out.back();
    taken_back.corrects = out.back().key;
    taken_back.key += "/withdrawn";
    taken_back.value.reset();
    taken_back.withdrawn = true;
    taken_back.arrives += days(1);
    out.push_back(std::move(taken_back));
  }
}

void StudyModel::AddMeasurements(std::size_t subject,
                                 Timestamp time,
                                 std::uint64_t seed,
                                 Observations& out) const {
  const bool late = Uniform(Mix(seed, 2)) < kLateResults;
  for (std::size_t item = 0; item < kMeasured; ++item) {
    SimulatedObservation observation = Measure(subject, item, time, "edc", 0);
    if (Uniform(Mix(seed, 20 + item)) < kNotDone) observation.value.reset();
    if (late && FromLaboratory(items_[item])) {
      observation.arrives += days(2) + InHours(24 * Uniform(Mix(seed, 3)));
    }
    const bool wrong = observation.value && std::ranges::find(kMistaken, item) != kMistaken.end() &&
                       Uniform(Mix(seed, 60 + item)) < kWrongEntries;
    if (!wrong) {
      out.push_back(std::move(observation));
      continue;
    }
    SimulatedObservation correction = observation;
    correction.corrects = observation.key;
    correction.key += "/2";
    correction.arrives += hours(20) + InHours(40 * Uniform(Mix(seed, 80 + item)));
    observation.value = std::min(*observation.value * 1.5, items_[item].plausible_high);
    out.push_back(std::move(observation));
    out.push_back(std::move(correction));
  }
}

SimulatedObservation StudyModel::Enter(std::size_t subject,
                                       std::size_t item,
                                       Timestamp time,
                                       std::string text,
                                       const std::string& key) const {
  const SubjectModel& model = subjects_[subject];
  return {.subject = subject,
          .item = item,
          .text = std::move(text),
          .time = time,
          .offset_minutes = sites_[model.site].offset_minutes,
          .source = "edc",
          .key = "edc/" + model.number + "/" + key + "/" + items_[item].code,
          .arrives = time};
}

void StudyModel::AddDemographics(std::size_t subject, Observations& out) const {
  const SubjectModel& model = subjects_[subject];
  const int offset = sites_[model.site].offset_minutes;
  const auto add = [&](std::size_t item, std::string text) {
    out.push_back(Enter(subject, item, model.first_dose, std::move(text), "DM"));
  };
  add(kSex, model.sex);
  add(kFirstDose, FormatStudyTime({model.first_dose, static_cast<std::int16_t>(offset),
                                   TimePrecision::kSecond}));
  add(kStatus, "ACTIVE");
  add(kArm, Uniform(Mix(model.seed, 9)) < 0.5 ? "ACTIVE" : "PLACEBO");
  add(kAge, {});
  out.back().value = model.age;
}

void StudyModel::AddVisit(std::size_t subject, std::int64_t day, Observations& out) const {
  const SubjectModel& model = subjects_[subject];
  const std::int64_t since = day - DayNumber(model.enrolled);
  const auto visit = std::ranges::find(Visits(), since, &VisitModel::days);
  if (visit == Visits().end()) return;
  const std::uint64_t seed = SeedOf(model, 7000 + since);
  if (since > 0 && Uniform(seed) < kMissedVisits) return;
  const Timestamp time = VisitTime(subject, day);
  if (since == 0) AddDemographics(subject, out);
  out.push_back(Enter(subject, kFirstVisit + static_cast<std::size_t>(visit - Visits().begin()),
                      time, "Y", "SV"));
  AddMeasurements(subject, time, seed, out);
}

void StudyModel::AddAdverseEvent(std::size_t subject, std::int64_t day, Observations& out) const {
  const SubjectModel& model = subjects_[subject];
  const std::int64_t since = day - DayNumber(model.enrolled);
  const std::uint64_t seed = SeedOf(model, 9000 + since);
  // One site tells of few events.
  const double rate = sites_[model.site].id == "202" ? kEventsADay / 8 : kEventsADay;
  if (since < 1 || Uniform(seed) >= rate) return;
  const SiteModel& site = sites_[model.site];
  const Timestamp happened = StartOfDay(day) - minutes(site.offset_minutes) + hours(8) +
                             minutes(static_cast<int>(Uniform(Mix(seed, 1)) * 600));
  // Now and then the date is one of before the first dose.
  const Timestamp start = Uniform(Mix(seed, 2)) < 0.05 ? model.first_dose - days(3) : happened;
  const Timestamp aware = happened + InHours(2 + 10 * Uniform(Mix(seed, 3)));
  const bool serious = Uniform(Mix(seed, 4)) < kSerious;
  const double dice = Uniform(Mix(seed, 5));
  const bool reported = serious && dice > 0.15;
  const Timestamp told = aware + InHours(dice < 0.4 ? 30 + 60 * dice : 2 + 18 * dice);
  const std::string row = "AE/" + std::to_string(since);
  const std::size_t first = out.size();
  const auto text = [&](Timestamp time) {
    return FormatStudyTime(
        {time, static_cast<std::int16_t>(site.offset_minutes), TimePrecision::kSecond});
  };
  const auto add = [&](std::size_t item, std::string value) {
    out.push_back(Enter(subject, item, start, std::move(value), row));
  };
  const std::uint64_t pick = Mix(seed, 6);
  add(kEventTerm, std::string(EventTerms()[pick % EventTerms().size()]));
  add(kEventSeverity, serious ? "SEVERE" : pick / 16 % 3 == 0 ? "MODERATE" : "MILD");
  add(kEventSerious, serious ? "Y" : "N");
  add(kEventStart, text(start));
  if (serious) add(kEventAware, text(aware));
  if (reported) add(kEventReported, text(told));
  for (std::size_t i = first; i < out.size(); ++i) {
    out[i].row = row;
    out[i].arrives = reported ? told : aware;
  }
}

std::vector<SimulatedObservation> StudyModel::Scheduled(Timestamp from, Timestamp to) const {
  Observations out;
  // A local day reaches into the UTC days before and after.
  for (std::int64_t day = DayNumber(from) - 1 - kLongestDelay; day <= DayNumber(to) + 1; ++day) {
    for (std::size_t subject = 0; subject < subjects_.size(); ++subject) {
      AddHomeReadings(subject, day, out);
      AddVisit(subject, day, out);
      AddAdverseEvent(subject, day, out);
    }
  }
  std::erase_if(out, [&](const SimulatedObservation& observation) {
    return observation.arrives < from || observation.arrives >= to;
  });
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return std::tie(a.arrives, a.key) < std::tie(b.arrives, b.key);
  });
  return out;
}

}  // namespace vedette::simulate
