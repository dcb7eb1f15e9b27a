// SPDX-License-Identifier: Apache-2.0
#include "services/trial/messages.h"

#include <chrono>
#include <utility>

namespace vedette::trial {
namespace {

std::int64_t ToUnixSeconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

v1::ItemType ToProto(ItemType type) {
  switch (type) {
    case ItemType::kText:
      return v1::TEXT;
    case ItemType::kTime:
      return v1::TIME;
    case ItemType::kBoolean:
      return v1::BOOLEAN;
    case ItemType::kNumber:
      break;
  }
  return v1::NUMBER;
}

ItemType FromProto(v1::ItemType type) {
  switch (type) {
    case v1::TEXT:
      return ItemType::kText;
    case v1::TIME:
      return ItemType::kTime;
    case v1::BOOLEAN:
      return ItemType::kBoolean;
    default:
      return ItemType::kNumber;
  }
}

v1::ItemRole ToProto(ItemRole role) {
  switch (role) {
    case ItemRole::kField:
      return v1::FIELD;
    case ItemRole::kAttribute:
      return v1::ATTRIBUTE;
    case ItemRole::kSeries:
      break;
  }
  return v1::SERIES;
}

ItemRole FromProto(v1::ItemRole role) {
  switch (role) {
    case v1::FIELD:
      return ItemRole::kField;
    case v1::ATTRIBUTE:
      return ItemRole::kAttribute;
    default:
      return ItemRole::kSeries;
  }
}

}  // namespace

v1::Study ToProto(Study study) {
  v1::Study message;
  message.set_id(std::move(study.id));
  message.set_name(std::move(study.name));
  message.set_phase(std::move(study.phase));
  message.set_status(study.status == StudyStatus::kClosed ? "closed" : "active");
  message.set_created_at(ToUnixSeconds(study.created_at));
  message.set_revision(study.revision);
  return message;
}

v1::Site ToProto(Site site) {
  v1::Site message;
  message.set_id(std::move(site.id));
  message.set_name(std::move(site.name));
  message.set_country(std::move(site.country));
  return message;
}

v1::Item ToProto(Item item) {
  v1::Item message;
  message.set_code(std::move(item.code));
  message.set_name(std::move(item.name));
  message.set_domain(std::move(item.domain));
  message.set_type(ToProto(item.type));
  message.set_unit(std::move(item.unit));
  for (UnitConversion& conversion : item.accepted_units) {
    v1::UnitConversion& added = *message.add_accepted_units();
    added.set_unit(std::move(conversion.unit));
    added.set_factor(conversion.factor);
    added.set_offset(conversion.offset);
  }
  if (item.plausible_low) message.set_plausible_low(*item.plausible_low);
  if (item.plausible_high) message.set_plausible_high(*item.plausible_high);
  message.set_role(ToProto(item.role));
  message.set_rule_name(std::move(item.rule_name));
  message.set_form(std::move(item.form));
  message.set_codelist(std::move(item.codelist));
  message.set_grading(std::move(item.grading));
  message.set_expected_every(item.expected_every);
  message.set_unblinding(item.unblinding);
  return message;
}

Site FromProto(v1::Site& message) {
  return {std::move(*message.mutable_id()), std::move(*message.mutable_name()),
          std::move(*message.mutable_country())};
}

Item FromProto(v1::Item& message) {
  Item item{.code = std::move(*message.mutable_code()),
            .name = std::move(*message.mutable_name()),
            .domain = std::move(*message.mutable_domain()),
            .type = FromProto(message.type()),
            .unit = std::move(*message.mutable_unit())};
  for (v1::UnitConversion& conversion : *message.mutable_accepted_units()) {
    item.accepted_units.push_back(
        {std::move(*conversion.mutable_unit()), conversion.factor(), conversion.offset()});
  }
  if (message.has_plausible_low()) item.plausible_low = message.plausible_low();
  if (message.has_plausible_high()) item.plausible_high = message.plausible_high();
  item.role = FromProto(message.role());
  item.rule_name = std::move(*message.mutable_rule_name());
  item.form = std::move(*message.mutable_form());
  item.codelist = std::move(*message.mutable_codelist());
  item.grading = std::move(*message.mutable_grading());
  item.expected_every = message.expected_every();
  item.unblinding = message.unblinding();
  return item;
}

v1::StudyDesign ToProto(const RevisedDesign& revised) {
  const Design& design = revised.design;
  v1::StudyDesign message;
  for (const Visit& visit : design.visits) {
    v1::Visit& added = *message.add_visits();
    added.set_code(visit.code);
    added.set_name(visit.name);
    added.set_day(visit.day);
    added.set_window_before(visit.window_before);
    added.set_window_after(visit.window_after);
    added.set_item(visit.item);
  }
  for (const Form& form : design.forms) {
    v1::Form& added = *message.add_forms();
    added.set_name(form.name);
    added.set_label(form.label);
    added.set_repeating(form.repeating);
  }
  for (const Codelist& list : design.codelists) {
    v1::Codelist& added = *message.add_codelists();
    added.set_name(list.name);
    added.mutable_terms()->Add(list.terms.begin(), list.terms.end());
  }
  for (const Indicator& indicator : design.indicators) {
    v1::KeyRiskIndicator& added = *message.add_indicators();
    added.set_id(indicator.id);
    added.set_name(indicator.name);
    added.set_numerator_form(indicator.numerator_form);
    added.set_numerator_field(indicator.numerator_field);
    added.set_numerator_term(indicator.numerator_term);
    added.set_denominator(indicator.denominator);
    added.set_minimum_denominator(indicator.minimum_denominator);
  }
  message.set_first_dose(design.first_dose);
  message.set_last_dose(design.last_dose);
  message.set_visit_reference(design.visit_reference);
  message.set_grading_version(design.grading_version);
  message.set_revision(revised.revision);
  return message;
}

Design FromProto(const v1::StudyDesign& message) {
  Design design{.first_dose = message.first_dose(),
                .last_dose = message.last_dose(),
                .visit_reference = message.visit_reference(),
                .grading_version = message.grading_version()};
  for (const v1::Visit& visit : message.visits()) {
    design.visits.push_back({visit.code(), visit.name(), visit.day(), visit.window_before(),
                             visit.window_after(), visit.item()});
  }
  for (const v1::Form& form : message.forms()) {
    design.forms.push_back({form.name(), form.label(), form.repeating()});
  }
  for (const v1::Codelist& list : message.codelists()) {
    design.codelists.push_back({list.name(), {list.terms().begin(), list.terms().end()}});
  }
  for (const v1::KeyRiskIndicator& indicator : message.indicators()) {
    design.indicators.push_back({indicator.id(), indicator.name(), indicator.numerator_form(),
                                 indicator.numerator_field(), indicator.numerator_term(),
                                 indicator.denominator(), indicator.minimum_denominator()});
  }
  return design;
}

}  // namespace vedette::trial
