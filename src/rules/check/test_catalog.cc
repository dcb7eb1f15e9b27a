// SPDX-License-Identifier: Apache-2.0
#include "rules/check/test_catalog.h"

#include <initializer_list>
#include <utility>

namespace vedette::rules {
namespace {

using Role = CatalogItem::Role;

struct NumberSeries {
  const char* code;
  const char* name;
  const char* label;
  const char* unit;
  const char* grading = "";
  std::int64_t expected_every = 0;
};

constexpr NumberSeries kNumberSeries[] = {
    {"SYSBP", "vs.SYSBP", "Systolic Blood Pressure", "mmHg"},
    {"DIABP", "vs.DIABP", "Diastolic Blood Pressure", "mmHg"},
    {"PULSE", "vs.PULSE", "Pulse Rate", "beats/min"},
    {"TEMP", "vs.TEMP", "Temperature", "C"},
    {"WEIGHT", "vs.WEIGHT", "Weight", "kg"},
    {"HEIGHT", "vs.HEIGHT", "Height", "cm"},
    {"SPO2", "vs.SPO2", "Oxygen Saturation", "%"},
    {"RESP", "vs.RESP", "Respiratory Rate", "breaths/min"},
    {"ALT", "lab.ALT", "Alanine Aminotransferase", "U/L", "ALT"},
    {"AST", "lab.AST", "Aspartate Aminotransferase", "U/L", "AST"},
    {"ALP", "lab.ALP", "Alkaline Phosphatase", "U/L", "ALP"},
    {"TBILI", "lab.TBILI", "Total Bilirubin", "umol/L", "BILI"},
    {"CREAT", "lab.CREAT", "Creatinine", "umol/L", "CREAT"},
    {"HGB", "lab.HGB", "Haemoglobin", "g/dL", "HGB"},
    {"NEUT", "lab.NEUT", "Neutrophils", "10^9/L", "NEUT"},
    {"PLAT", "lab.PLAT", "Platelets", "10^9/L", "PLAT"},
    {"K", "lab.K", "Potassium", "mmol/L", "K"},
    {"NA", "lab.NA", "Sodium", "mmol/L", "NA"},
    {"CA", "lab.CA", "Calcium", "mmol/L", "CA"},
    {"URATE", "lab.URATE", "Urate", "umol/L", "URATE"},
    {"PHOS", "lab.PHOS", "Phosphate", "mmol/L"},
    {"GLUC", "lab.GLUC", "Glucose", "mmol/L", "GLUC"},
    {"QTCF", "eg.QTCF", "QTcF Interval", "ms"},
    {"QT", "eg.QT", "QT Interval", "ms"},
    {"RR", "eg.RR", "RR Interval", "ms"},
    {"EGHR", "eg.HR", "ECG Heart Rate", "beats/min"},
    {"DIARY", "pro.DIARY", "Symptom Diary Score", "", "", 86'400},
    {"PHQ0109", "pro.PHQ0109", "PHQ-9 Item 9", ""},
    {"WHR", "wear.HR", "Wearable Heart Rate", "beats/min", "", 300},
};

struct Field {
  const char* form;
  const char* name;
  const char* label;
  ValueKind kind;
  const char* unit = "";
  const char* codelist = "";
  bool unblinding = false;
};

constexpr Field kFields[] = {
    {"AE", "AETERM", "Reported Term", ValueKind::kText},
    {"AE", "AEDECOD", "Preferred Term", ValueKind::kText},
    {"AE", "AESEV", "Severity", ValueKind::kText, "", "AESEV"},
    {"AE", "AETOXGR", "Toxicity Grade", ValueKind::kText, "", "AETOXGR"},
    {"AE", "AESER", "Serious", ValueKind::kText, "", "NY"},
    {"AE", "AEREL", "Related", ValueKind::kText, "", "NY"},
    {"AE", "AEOUT", "Outcome", ValueKind::kText, "", "AEOUT"},
    {"AE", "AESTDT", "Start Date", ValueKind::kTime},
    {"AE", "AEENDT", "End Date", ValueKind::kTime},
    {"AE", "AWAREDTM", "Site Aware", ValueKind::kTime},
    {"AE", "REPORTED", "Reported to Sponsor", ValueKind::kTime},
    {"CM", "CMTRT", "Medication", ValueKind::kText},
    {"CM", "CMDECOD", "Standard Medication Name", ValueKind::kText},
    {"CM", "CMSTDT", "Start Date", ValueKind::kTime},
    {"CM", "CMENDT", "End Date", ValueKind::kTime},
    {"CM", "CMDOSE", "Dose", ValueKind::kNumber, "mg"},
    {"EX", "EXDOSE", "Dose", ValueKind::kNumber, "mg"},
    {"EX", "EXSTDTM", "Start of Dosing", ValueKind::kTime},
    {"EX", "EXENDTM", "End of Dosing", ValueKind::kTime},
    {"EX", "EXTRT", "Treatment Given", ValueKind::kText, "", "ARM", true},
    {"IC", "CONSENTDT", "Informed Consent", ValueKind::kTime},
    {"IC", "CONSENTVER", "Consent Version", ValueKind::kText},
    {"DS", "DSDECOD", "Disposition", ValueKind::kText, "", "NCOMPLT"},
    {"DS", "DSSTDT", "Date of Disposition", ValueKind::kTime},
};

struct Attribute {
  const char* code;
  const char* name;
  ValueKind kind;
  const char* unit = "";
  const char* codelist = "";
  bool unblinding = false;
};

constexpr Attribute kAttributes[] = {
    {"SEX", "sex", ValueKind::kText, "", "SEX"},
    {"AGE", "age", ValueKind::kNumber, "a"},
    {"STATUS", "status", ValueKind::kText, "", "STATUS"},
    {"COUNTRY", "country", ValueKind::kText},
    {"CHILDBEARING", "childbearing", ValueKind::kBoolean},
    {"FIRST_DOSE", "first_dose", ValueKind::kTime},
    {"LAST_DOSE", "last_dose", ValueKind::kTime},
    {"ARM", "arm", ValueKind::kText, "", "ARM", true},
};

void AddSeries(Catalog* catalog) {
  for (const NumberSeries& series : kNumberSeries) {
    catalog->items.push_back({.code = series.code,
                              .name = series.name,
                              .label = series.label,
                              .unit = series.unit,
                              .grading = series.grading,
                              .expected_every = series.expected_every});
  }
  catalog->items.push_back({.code = "HCG",
                            .name = "lab.HCG",
                            .label = "Pregnancy Test",
                            .kind = ValueKind::kText,
                            .codelist = "POSNEG"});
  catalog->items.push_back({.code = "PKCONC",
                            .name = "pk.CONC",
                            .label = "Drug Concentration",
                            .unit = "ng/mL",
                            .unblinding = true});
}

void AddForms(Catalog* catalog) {
  catalog->forms = {{.name = "AE", .label = "Adverse Events"},
                    {.name = "CM", .label = "Concomitant Medication"},
                    {.name = "EX", .label = "Exposure"},
                    {.name = "IC", .label = "Informed Consent", .repeating = false},
                    {.name = "DS", .label = "Disposition", .repeating = false}};
  for (const Field& field : kFields) {
    catalog->items.push_back({.code = field.name,
                              .name = field.name,
                              .label = field.label,
                              .role = Role::kFormField,
                              .kind = field.kind,
                              .unit = field.unit,
                              .form = field.form,
                              .codelist = field.codelist,
                              .unblinding = field.unblinding});
  }
}

void AddAttributes(Catalog* catalog) {
  for (const Attribute& attribute : kAttributes) {
    catalog->items.push_back({.code = attribute.code,
                              .name = attribute.name,
                              .label = attribute.name,
                              .role = Role::kAttribute,
                              .kind = attribute.kind,
                              .unit = attribute.unit,
                              .codelist = attribute.codelist,
                              .unblinding = attribute.unblinding});
  }
}

void AddVisits(Catalog* catalog) {
  catalog->visits = {{.code = "BL", .label = "Baseline", .day = 1, .item = "SV_BL"},
                     {.code = "W2",
                      .label = "Week 2",
                      .day = 15,
                      .window_before = 2,
                      .window_after = 2,
                      .item = "SV_W2"},
                     {.code = "W4",
                      .label = "Week 4",
                      .day = 29,
                      .window_before = 3,
                      .window_after = 3,
                      .item = "SV_W4"},
                     {.code = "W8",
                      .label = "Week 8",
                      .day = 57,
                      .window_before = 3,
                      .window_after = 3,
                      .item = "SV_W8"}};
  for (const CatalogVisit& visit : catalog->visits) {
    catalog->items.push_back({.code = visit.item,
                              .name = "sv." + visit.code,
                              .label = visit.label + " Took Place",
                              .kind = ValueKind::kBoolean});
  }
}

void AddCodelists(Catalog* catalog) {
  catalog->codelists = {
      {"NY", {"N", "Y"}},
      {"SEX", {"F", "M", "U"}},
      {"STATUS", {"SCREENING", "ACTIVE", "COMPLETED", "DISCONTINUED"}},
      {"POSNEG", {"POSITIVE", "NEGATIVE"}},
      {"ARM", {"PLACEBO", "LOW DOSE", "HIGH DOSE"}},
      {"AESEV", {"MILD", "MODERATE", "SEVERE"}},
      {"AETOXGR", {"1", "2", "3", "4", "5"}},
      {"AEOUT", {"RECOVERED", "RECOVERING", "NOT RECOVERED", "FATAL", "UNKNOWN"}},
      {"NCOMPLT", {"COMPLETED", "ADVERSE EVENT", "DEATH", "WITHDRAWAL BY SUBJECT"}},
      {"STRONG_CYP3A4", {"CLARITHROMYCIN", "ITRACONAZOLE", "KETOCONAZOLE", "RITONAVIR"}},
      {"HEPATIC_DISORDERS", {"HEPATITIS", "JAUNDICE", "HEPATIC FAILURE", "LIVER INJURY"}},
  };
}

}  // namespace

Catalog MakeTestCatalog() {
  Catalog catalog;
  catalog.study_id = "STUDY-1";
  catalog.revision = 1;
  AddSeries(&catalog);
  AddForms(&catalog);
  AddAttributes(&catalog);
  AddVisits(&catalog);
  AddCodelists(&catalog);
  catalog.kris = {{.id = "AE_RATE", .label = "Adverse Events", .numerator_form = "AE"},
                  {.id = "SAE_RATE",
                   .label = "Serious Adverse Events",
                   .numerator_form = "AE",
                   .numerator_field = "AESER",
                   .numerator_term = "Y"}};
  return catalog;
}

std::shared_ptr<const Catalog> TestCatalog() {
  static const std::shared_ptr<const Catalog> kCatalog = [] {
    auto catalog = std::make_shared<Catalog>(MakeTestCatalog());
    catalog->Finish();
    return catalog;
  }();
  return kCatalog;
}

}  // namespace vedette::rules
