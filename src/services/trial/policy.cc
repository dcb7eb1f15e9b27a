// SPDX-License-Identifier: Apache-2.0
#include "services/trial/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace vedette::trial {
namespace {

using Violations = std::vector<FieldViolation>;

Status Conclude(Violations violations, std::string message) {
  if (violations.empty()) return {};
  return Fail(Error{Code::kInvalidArgument, std::move(message), std::move(violations)});
}

void CheckText(const Item& item, const std::string& path, Violations& violations) {
  if (!item.unit.empty()) violations.push_back({path + ".unit", "must be empty for text"});
  if (!item.accepted_units.empty()) {
    violations.push_back({path + ".acceptedUnits", "must be empty for text"});
  }
  if (item.plausible_low) {
    violations.push_back({path + ".plausibleLow", "must not be given for text"});
  }
  if (item.plausible_high) {
    violations.push_back({path + ".plausibleHigh", "must not be given for text"});
  }
}

void CheckRange(const Item& item, const std::string& path, Violations& violations) {
  const auto finite = [](const std::optional<double>& end) { return !end || std::isfinite(*end); };
  if (!finite(item.plausible_low)) {
    violations.push_back({path + ".plausibleLow", "must be a finite number"});
  }
  if (!finite(item.plausible_high)) {
    violations.push_back({path + ".plausibleHigh", "must be a finite number"});
  }
  if (item.plausible_low && item.plausible_high && *item.plausible_low > *item.plausible_high) {
    violations.push_back({path + ".plausibleLow", "must not be above plausibleHigh"});
  }
}

void CheckConversions(const Item& item, const std::string& path, Violations& violations) {
  if (item.unit.empty() && !item.accepted_units.empty()) {
    violations.push_back({path + ".acceptedUnits", "must be empty for a number without unit"});
  }
  std::set<std::string_view> units{item.unit};
  for (std::size_t i = 0; i < item.accepted_units.size(); ++i) {
    const UnitConversion& conversion = item.accepted_units[i];
    const std::string at = fmt::format("{}.acceptedUnits[{}]", path, i);
    if (!units.insert(conversion.unit).second) {
      violations.push_back({at + ".unit", "is taken by this item already"});
    }
    if (!std::isfinite(conversion.factor) || conversion.factor == 0) {
      violations.push_back({at + ".factor", "must be a finite number other than zero"});
    }
    if (!std::isfinite(conversion.offset)) {
      violations.push_back({at + ".offset", "must be a finite number"});
    }
  }
}

std::string DescribeKind(const Item& item) {
  switch (item.type) {
    case ItemType::kText:
      return "text";
    case ItemType::kTime:
      return "a time";
    case ItemType::kBoolean:
      return "Y or N";
    case ItemType::kNumber:
      break;
  }
  if (item.unit.empty()) return "a number without unit";
  return "a number in " + item.unit;
}

void SortUnits(Item& item) { std::ranges::sort(item.accepted_units, {}, &UnitConversion::unit); }

}  // namespace

Status CheckSites(const std::vector<Site>& sites) {
  Violations violations;
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (!ids.insert(sites[i].id).second) {
      violations.push_back({fmt::format("sites[{}].id", i), "comes twice"});
    }
  }
  return Conclude(std::move(violations), "The sites cannot be stored.");
}

Status CheckItems(const std::vector<Item>& items) {
  Violations violations;
  std::set<std::string_view> codes;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    const std::string path = fmt::format("items[{}]", i);
    if (!codes.insert(item.code).second) {
      violations.push_back({path + ".code", "comes twice"});
    }
    if ((item.role == ItemRole::kField) != !item.form.empty()) {
      violations.push_back({path + ".form", item.form.empty() ? "is missing; a field has a form"
                                                              : "is for items of role FIELD only"});
    }
    if (item.type != ItemType::kNumber) {
      CheckText(item, path, violations);
    } else {
      CheckRange(item, path, violations);
      CheckConversions(item, path, violations);
    }
  }
  return Conclude(std::move(violations), "The items cannot be stored.");
}

Status CheckDesign(const Design& design, const std::vector<Item>& items) {
  Violations violations;
  std::set<std::string_view> codes;
  std::set<std::string_view> forms;
  for (const Item& item : items) {
    codes.insert(item.code);
    if (!item.form.empty()) forms.insert(item.form);
  }
  const auto check_names = [&](const auto& list, std::string_view field, auto name) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (names.insert(std::invoke(name, list[i])).second) continue;
      violations.push_back({fmt::format("design.{}[{}]", field, i), "comes twice"});
    }
  };
  check_names(design.visits, "visits", &Visit::code);
  check_names(design.forms, "forms", &Form::name);
  check_names(design.codelists, "codelists", &Codelist::name);
  check_names(design.indicators, "indicators", &Indicator::id);
  for (std::size_t i = 0; i < design.visits.size(); ++i) {
    const Visit& visit = design.visits[i];
    const std::string path = fmt::format("design.visits[{}]", i);
    if (visit.day == 0) violations.push_back({path + ".day", "there is no study day 0"});
    if (!codes.contains(visit.item)) {
      violations.push_back({path + ".item", "is no item of the study"});
    }
  }
  for (std::size_t i = 0; i < design.indicators.size(); ++i) {
    if (forms.contains(design.indicators[i].numerator_form)) continue;
    violations.push_back({fmt::format("design.indicators[{}].numeratorForm", i),
                          "is no form that an item of the study belongs to"});
  }
  return Conclude(std::move(violations), "The design cannot be stored.");
}

Design Sorted(Design design) {
  std::ranges::sort(design.visits, {}, &Visit::code);
  std::ranges::sort(design.forms, {}, &Form::name);
  std::ranges::sort(design.codelists, {}, &Codelist::name);
  std::ranges::sort(design.indicators, {}, &Indicator::id);
  return design;
}

Changes<Site> PlanSites(const std::vector<Site>& present, std::vector<Site> wanted) {
  std::unordered_map<std::string_view, const Site*> by_id;
  for (const Site& site : present) by_id.emplace(site.id, &site);
  Changes<Site> changes;
  for (Site& site : wanted) {
    const auto found = by_id.find(site.id);
    if (found == by_id.end()) {
      changes.added.push_back(std::move(site));
    } else if (*found->second != site) {
      changes.changed.push_back(std::move(site));
    }
  }
  return changes;
}

Result<Changes<Item>> PlanItems(const std::vector<Item>& present, std::vector<Item> wanted) {
  std::unordered_map<std::string_view, const Item*> by_code;
  for (const Item& item : present) by_code.emplace(item.code, &item);
  Changes<Item> changes;
  Violations violations;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Item& item = wanted[i];
    SortUnits(item);
    const auto found = by_code.find(item.code);
    if (found == by_code.end()) {
      changes.added.push_back(std::move(item));
      continue;
    }
    const Item& old = *found->second;
    if (old.type != item.type || old.unit != item.unit) {
      violations.push_back(
          {fmt::format("items[{}].{}", i, old.type != item.type ? "type" : "unit"),
           fmt::format("Item \"{}\" is {} and cannot become {}: recorded values would change "
                       "their meaning.",
                       item.code, DescribeKind(old), DescribeKind(item))});
    } else if (old != item) {
      changes.changed.push_back(std::move(item));
    }
  }
  if (!violations.empty()) {
    std::string message = violations.front().description;
    return Fail(Error{Code::kFailedPrecondition, std::move(message), std::move(violations)});
  }
  return changes;
}

}  // namespace vedette::trial
