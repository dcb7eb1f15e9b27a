// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vedette::rules {

// What the values of an item are.
enum class ValueKind : std::uint8_t { kNumber, kText, kTime, kBoolean };

// One item of a study as rules see it. Exactly one of these: a series ("lab.ALT"), a field of a
// form
// ("row.AESTDT", "form.AE"), an attribute of the subject ("subject.sex").
struct CatalogItem {
  enum class Role : std::uint8_t { kSeries, kFormField, kAttribute };

  std::string code;   // as events carry it: "ALT"
  std::string name;   // how rules write it: "lab.ALT", "AESTDT" within its form, "sex"
  std::string label;  // "Alanine Aminotransferase"
  Role role = Role::kSeries;
  ValueKind kind = ValueKind::kNumber;
  std::string unit;                 // canonical, as the dictionary spells it; empty: without unit
  std::string form;                 // of a form field: "AE"
  std::string codelist;             // of text: the terms it takes; empty: free text
  std::string grading;              // the analyte of the score library: "ALT"; empty: not graded
  std::int64_t expected_every = 0;  // seconds between planned entries (a diary); 0: not planned
  bool unblinding = false;          // tells the treatment: arm, drug level
};

struct CatalogVisit {
  std::string code;  // "W4"
  std::string label;
  std::int32_t day = 1;            // study day: 1 is the day of the reference, there is no day 0
  std::int32_t window_before = 0;  // days
  std::int32_t window_after = 0;
  std::string item;  // the code of the item whose events say that the visit took place
};

struct CatalogForm {
  std::string name;  // "AE"
  std::string label;
  bool repeating = true;
};

// A rate over subjects, compared between sites (rules.md 5.1, "site rate").
struct CatalogKri {
  std::string id;  // "AE_RATE"
  std::string label;
  std::string numerator_form;   // rows of this form are counted
  std::string numerator_field;  // when given, only those whose field equals numerator_term
  std::string numerator_term;
  std::string denominator =
      "days";                       // "days" on study, or the name of a form whose rows are counted
  double minimum_denominator = 30;  // below it there is no score
};

// Everything that rules of one study may name. Immutable once finished; thread-safe.
class Catalog {
 public:
  std::string study_id;
  std::int64_t revision = 0;
  std::vector<CatalogItem> items;    // an item's index here is its number in features and columns
  std::vector<CatalogVisit> visits;  // in order of day
  std::vector<CatalogForm> forms;
  std::vector<CatalogKri> kris;
  std::map<std::string, std::vector<std::string>, std::less<>> codelists;  // also smq() groups
  // The attribute that dates treatment begins and ends with; "" when the study has none.
  std::string first_dose = "first_dose";
  std::string last_dose = "last_dose";
  // The attribute whose time a visit's day counts from.
  std::string visit_reference = "first_dose";
  std::string grading_version = "ctcae5";  // of the score library

  // Builds the look-ups; call it once, after the lists are filled.
  void Finish();

  const CatalogItem* FindByCode(std::string_view code) const;
  // "lab.ALT"; "subject.sex"; nullptr for anything else.
  const CatalogItem* FindSeries(std::string_view name) const;
  const CatalogItem* FindAttribute(std::string_view name) const;
  const CatalogItem* FindField(std::string_view form, std::string_view field) const;
  const CatalogVisit* FindVisit(std::string_view code) const;
  const CatalogForm* FindForm(std::string_view name) const;
  const CatalogKri* FindKri(std::string_view id) const;
  std::uint32_t IndexOf(const CatalogItem& item) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Index = std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>>;
  Index by_code_;
  Index series_;
  Index attributes_;
  Index fields_;  // "AE.AESTDT"
};

}  // namespace vedette::rules
