// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/evidence_reader.h"

#include <algorithm>
#include <string>

#include "rules/check/literal_duration.h"
#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

bool WasEvaluated(const Expr& expr, const EvaluationTrace& trace) {
  return expr.id < trace.values.size() && trace.values[expr.id].has_value();
}

bool ReadsBaseline(std::string_view member) {
  return member == "baseline" || member == "change" || member == "pct_change" ||
         member.starts_with("base_grade") || member.starts_with("grade");
}

}  // namespace

void EvidenceReader::Read(const CheckedExpression& checked, const EvaluationTrace& trace) {
  Visit(*checked.ast->root, checked, trace);
}

void EvidenceReader::Visit(const Expr& expr,
                           const CheckedExpression& checked,
                           const EvaluationTrace& trace) {
  // A name like visit.W4 is resolved as one: the parts of it have no values of their own.
  if (!WasEvaluated(expr, trace)) return;
  const bool is_member = expr.target != nullptr && expr.kind != ExprKind::kMacro;
  if (is_member) {
    const Type& of = checked.TypeOf(*expr.target);
    if (of.kind == TypeKind::kSeries && of.item >= 0) {
      VisitSeries(expr, static_cast<std::uint32_t>(of.item), trace);
    } else if (of.kind == TypeKind::kVisit) {
      VisitVisit(*expr.target);
    } else if (of.kind == TypeKind::kSubject && expr.name == "on_treatment") {
      AddAttribute(subject_.catalog().first_dose);
      AddAttribute(subject_.catalog().last_dose);
    } else if (checked.references[expr.id] >= 0) {
      ReadField(static_cast<std::uint32_t>(checked.references[expr.id]));
    }
  }
  if (expr.target != nullptr) Visit(*expr.target, checked, trace);
  for (const ExprPtr& argument : expr.args) Visit(*argument, checked, trace);
}

