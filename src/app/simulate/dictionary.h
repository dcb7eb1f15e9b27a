// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::simulate {

struct SiteModel {
  std::string id;
  std::string name;
  std::string country;
  int offset_minutes;  // local time
};

enum class ItemKind { kNumber, kText, kTime, kBoolean };
enum class ItemUse { kSeries, kField, kAttribute };

struct ItemModel {
  std::string code;
  std::string name;
  std::string domain;
  std::string unit;
  double plausible_low = 0;
  double plausible_high = 0;
  int decimals = 0;
  // The laboratory's reference range; NaN: it gives none.
  double range_low = std::numeric_limits<double>::quiet_NaN();
  double range_high = std::numeric_limits<double>::quiet_NaN();
  ItemKind kind = ItemKind::kNumber;
  ItemUse use = ItemUse::kSeries;
  std::string rule_name;  // empty: the usual one
  std::string form;       // of a field
  std::string codelist;
  bool unblinding = false;
};

// Places in MakeItems(). Those before kMeasured are measured at visits.
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
  kMeasured,
  kSex = kMeasured,
  kAge,
  kFirstDose,
  kStatus,
  kArm,
  kEventTerm,
  kEventSeverity,
  kEventSerious,
  kEventStart,
  kEventAware,
  kEventReported,
  kFirstVisit,  // one for each visit from here on
};

struct VisitModel {
  std::string_view code;
  std::string_view name;
  std::int32_t days;  // after enrolment
};

struct CodelistModel {
  std::string_view name;
  std::vector<std::string_view> terms;
};

// Days around a planned visit that still count.
inline constexpr std::int32_t kVisitWindow = 2;

std::vector<SiteModel> MakeSites();
std::vector<ItemModel> MakeItems();
std::span<const VisitModel> Visits();
std::vector<CodelistModel> MakeCodelists();
std::span<const std::string_view> EventTerms();

}  // namespace vedette::simulate
