// SPDX-License-Identifier: Apache-2.0
#include "app/simulate/dictionary.h"

#include <array>

namespace vedette::simulate {
namespace {

constexpr std::array<VisitModel, 8> kVisits = {{{"BL", "Baseline", 0},
                                                {"W1", "Week 1", 7},
                                                {"W2", "Week 2", 14},
                                                {"W4", "Week 4", 28},
                                                {"W6", "Week 6", 42},
                                                {"W8", "Week 8", 56},
                                                {"W10", "Week 10", 70},
                                                {"W12", "Week 12", 84}}};

constexpr std::array<std::string_view, 8> kEventTerms = {
    "HEADACHE", "DIZZINESS",         "COUGH",   "FATIGUE",
    "NAUSEA",   "PERIPHERAL OEDEMA", "SYNCOPE", "NASOPHARYNGITIS"};

ItemModel Attribute(std::string code,
                    std::string name,
                    ItemKind kind,
                    std::string rule_name,
                    std::string codelist = {}) {
  ItemModel item{.code = std::move(code), .name = std::move(name), .domain = "DM", .unit = ""};
  item.kind = kind;
  item.use = ItemUse::kAttribute;
  item.rule_name = std::move(rule_name);
  item.codelist = std::move(codelist);
  return item;
}

ItemModel Field(std::string code,
                std::string name,
                ItemKind kind,
                std::string rule_name = {},
                std::string codelist = {}) {
  ItemModel item{.code = std::move(code), .name = std::move(name), .domain = "AE", .unit = ""};
  item.kind = kind;
  item.use = ItemUse::kField;
  item.rule_name = std::move(rule_name);
  item.form = "AE";
  item.codelist = std::move(codelist);
  return item;
}

}  // namespace

std::vector<SiteModel> MakeSites() {
  return {{"101", "Beijing Anding", "CN", 480},  {"102", "Shanghai Huashan", "CN", 480},
          {"103", "Chengdu West", "CN", 480},    {"201", "Lyon Sud", "FR", 60},
          {"202", "Heidelberg Mitte", "DE", 60}, {"301", "Boston Harbor", "US", -300}};
}

std::vector<ItemModel> MakeItems() {
  std::vector<ItemModel> items = {
      {"SYSBP", "Systolic Blood Pressure", "VS", "mmHg", 40, 300, 0},
      {"DIABP", "Diastolic Blood Pressure", "VS", "mmHg", 20, 200, 0},
      {"HR", "Heart Rate", "VS", "beats/min", 20, 300, 0},
      {"SPO2", "Oxygen Saturation", "VS", "%", 40, 100, 0},
      {"TEMP", "Temperature", "VS", "C", 30, 45, 1},
      {"WEIGHT", "Weight", "VS", "kg", 20, 300, 1},
      {"ALT", "Alanine Aminotransferase", "LB", "U/L", 0, 10000, 0, 7, 40},
      {"BILI", "Bilirubin", "LB", "umol/L", 0, 1000, 1, 3, 21},
      {"K", "Potassium", "LB", "mmol/L", 0.5, 12, 1, 3.5, 5.1},
      {"NEUT", "Neutrophils", "LB", "10^9/L", 0, 200, 2, 1.8, 7.5},
      {"CREAT", "Creatinine", "LB", "umol/L", 5, 3000, 0, 53, 106},
      {"GLUC", "Glucose", "LB", "mmol/L", 0.5, 80, 1, 3.9, 6.1},
      Attribute("SEX", "Sex", ItemKind::kText, "sex", "SEX"),
      Attribute("AGE", "Age", ItemKind::kNumber, "age"),
      Attribute("RFXSTDTC", "First dose", ItemKind::kTime, "first_dose"),
      Attribute("STATUS", "Status", ItemKind::kText, "status", "STATUS"),
      Attribute("ARMCD", "Treatment arm", ItemKind::kText, "arm", "ARM"),
      Field("AEDECOD", "Preferred term", ItemKind::kText),
      Field("AESEV", "Severity", ItemKind::kText, {}, "AESEV"),
      Field("AESER", "Serious", ItemKind::kText, {}, "NY"),
      Field("AESTDTC", "Start of the adverse event", ItemKind::kTime, "AESTDT"),
      Field("AEAWARE", "When the site became aware", ItemKind::kTime, "AWAREDTM"),
      Field("AEREPORT", "When the sponsor was told", ItemKind::kTime, "REPORTED")};
  items[kAge].unit = "a";
  items[kAge].plausible_low = 18;
  items[kAge].plausible_high = 110;
  items[kArm].unblinding = true;
  for (const VisitModel& visit : kVisits) {
    ItemModel item{.code = "SV_" + std::string(visit.code),
                   .name = "Visit " + std::string(visit.name),
                   .domain = "SV",
                   .unit = ""};
    item.kind = ItemKind::kBoolean;
    item.rule_name = "sv." + std::string(visit.code);
    items.push_back(std::move(item));
  }
  return items;
}

std::span<const VisitModel> Visits() { return kVisits; }

std::vector<CodelistModel> MakeCodelists() {
  return {{"NY", {"N", "Y"}},
          {"SEX", {"F", "M"}},
          {"STATUS", {"ACTIVE", "COMPLETED"}},
          {"ARM", {"ACTIVE", "PLACEBO"}},
          {"AESEV", {"MILD", "MODERATE", "SEVERE"}}};
}

std::span<const std::string_view> EventTerms() { return kEventTerms; }

}  // namespace vedette::simulate
