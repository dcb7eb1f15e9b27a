// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/study_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <tuple>

#include "app/simulate/random.h"

namespace vedette::simulate {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

enum ItemIndex : std::size_t {
  kSystolic,
  kDiastolic,
  kHeartRate,
  kSaturation,
  kTemperature,
  kWeight,
  kAlt,
  kBilirubin,
  kPotassium,
  kNeutrophils,
  kCreatinine,
  kGlucose,
};

std::vector<SiteModel> MakeSites() {
  return {{"101", "Beijing Anding", "CN", 480},  {"102", "Shanghai Huashan", "CN", 480},
          {"103", "Chengdu West", "CN", 480},    {"201", "Lyon Sud", "FR", 60},
          {"202", "Heidelberg Mitte", "DE", 60}, {"301", "Boston Harbor", "US", -300}};
}

std::vector<ItemModel> MakeItems() {
  return {{"SYSBP", "Systolic Blood Pressure", "VS", "mmHg", 40, 300, 0},
          {"DIABP", "Diastolic Blood Pressure", "VS", "mmHg", 20, 200, 0},
          {"HR", "Heart Rate", "VS", "beats/min", 20, 300, 0},
          {"SPO2", "Oxygen Saturation", "VS", "%", 40, 100, 0},
          {"TEMP", "Temperature", "VS", "C", 30, 45, 1},
          {"WEIGHT", "Weight", "VS", "kg", 20, 300, 1},
          {"ALT", "Alanine Aminotransferase", "LB", "U/L", 0, 10000, 0},
          {"BILI", "Bilirubin", "LB", "umol/L", 0, 1000, 1},
          {"K", "Potassium", "LB", "mmol/L", 0.5, 12, 1},
          {"NEUT", "Neutrophils", "LB", "10^9/L", 0, 200, 2},
          {"CREAT", "Creatinine", "LB", "umol/L", 5, 3000, 0},
          {"GLUC", "Glucose", "LB", "mmol/L", 0.5, 80, 1}};
}

std::vector<RuleModel> MakeRules() {
  using enum RuleComparison;
  using enum RuleSeverity;
  return {
      {"VS-SYSBP-CRISIS", "Hypertensive crisis", "SYSBP", kGreaterOrEqual, 180, kCritical,
       "Systolic blood pressure {value} {unit}: hypertensive crisis range"},
      {"VS-SYSBP-HIGH", "Systolic pressure above 165", "SYSBP", kGreater, 165, kWarning,
       "Systolic blood pressure {value} {unit} is above 165 mmHg"},
      {"VS-HR-HIGH", "Tachycardia", "HR", kGreater, 120, kWarning,
       "Heart rate {value} {unit} is above 120"},
      {"VS-HR-LOW", "Bradycardia", "HR", kLess, 45, kWarning,
       "Heart rate {value} {unit} is below 45"},
      {"VS-SPO2-LOW", "Low oxygen saturation", "SPO2", kLess, 91, kCritical,
       "Oxygen saturation {value} {unit} is below 91 %"},
      {"VS-TEMP-HIGH", "Fever", "TEMP", kGreaterOrEqual, 38.3, kInfo,
       "Temperature {value} {unit}: fever"},
      {"LB-ALT-3X", "ALT at least 3 times the upper limit", "ALT", kGreaterOrEqual, 120, kCritical,
       "ALT {value} {unit} is at least three times the upper limit of normal"},
      {"LB-K-HIGH", "Hyperkalaemia", "K", kGreater, 5.5, kCritical,
       "Potassium {value} {unit} is above 5.5 mmol/L"},
      {"LB-NEUT-LOW", "Neutropenia grade 3", "NEUT", kLess, 1.0, kCritical,
       "Neutrophils {value} {unit}: CTCAE grade 3 or worse"},
  };
}

constexpr std::array kFamilyNames = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"};
constexpr std::array kGivenNames = {"伟", "芳", "秀英", "敏", "静", "磊", "洋", "艳", "勇", "丽"};
constexpr std::array kWesternNames = {
    "Anna Becker",  "Paul Martin",    "Claire Dubois", "Jonas Weber",  "Emily Carter",
    "Michael Reed", "Sophie Lambert", "Lukas Brandt",  "Grace Miller", "Daniel Brooks"};

// Visits of the protocol, in days after enrolment.
constexpr std::array<std::int64_t, 8> kVisitDays = {0, 7, 14, 28, 42, 56, 70, 84};

std::int64_t DayNumber(Timestamp time) {
  return std::chrono::floor<days>(time).time_since_epoch().count();
}

Timestamp StartOfDay(std::int64_t day) { return Timestamp(days(day)); }

double LocalHour(Timestamp time, int offset_minutes) {
  const auto local = time + minutes(offset_minutes);
  const auto in_day = local - std::chrono::floor<days>(local);
  return std::chrono::duration<double, std::ratio<3600>>(in_day).count();
}

// −1 at night, +1 in the late afternoon.
double Circadian(double hour) { return std::cos(2.0 * std::numbers::pi * (hour - 17.0) / 24.0); }

std::string Padded(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

Trouble TroubleOf(std::size_t index) {
  switch (index % 15) {
    case 3:
      return Trouble::kUncontrolledHypertension;
    case 7:
      return Trouble::kLiverInjury;
    case 10:
      return Trouble::kHyperkalaemia;
    case 13:
      return Trouble::kNeutropenia;
    default:
      return Trouble::kNone;
  }
}

}  // namespace

StudyModel::StudyModel(StudyOptions options)
    : sites_(MakeSites()), items_(MakeItems()), rules_(MakeRules()) {
  MakeSubjects(options);
}

void StudyModel::MakeSubjects(const StudyOptions& options) {
  std::vector<int> per_site(sites_.size(), 0);
  for (std::size_t i = 0; i < options.subjects; ++i) {
    SubjectModel subject;
    subject.seed = Mix(options.seed, i + 1);
    subject.site = i % sites_.size();
    const SiteModel& site = sites_[subject.site];
    subject.number =
        site.id + "-" + Padded(static_cast<std::uint64_t>(++per_site[subject.site]), 3);
    const std::uint64_t pick = Mix(subject.seed, 2);
    subject.name = site.country == "CN" ? std::string(kFamilyNames[pick % kFamilyNames.size()]) +
                                              kGivenNames[pick / 16 % kGivenNames.size()]
                                        : kWesternNames[pick % kWesternNames.size()];
    subject.mobile = "138" + Padded(pick % 100'000'000, 8);
    subject.age = 35 + static_cast<int>(Uniform(Mix(subject.seed, 3)) * 45);
    subject.sex = pick % 2 == 0 ? "F" : "M";
    const double day = Uniform(Mix(subject.seed, 4)) * options.enrolment_days;
    subject.enrolled = options.start + hours(static_cast<int>(day * 24));
    subject.trouble = TroubleOf(i);
    subjects_.push_back(std::move(subject));
  }
}

double StudyModel::Expected(const SubjectModel& subject, std::size_t item, Timestamp time) const {
  const double own = Normal(Mix(subject.seed, 100 + item));  // between subjects
  const double rhythm = Circadian(LocalHour(time, sites_[subject.site].offset_minutes));
  const double day =
      std::chrono::duration<double, std::ratio<86400>>(time - subject.enrolled).count();
  const double worse =
      std::clamp((day - 10.0) / 20.0, 0.0, 1.0);  // trouble grows from day 10 to 30
  switch (item) {
    case kSystolic:
      return 138 + 7 * own + 8 * rhythm +
             (subject.trouble == Trouble::kUncontrolledHypertension ? 26 * worse : 0);
    case kDiastolic:
      return 84 + 5 * own + 5 * rhythm +
             (subject.trouble == Trouble::kUncontrolledHypertension ? 12 * worse : 0);
    case kHeartRate:
      return 71 + 6 * own + 7 * rhythm;
    case kSaturation:
      return 97 + 0.6 * own;
    case kTemperature:
      return 36.6 + 0.12 * own + 0.25 * rhythm;
    case kWeight:
      return 76 + 12 * own;
    case kAlt:
      return 24 + 5 * own + (subject.trouble == Trouble::kLiverInjury ? 190 * worse : 0);
    case kBilirubin:
      return 10 + 2 * own + (subject.trouble == Trouble::kLiverInjury ? 38 * worse * worse : 0);
    case kPotassium:
      return 4.3 + 0.2 * own + (subject.trouble == Trouble::kHyperkalaemia ? 1.7 * worse : 0);
    case kNeutrophils:
      return std::max(
          0.2, 4.2 + 0.8 * own - (subject.trouble == Trouble::kNeutropenia ? 4.0 * worse : 0));
    case kCreatinine:
      return 82 + 11 * own;
    default:
      return 5.6 + 0.5 * own + 0.3 * rhythm;
  }
}

SimulatedObservation StudyModel::Measure(std::size_t subject,
                                         std::size_t item,
                                         Timestamp time,
                                         std::string_view source,
                                         double shift) const {
  constexpr std::array kNoise = {6.0, 4.0, 4.0, 0.5, 0.12, 0.3, 3.0, 1.0, 0.12, 0.25, 4.0, 0.4};
  const SubjectModel& model = subjects_[subject];
  const ItemModel& measured = items_[item];
  const auto moment = static_cast<std::uint64_t>(ToUnixMicros(time));
  const double noise = kNoise[item] * Normal(Mix(model.seed, Mix(item + 1, moment)));
  const double scale = std::pow(10.0, measured.decimals);
  const double value = std::round((Expected(model, item, time) + noise + shift) * scale) / scale;
  SimulatedObservation observation;
  observation.subject = subject;
  observation.item = item;
  observation.value = std::clamp(value, measured.plausible_low, measured.plausible_high);
  observation.time = time;
  observation.offset_minutes = sites_[model.site].offset_minutes;
  observation.source = source;
  observation.key = std::string(source) + "/" + model.number + "/" + measured.code + "/" +
                    std::to_string(moment / 1'000'000);
  return observation;
}

void StudyModel::AddHomeReadings(std::size_t subject,
                                 std::int64_t day,
                                 std::vector<SimulatedObservation>& out) const {
  const SubjectModel& model = subjects_[subject];
  const minutes offset(sites_[model.site].offset_minutes);
  for (int reading = 0; reading < 2; ++reading) {
    const std::uint64_t seed = Mix(model.seed, static_cast<std::uint64_t>(day * 2 + reading));
    if (Uniform(Mix(seed, 5)) < 0.06) continue;  // forgotten
    const double local_hour = (reading == 0 ? 7.5 : 20.0) + 0.5 * Normal(seed);
    const Timestamp time = StartOfDay(day) - offset + seconds(static_cast<int>(local_hour * 3600));
    if (time < model.enrolled) continue;
    for (const std::size_t item : {kSystolic, kDiastolic, kHeartRate}) {
      out.push_back(Measure(subject, item, time, "epro", 0));
    }
  }
}

void StudyModel::AddVisit(std::size_t subject,
                          std::int64_t day,
                          std::vector<SimulatedObservation>& out) const {
  const SubjectModel& model = subjects_[subject];
  const std::int64_t since = day - DayNumber(model.enrolled);
  const auto visit = std::find(kVisitDays.begin(), kVisitDays.end(), since);
  if (visit == kVisitDays.end()) return;
  const std::uint64_t seed = Mix(model.seed, static_cast<std::uint64_t>(7000 + since));
  if (Uniform(seed) < 0.04) return;  // missed
  const minutes offset(sites_[model.site].offset_minutes);
  const Timestamp time =
      StartOfDay(day) - offset + hours(9) + minutes(static_cast<int>(Uniform(Mix(seed, 1)) * 180));
  for (std::size_t item = 0; item < items_.size(); ++item) {
    SimulatedObservation observation = Measure(subject, item, time, "edc", 0);
    if (Uniform(Mix(seed, 20 + item)) < 0.01) observation.value.reset();
    out.push_back(std::move(observation));
  }
}

std::vector<SimulatedObservation> StudyModel::Scheduled(Timestamp from, Timestamp to) const {
  std::vector<SimulatedObservation> out;
  // A local day reaches into the UTC days before and after.
  for (std::int64_t day = DayNumber(from) - 1; day <= DayNumber(to) + 1; ++day) {
    for (std::size_t subject = 0; subject < subjects_.size(); ++subject) {
      AddHomeReadings(subject, day, out);
      AddVisit(subject, day, out);
    }
  }
  std::erase_if(out, [&](const SimulatedObservation& observation) {
    return observation.time < from || observation.time >= to;
  });
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return std::tie(a.time, a.key) < std::tie(b.time, b.key);
  });
  return out;
}

std::vector<SimulatedObservation> StudyModel::Wearable(Timestamp second) const {
  std::vector<SimulatedObservation> out;
  const auto number = static_cast<std::uint64_t>(ToUnixMicros(second) / 1'000'000);
  for (std::size_t subject = 0; subject < subjects_.size(); ++subject) {
    const SubjectModel& model = subjects_[subject];
    if (second < model.enrolled || (number + model.seed) % 60 != 0) continue;
    const double dice = Uniform(Mix(model.seed, number));
    const double racing = dice < 0.03 ? 62 : dice > 0.985 ? -32 : 0;
    const double breathless = dice > 0.03 && dice < 0.045 ? -9 : 0;
    out.push_back(Measure(subject, kHeartRate, second, "device", racing));
    out.push_back(Measure(subject, kSaturation, second, "device", breathless));
    if (dice > 0.045 && dice < 0.12) {
      // A patch takes the pressure now and then; under stress it runs high.
      out.push_back(Measure(subject, kSystolic, second, "device", dice < 0.09 ? 38 : 0));
      out.push_back(Measure(subject, kDiastolic, second, "device", dice < 0.09 ? 16 : 0));
    }
  }
  return out;
}

}  // namespace vedette::simulate
