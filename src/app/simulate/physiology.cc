// SPDX-License-Identifier: Apache-2.0
// What is measured about a subject: its own level, the rhythm of the day, and what goes wrong.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>

#include "app/simulate/random.h"
#include "app/simulate/study_model.h"

namespace vedette::simulate {
namespace {

using std::chrono::days;
using std::chrono::minutes;

double LocalHour(Timestamp time, int offset_minutes) {
  const auto local = time + minutes(offset_minutes);
  const auto in_day = local - std::chrono::floor<days>(local);
  return std::chrono::duration<double, std::ratio<3600>>(in_day).count();
}

// −1 at night, +1 in the late afternoon.
double Circadian(double hour) { return std::cos(2.0 * std::numbers::pi * (hour - 17.0) / 24.0); }

}  // namespace

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
             (subject.trouble == Trouble::kUncontrolledHypertension ? 36 * worse : 0);
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
      return 76 + 12 * own + (subject.trouble == Trouble::kFluidRetention ? 6 * worse : 0);
    case kAlt:
      return 24 + 5 * own + (subject.trouble == Trouble::kLiverInjury ? 190 * worse : 0);
    case kBilirubin:
      return 10 + 2 * own + (subject.trouble == Trouble::kLiverInjury ? 60 * worse * worse : 0);
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
  observation.arrives = time;
  observation.key = std::string(source) + "/" + model.number + "/" + measured.code + "/" +
                    std::to_string(moment / 1'000'000);
  return observation;
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
