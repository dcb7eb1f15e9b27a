// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vedette::simulate {

// What the simulator can measure. Everything about the made-up study is a pure function of the
// seed: the same seed and the same time span give the same observations.

struct SiteModel {
  std::string id;
  std::string name;
  std::string country;
  int offset_minutes;  // local time
};

struct ItemModel {
  std::string code;
  std::string name;
  std::string domain;
  std::string unit;
  double plausible_low;
  double plausible_high;
  int decimals;
};

enum class RuleComparison { kGreater, kGreaterOrEqual, kLess };
enum class RuleSeverity { kInfo, kWarning, kCritical };

struct RuleModel {
  std::string id;
  std::string name;
  std::string item;
  RuleComparison comparison;
  double threshold;
  RuleSeverity severity;
  std::string message;
};

// What goes wrong with a subject, from a day of the study on.
enum class Trouble {
  kNone,
  kUncontrolledHypertension,  // pressure climbs a little every day
  kLiverInjury,               // ALT rises first, bilirubin follows (Hy's law)
  kHyperkalaemia,
  kNeutropenia,
};

struct SubjectModel {
  std::string number;
  std::size_t site;  // index into Sites()
  std::string name;
  std::string mobile;
  int age;
  std::string sex;
  Timestamp enrolled;
  Trouble trouble;
  std::uint64_t seed;
};

struct SimulatedObservation {
  std::size_t subject;          // index into Subjects()
  std::size_t item;             // index into Items()
  std::optional<double> value;  // absent: not done
  Timestamp time;
  int offset_minutes;
  std::string source;  // "device", "edc", "epro"
  std::string key;     // unique within the study
};

struct StudyOptions {
  std::uint64_t seed = 1;
  std::size_t subjects = 60;
  Timestamp start;  // first enrolment; subjects follow over `enrolment_days`
  int enrolment_days = 20;
};

// A hypertension study of six sites: home blood pressure twice a day, a wearable, laboratory and
// vital signs at visits.
class StudyModel {
 public:
  explicit StudyModel(StudyOptions options);

  static std::string_view Id() { return "DEMO-HTN-01"; }
  static std::string_view Name() { return "Ambulatory blood pressure in resistant hypertension"; }

  const std::vector<SiteModel>& Sites() const { return sites_; }
  const std::vector<ItemModel>& Items() const { return items_; }
  const std::vector<RuleModel>& Rules() const { return rules_; }
  const std::vector<SubjectModel>& Subjects() const { return subjects_; }

  // Every scheduled observation with from ≤ time < to, in time order.
  std::vector<SimulatedObservation> Scheduled(Timestamp from, Timestamp to) const;

  // What the wearables send in the second that starts at `second`: each subject's about once a
  // minute, and now and then an acute episode that crosses a threshold.
  std::vector<SimulatedObservation> Wearable(Timestamp second) const;

 private:
  void MakeSubjects(const StudyOptions& options);
  double Expected(const SubjectModel& subject, std::size_t item, Timestamp time) const;
  SimulatedObservation Measure(std::size_t subject,
                               std::size_t item,
                               Timestamp time,
                               std::string_view source,
                               double shift) const;
  void AddHomeReadings(std::size_t subject,
                       std::int64_t day,
                       std::vector<SimulatedObservation>& out) const;
  void AddVisit(std::size_t subject,
                std::int64_t day,
                std::vector<SimulatedObservation>& out) const;

  std::vector<SiteModel> sites_;
  std::vector<ItemModel> items_;
  std::vector<RuleModel> rules_;
  std::vector<SubjectModel> subjects_;
};

}  // namespace vedette::simulate
