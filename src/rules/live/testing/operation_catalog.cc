// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <utility>

#include "rules/live/testing/operation_stream.h"
#include "rules/live/testing/series_models.h"

namespace vedette::rules::testing {
namespace {

std::string CodeOf(std::string_view name) { return std::string(name.substr(name.find('.') + 1)); }

void AddItem(Catalog* catalog,
             std::string code,
             std::string name,
             CatalogItem::Role role,
             ValueKind kind,
             std::string form = "") {
  CatalogItem item;
  item.code = std::move(code);
  item.label = name;
  item.name = std::move(name);
  item.role = role;
  item.kind = kind;
  item.form = std::move(form);
  catalog->items.push_back(std::move(item));
}

}  // namespace

std::shared_ptr<const Catalog> OperationCatalog() {
  static const std::shared_ptr<const Catalog> kCatalog = [] {
    auto catalog = std::make_shared<Catalog>();
    catalog->study_id = "STREAM";
    using Role = CatalogItem::Role;
    for (const SeriesModel& model : kModels) {
      AddItem(catalog.get(), CodeOf(model.name), std::string(model.name), Role::kSeries,
              ValueKind::kNumber);
    }
    for (std::size_t i = kModels.size(); i < kSeries; ++i) {
      const std::string code = "OTHER" + std::to_string(i);
      AddItem(catalog.get(), code, "lab." + code, Role::kSeries, ValueKind::kNumber);
    }
    AddItem(catalog.get(), "DIARY", "pro.DIARY", Role::kSeries, ValueKind::kNumber);
    catalog->items.back().expected_every = 7 * kDay;
    catalog->visits = {
        {.code = "W2", .label = "Week 2", .day = 15, .window_after = 2, .item = "SV_W2"},
        {.code = "W8",
         .label = "Week 8",
         .day = 57,
         .window_before = 3,
         .window_after = 3,
         .item = "SV_W8"}};
    for (const CatalogVisit& visit : catalog->visits) {
      AddItem(catalog.get(), visit.item, "sv." + visit.code, Role::kSeries, ValueKind::kBoolean);
    }
    AddItem(catalog.get(), "FIRST_DOSE", "first_dose", Role::kAttribute, ValueKind::kTime);
    AddItem(catalog.get(), "SEX", "sex", Role::kAttribute, ValueKind::kText);
    AddItem(catalog.get(), "AETERM", "AETERM", Role::kFormField, ValueKind::kText, "AE");
    for (const char* field : {"AESTDT", "AWAREDTM", "REPORTED"}) {
      AddItem(catalog.get(), field, field, Role::kFormField, ValueKind::kTime, "AE");
    }
    catalog->forms = {{.name = "AE", .label = "Adverse Events"}};
    catalog->Finish();
    return catalog;
  }();
  return kCatalog;
}

}  // namespace vedette::rules::testing
