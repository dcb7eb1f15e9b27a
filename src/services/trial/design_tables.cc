// SPDX-License-Identifier: Apache-2.0
#include "services/trial/design_tables.h"

#include <utility>
#include <vector>

namespace vedette::trial {
namespace {

using db::ColumnType;
using db::Params;
using db::Row;
using db::Sql;

constexpr Sql kGetSettings{"trial_get_design_settings",
                           "SELECT first_dose, last_dose, visit_reference, grading_version"
                           " FROM trial_design WHERE study_id = $1"};
constexpr Sql kListVisits{"trial_list_visits",
                          "SELECT code, name, day, window_before, window_after, item"
                          " FROM trial_visit WHERE study_id = $1 ORDER BY code"};
constexpr Sql kListForms{
    "trial_list_forms",
    "SELECT name, label, repeating FROM trial_form WHERE study_id = $1 ORDER BY name"};
constexpr Sql kListTerms{"trial_list_codelist_terms",
                         "SELECT codelist, position, term FROM trial_codelist_term"
                         " WHERE study_id = $1 ORDER BY codelist, position"};
constexpr Sql kListIndicators{
    "trial_list_indicators",
    "SELECT id, name, numerator_form, numerator_field, numerator_term, denominator,"
    " minimum_denominator FROM trial_indicator WHERE study_id = $1 ORDER BY id"};
constexpr Sql kDeleteSettings{"trial_delete_design_settings",
                              "DELETE FROM trial_design WHERE study_id = $1"};
constexpr Sql kDeleteVisits{"trial_delete_visits", "DELETE FROM trial_visit WHERE study_id = $1"};
constexpr Sql kDeleteForms{"trial_delete_forms", "DELETE FROM trial_form WHERE study_id = $1"};
constexpr Sql kDeleteTerms{"trial_delete_codelist_terms",
                           "DELETE FROM trial_codelist_term WHERE study_id = $1"};
constexpr Sql kDeleteIndicators{"trial_delete_indicators",
                                "DELETE FROM trial_indicator WHERE study_id = $1"};
constexpr Sql kInsertSettings{"trial_insert_design_settings",
                              "INSERT INTO trial_design (study_id, first_dose, last_dose,"
                              " visit_reference, grading_version) VALUES ($1, $2, $3, $4, $5)"};

db::BulkInsert VisitRows(const std::string& study_id, const std::vector<Visit>& visits) {
  db::BulkInsert insert{.name = "trial_insert_visits",
                        .table = "trial_visit",
                        .columns = {{"study_id", ColumnType::kText},
                                    {"code", ColumnType::kText},
                                    {"name", ColumnType::kText},
                                    {"day", ColumnType::kInt},
                                    {"window_before", ColumnType::kInt},
                                    {"window_after", ColumnType::kInt},
                                    {"item", ColumnType::kText}}};
  for (const Visit& visit : visits) {
    insert.rows.push_back({study_id, visit.code, visit.name, std::int64_t{visit.day},
                           std::int64_t{visit.window_before}, std::int64_t{visit.window_after},
                           visit.item});
  }
  return insert;
}

db::BulkInsert FormRows(const std::string& study_id, const std::vector<Form>& forms) {
  db::BulkInsert insert{.name = "trial_insert_forms",
                        .table = "trial_form",
                        .columns = {{"study_id", ColumnType::kText},
                                    {"name", ColumnType::kText},
                                    {"label", ColumnType::kText},
                                    {"repeating", ColumnType::kInt}}};
  for (const Form& form : forms) {
    insert.rows.push_back(
        {study_id, form.name, form.label, static_cast<std::int64_t>(form.repeating)});
  }
  return insert;
}

db::BulkInsert TermRows(const std::string& study_id, const std::vector<Codelist>& codelists) {
  db::BulkInsert insert{.name = "trial_insert_codelist_terms",
                        .table = "trial_codelist_term",
                        .columns = {{"study_id", ColumnType::kText},
                                    {"codelist", ColumnType::kText},
                                    {"position", ColumnType::kInt},
                                    {"term", ColumnType::kText}}};
  for (const Codelist& list : codelists) {
    if (list.terms.empty()) insert.rows.push_back({study_id, list.name, std::int64_t{-1}, ""});
    for (std::size_t i = 0; i < list.terms.size(); ++i) {
      insert.rows.push_back({study_id, list.name, static_cast<std::int64_t>(i), list.terms[i]});
    }
  }
  return insert;
}

db::BulkInsert IndicatorRows(const std::string& study_id,
                             const std::vector<Indicator>& indicators) {
  db::BulkInsert insert{.name = "trial_insert_indicators",
                        .table = "trial_indicator",
                        .columns = {{"study_id", ColumnType::kText},
                                    {"id", ColumnType::kText},
                                    {"name", ColumnType::kText},
                                    {"numerator_form", ColumnType::kText},
                                    {"numerator_field", ColumnType::kText},
                                    {"numerator_term", ColumnType::kText},
                                    {"denominator", ColumnType::kText},
                                    {"minimum_denominator", ColumnType::kReal}}};
  for (const Indicator& one : indicators) {
    insert.rows.push_back({study_id, one.id, one.name, one.numerator_form, one.numerator_field,
                           one.numerator_term, one.denominator, one.minimum_denominator});
  }
  return insert;
}

}  // namespace

Task<Result<Design>> ReadDesign(db::Transaction& transaction, std::string study_id) {
  Design design;
  const Params study{study_id};
  VEDETTE_CO_TRY(auto settings, co_await transaction.Query(kGetSettings, study));
  if (!settings.empty()) {
    design.first_dose = settings[0].Text(0);
    design.last_dose = settings[0].Text(1);
    design.visit_reference = settings[0].Text(2);
    design.grading_version = settings[0].Text(3);
  }
  VEDETTE_CO_TRY(auto visits, co_await transaction.Query(kListVisits, study));
  for (const Row& row : visits) {
    design.visits.push_back({row.Text(0), row.Text(1), static_cast<std::int32_t>(row.Int(2)),
                             static_cast<std::int32_t>(row.Int(3)),
                             static_cast<std::int32_t>(row.Int(4)), row.Text(5)});
  }
  VEDETTE_CO_TRY(auto forms, co_await transaction.Query(kListForms, study));
  for (const Row& row : forms) {
    design.forms.push_back({row.Text(0), row.Text(1), row.Int(2) != 0});
  }
  VEDETTE_CO_TRY(auto terms, co_await transaction.Query(kListTerms, study));
  for (const Row& row : terms) {
    if (design.codelists.empty() || design.codelists.back().name != row.Text(0)) {
      design.codelists.push_back({row.Text(0), {}});
    }
    if (row.Int(1) >= 0) design.codelists.back().terms.push_back(row.Text(2));
  }
  VEDETTE_CO_TRY(auto indicators, co_await transaction.Query(kListIndicators, study));
  for (const Row& row : indicators) {
    design.indicators.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4),
                                 row.Text(5), row.Real(6)});
  }
  co_return design;
}

Task<Status> WriteDesign(db::Transaction& transaction, std::string study_id, Design design) {
  for (const Sql* sql :
       {&kDeleteSettings, &kDeleteVisits, &kDeleteForms, &kDeleteTerms, &kDeleteIndicators}) {
    VEDETTE_CO_CHECK_OK(co_await transaction.Query(*sql, Params{study_id}));
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Query(
      kInsertSettings, Params{study_id, design.first_dose, design.last_dose, design.visit_reference,
                              design.grading_version}));
  std::vector<db::BulkInsert> inserts;
  inserts.push_back(VisitRows(study_id, design.visits));
  inserts.push_back(FormRows(study_id, design.forms));
  inserts.push_back(TermRows(study_id, design.codelists));
  inserts.push_back(IndicatorRows(study_id, design.indicators));
  for (db::BulkInsert& insert : inserts) {
    if (insert.rows.empty()) continue;
    VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  }
  co_return Status{};
}

}  // namespace vedette::trial
