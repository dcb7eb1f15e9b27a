// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/simulate/dictionary.h"
#include "base/clock.h"

namespace vedette::simulate {

// Everything about the made-up study is a pure function of the seed: the same seed and the same
// time span give the same observations.

// What goes wrong with a subject, from a day of the study on.
enum class Trouble {
  kNone,
  kUncontrolledHypertension,  // pressure climbs a little every day
  kLiverInjury,               // ALT rises first, bilirubin follows (Hy's law)
  kHyperkalaemia,
  kNeutropenia,
  kFluidRetention,  // weight climbs
};

struct SubjectModel {
  std::string number;
  std::size_t site;  // index into Sites()
  std::string name;
  std::string mobile;
  int age;
  std::string sex;
  Timestamp enrolled;
  Timestamp first_dose;  // after the measurements of the first visit
  Trouble trouble;
  std::uint64_t seed;
};

struct SimulatedObservation {
  std::size_t subject = 0;      // index into Subjects()
  std::size_t item = 0;         // index into Items()
  std::optional<double> value;  // absent without text and `withdrawn`: not done
  std::string text;             // of items that are no numbers
  Timestamp time;
  int offset_minutes = 0;
  std::string source;    // "device", "edc", "epro"
  std::string key;       // unique within the study
  Timestamp arrives;     // when the system gets it; most at once, some days later
  std::string row;       // of a field: which row of its form
  std::string corrects;  // the key of what this one replaces
  bool withdrawn = false;
};

struct StudyOptions {
  std::uint64_t seed = 1;
  std::size_t subjects = 60;
  Timestamp start;  // first enrolment; subjects follow over `enrolment_days`
  int enrolment_days = 20;
};

// A hypertension study of six sites: home blood pressure twice a day, a wearable, laboratory and
// vital signs at visits, adverse events. Some visits are missed, some laboratory results come days
// late, and mistakes of entry are corrected or withdrawn.
class StudyModel {
 public:
  explicit StudyModel(StudyOptions options);

  static std::string_view Id() { return "DEMO-HTN-01"; }
  static std::string_view Name() { return "Ambulatory blood pressure in resistant hypertension"; }

  const std::vector<SiteModel>& Sites() const { return sites_; }
  const std::vector<ItemModel>& Items() const { return items_; }
  const std::vector<SubjectModel>& Subjects() const { return subjects_; }

  // Everything but wearables that arrives with from ≤ arrival < to, in the order of arrival. What
  // replaces another observation comes after it.
  std::vector<SimulatedObservation> Scheduled(Timestamp from, Timestamp to) const;

  // What the wearables send in the second that starts at `second`: each subject's about once a
  // minute, and now and then an acute episode that crosses a threshold.
  std::vector<SimulatedObservation> Wearable(Timestamp second) const;

 private:
  using Observations = std::vector<SimulatedObservation>;

  void MakeSubjects(const StudyOptions& options);
  double Expected(const SubjectModel& subject, std::size_t item, Timestamp time) const;
  SimulatedObservation Measure(std::size_t subject,
                               std::size_t item,
                               Timestamp time,
                               std::string_view source,
                               double shift) const;
  SimulatedObservation Enter(std::size_t subject,
                             std::size_t item,
                             Timestamp time,
                             std::string text,
                             const std::string& key) const;
  // A stay of one day at the site: `day` counts from 1970, `since` from enrolment.
  Timestamp VisitTime(std::size_t subject, std::int64_t day) const;
  void AddHomeReadings(std::size_t subject, std::int64_t day, Observations& out) const;
  void AddVisit(std::size_t subject, std::int64_t day, Observations& out) const;
  void AddMeasurements(std::size_t subject,
                       Timestamp time,
                       std::uint64_t seed,
                       Observations& out) const;
  void AddDemographics(std::size_t subject, Observations& out) const;
  void AddAdverseEvent(std::size_t subject, std::int64_t day, Observations& out) const;

  std::vector<SiteModel> sites_;
  std::vector<ItemModel> items_;
  std::vector<SubjectModel> subjects_;
};

}  // namespace vedette::simulate
