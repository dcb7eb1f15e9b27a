// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/study_model.h"

#include <array>
#include <chrono>

#include "app/simulate/calendar.h"
#include "app/simulate/random.h"

namespace vedette::simulate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array kFamilyNames = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"};
constexpr std::array kGivenNames = {"伟", "芳", "秀英", "敏", "静", "磊", "洋", "艳", "勇", "丽"};
constexpr std::array kWesternNames = {
    "Anna Becker",  "Paul Martin",    "Claire Dubois", "Jonas Weber",  "Emily Carter",
    "Michael Reed", "Sophie Lambert", "Lukas Brandt",  "Grace Miller", "Daniel Brooks"};

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
    case 5:
      return Trouble::kFluidRetention;
    default:
      return Trouble::kNone;
  }
}

}  // namespace

StudyModel::StudyModel(StudyOptions options) : sites_(MakeSites()), items_(MakeItems()) {
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
    subjects_.back().first_dose = VisitTime(i, DayNumber(subjects_.back().enrolled)) + minutes(30);
  }
}

}  // namespace vedette::simulate
