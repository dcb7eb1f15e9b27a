// SPDX-License-Identifier: Apache-2.0
#include "contract/catalog.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "model/study_time.h"

namespace vedette::contract {
namespace {

namespace pb = trial::v1;

ItemType TypeOf(pb::ItemType type) {
  switch (type) {
    case pb::TEXT:
      return ItemType::kText;
    case pb::TIME:
      return ItemType::kTime;
    case pb::BOOLEAN:
      return ItemType::kBoolean;
    default:
      return ItemType::kNumber;
  }
}

rules::ValueKind KindOf(pb::ItemType type) {
  switch (type) {
    case pb::TEXT:
      return rules::ValueKind::kText;
    case pb::TIME:
      return rules::ValueKind::kTime;
    case pb::BOOLEAN:
      return rules::ValueKind::kBoolean;
    default:
      return rules::ValueKind::kNumber;
  }
}

rules::CatalogItem::Role RoleOf(pb::ItemRole role) {
  switch (role) {
    case pb::FIELD:
      return rules::CatalogItem::Role::kFormField;
    case pb::ATTRIBUTE:
      return rules::CatalogItem::Role::kAttribute;
    default:
      return rules::CatalogItem::Role::kSeries;
  }
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The names that authors know the observation classes of SDTM by.
std::string NamespaceOf(std::string_view domain) {
  if (domain == "LB") return "lab";
  if (domain == "QS") return "pro";
  return domain.empty() ? "item" : Lower(domain);
}

rules::CatalogItem ToCatalogItem(const pb::Item& item) {
  return {.code = item.code(),
          .name = RuleName(item),
          .label = item.name(),
          .role = RoleOf(item.role()),
          .kind = KindOf(item.type()),
          .unit = item.unit(),
          .form = item.form(),
          .codelist = item.codelist(),
          .grading = item.grading() == "-"    ? ""
                     : item.grading().empty() ? item.code()
                                              : item.grading(),
          .expected_every = item.expected_every(),
          .unblinding = item.unblinding()};
}

void AddDesign(const pb::StudyDesign& design, rules::Catalog& catalog) {
  for (const pb::Visit& visit : design.visits()) {
    catalog.visits.push_back({.code = visit.code(),
                              .label = visit.name(),
                              .day = visit.day(),
                              .window_before = visit.window_before(),
                              .window_after = visit.window_after(),
                              .item = visit.item()});
  }
  std::ranges::sort(catalog.visits, [](const auto& a, const auto& b) {
    return std::tie(a.day, a.code) < std::tie(b.day, b.code);
  });
  for (const pb::Form& form : design.forms()) {
    catalog.forms.push_back({form.name(), form.label(), form.repeating()});
  }
  for (const pb::Codelist& list : design.codelists()) {
    catalog.codelists.emplace(list.name(),
                              std::vector<std::string>(list.terms().begin(), list.terms().end()));
  }
  for (const pb::KeyRiskIndicator& indicator : design.indicators()) {
    catalog.kris.push_back(
        {.id = indicator.id(),
         .label = indicator.name(),
         .numerator_form = indicator.numerator_form(),
         .numerator_field = indicator.numerator_field(),
         .numerator_term = indicator.numerator_term(),
         .denominator = indicator.denominator().empty() ? "days" : indicator.denominator(),
         .minimum_denominator = indicator.minimum_denominator()});
  }
  if (!design.first_dose().empty()) catalog.first_dose = design.first_dose();
  if (!design.last_dose().empty()) catalog.last_dose = design.last_dose();
  if (!design.visit_reference().empty()) catalog.visit_reference = design.visit_reference();
  if (!design.grading_version().empty()) catalog.grading_version = design.grading_version();
}

// Forms that items name and the design does not are repeating forms without a label.
void AddFormsOfItems(rules::Catalog& catalog) {
  std::set<std::string> known;
  for (const rules::CatalogForm& form : catalog.forms) known.insert(form.name);
  for (const rules::CatalogItem& item : catalog.items) {
    if (item.role != rules::CatalogItem::Role::kFormField || item.form.empty()) continue;
    if (known.insert(item.form).second) catalog.forms.push_back({item.form, item.form, true});
  }
}

}  // namespace

ItemDefinition ToItemDefinition(const pb::Item& item) {
  ItemDefinition definition{
      .code = item.code(), .name = item.name(), .type = TypeOf(item.type()), .unit = item.unit()};
  for (const pb::UnitConversion& conversion : item.accepted_units()) {
    definition.accepted_units.push_back(
        {conversion.unit(), conversion.factor(), conversion.offset()});
  }
  if (item.has_plausible_low()) definition.plausible_low = item.plausible_low();
  if (item.has_plausible_high()) definition.plausible_high = item.plausible_high();
  definition.unblinding = item.unblinding();
  return definition;
}

std::string RuleName(const pb::Item& item) {
  if (!item.rule_name().empty()) return item.rule_name();
  switch (item.role()) {
    case pb::FIELD:
      return item.code();
    case pb::ATTRIBUTE:
      return Lower(item.code());
    default:
      return NamespaceOf(item.domain()) + "." + item.code();
  }
}

std::shared_ptr<const rules::Catalog> MakeCatalog(std::string study_id,
                                                  std::int64_t revision,
                                                  const std::vector<pb::Item>& items,
                                                  const pb::StudyDesign& design) {
  auto catalog = std::make_shared<rules::Catalog>();
  catalog->study_id = std::move(study_id);
  catalog->revision = revision;
  catalog->items.reserve(items.size());
  for (const pb::Item& item : items) catalog->items.push_back(ToCatalogItem(item));
  std::ranges::sort(catalog->items, {}, &rules::CatalogItem::code);
  AddDesign(design, *catalog);
  AddFormsOfItems(*catalog);
  catalog->Finish();
  return catalog;
}

double NumberOf(rules::ValueKind kind, const ObservedValue& value) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (const auto* number = std::get_if<NumberValue>(&value)) {
    return kind == rules::ValueKind::kNumber ? number->number : kNone;
  }
  const auto* text = std::get_if<TextValue>(&value);
  if (text == nullptr) return kNone;
  if (kind == rules::ValueKind::kTime) {
    StudyTime time;
    if (!ReadStudyTime(text->text, time)) return kNone;
    return static_cast<double>(
        std::chrono::floor<std::chrono::seconds>(time.instant).time_since_epoch().count());
  }
  if (kind == rules::ValueKind::kBoolean) {
    return text->text == "Y" ? 1 : text->text == "N" ? 0 : kNone;
  }
  return kNone;
}

std::uint8_t FlagsOf(const ObservedValue& value) {
  if (std::holds_alternative<AbsentValue>(value)) return rules::Observation::kAbsent;
  const auto* number = std::get_if<NumberValue>(&value);
  if (number == nullptr) return rules::Observation::kNone;
  switch (number->comparator) {
    case Comparator::kLess:
      return rules::Observation::kBelow;
    case Comparator::kGreater:
      return rules::Observation::kAbove;
    default:
      return rules::Observation::kNone;
  }
}

}  // namespace vedette::contract