void EvidenceReader::VisitSeries(const Expr& expr,
                                 std::uint32_t item,
                                 const EvaluationTrace& trace) {
  const auto seconds = [&](std::size_t index) -> std::optional<Seconds> {
    return index < expr.args.size() ? LiteralSeconds(*expr.args[index]) : std::nullopt;
  };
  const auto count = [&](std::int64_t otherwise) {
    const auto number = expr.args.empty() ? std::nullopt : LiteralInteger(*expr.args[0]);
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(number.value_or(otherwise), 0, 10'000));
  };
  if (expr.name == "window" || expr.name == "asof") {
    const Seconds from = anchor_.as_of - seconds(0).value_or(0);
    if (expr.name == "window") return AddBetween(item, from, anchor_.as_of + 1);
    const std::span<const Observation> seen = Seen(item);
    if (!seen.empty() && seen.back().time() >= from) Add(item, seen.back(), 0);
  } else if (expr.name == "before") {
    if (expr.args.empty() || !WasEvaluated(*expr.args[0], trace)) return;
    const auto* until = trace.values[expr.args[0]->id]->As<TimestampValue>();
    if (until == nullptr) return;
    AddBetween(item, until->seconds - seconds(1).value_or(0), until->seconds);
  } else if (expr.name == "last") {
    AddLast(item, count(1));
  } else if (expr.name == "prev") {
    AddLast(item, count(1) + 1);
  } else if (expr.name == "missed_in_a_row") {
    AddLast(item, 1);
    AddAttribute(subject_.catalog().first_dose);
  } else {
    if (ReadsBaseline(expr.name)) AddBaseline(item);
    if (expr.name != "baseline" && !expr.name.starts_with("base_grade")) AddLast(item, 1);
  }
}

void EvidenceReader::VisitVisit(const Expr& expr) {
  AddAttribute(subject_.catalog().visit_reference);
  const CatalogVisit* visit =
      expr.kind == ExprKind::kSelect ? subject_.catalog().FindVisit(expr.name) : anchor_.visit;
  if (visit == nullptr) return;
  const CatalogItem* item = subject_.catalog().FindByCode(visit->item);
  const Observation* record = VisitRecord(*visit, subject_, anchor_.as_of);
  if (item != nullptr && record != nullptr) Add(subject_.catalog().IndexOf(*item), *record, 0);
}

void EvidenceReader::ReadField(std::uint32_t item) {
  const CatalogItem& entry = subject_.catalog().items[item];
  if (entry.role == CatalogItem::Role::kAttribute) return AddAttribute(entry.name);
  if (entry.role != CatalogItem::Role::kFormField) return;
  for (const FormRow& row : subject_.Rows(entry.form)) {
    if (const Observation* field = row.Find(item)) Add(item, *field, row.key);
  }
}

void EvidenceReader::ReadAnchor() {
  if (anchor_.row != nullptr && !anchor_.row->fields.empty()) {
    const auto& [item, field] = anchor_.row->fields.front();
    Add(item, field, anchor_.row->key);
  } else if (anchor_.item != UINT32_MAX) {
    const std::span<const Observation> series = subject_.Series(anchor_.item);
    if (anchor_.index < series.size()) Add(anchor_.item, series[anchor_.index], 0);
  }
}

std::span<const Observation> EvidenceReader::Seen(std::uint32_t item) const {
  const std::span<const Observation> series = subject_.Series(item);
  if (anchor_.item == item && anchor_.as_of == anchor_.time && anchor_.index < series.size()) {
    return series.first(anchor_.index + 1);
  }
  const auto end = std::ranges::upper_bound(series, anchor_.as_of, {}, &Observation::time);
  return series.first(static_cast<std::size_t>(end - series.begin()));
}

void EvidenceReader::AddLast(std::uint32_t item, std::size_t count) {
  std::span<const Observation> seen = Seen(item);
  // The current observation of the anchor's own item is the anchor, though later ones be seen.
  if (anchor_.item == item && anchor_.index < seen.size()) seen = seen.first(anchor_.index + 1);
  for (const Observation& observation : seen.last(std::min(count, seen.size()))) {
    Add(item, observation, 0);
  }
}

void EvidenceReader::AddBetween(std::uint32_t item, Seconds from, Seconds until) {
  for (const Observation& observation : Seen(item)) {
    if (observation.time() >= from && observation.time() < until) Add(item, observation, 0);
  }
}

void EvidenceReader::AddBaseline(std::uint32_t item) {
  AddAttribute(subject_.catalog().first_dose);
  const auto dose = TimeAttribute(subject_, subject_.catalog().first_dose);
  if (!dose || anchor_.time <= *dose) return;
  const std::span<const Observation> seen = Seen(item);
  const auto after = std::ranges::upper_bound(seen, *dose, {}, &Observation::time);
  if (after != seen.begin()) Add(item, *(after - 1), 0);
}

void EvidenceReader::AddAttribute(std::string_view name) {
  const CatalogItem* item = subject_.catalog().FindAttribute(name);
  if (item == nullptr) return;
  const std::uint32_t index = subject_.catalog().IndexOf(*item);
  if (const Observation* attribute = subject_.Attribute(index)) Add(index, *attribute, 0);
}

void EvidenceReader::Add(std::uint32_t item, const Observation& observation, std::uint64_t row) {
  EvidenceObservation found{.item = item,
                            .key = observation.key(),
                            .time = observation.time(),
                            .value = observation.value(),
                            .flags = observation.flags(),
                            .row = row};
  if (subject_.catalog().items[item].kind == ValueKind::kText) {
    found.text = subject_.texts().Text(static_cast<std::uint32_t>(observation.value()));
  }
  if (observation.range() != 0) {
    const ReferenceRange range = subject_.ranges().Range(observation.range());
    found.range_low = range.low;
    found.range_high = range.high;
  }
  found_.try_emplace({item, row, observation.time(), observation.key()}, std::move(found));
}

std::vector<EvidenceObservation> EvidenceReader::Take() const {
  std::vector<EvidenceObservation> observations;
  for (const auto& [place, observation] : found_) observations.push_back(observation);
  return observations;
}

}  // namespace vedette::rules
