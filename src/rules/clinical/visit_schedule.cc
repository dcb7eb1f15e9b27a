// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/visit_schedule.h"

#include <algorithm>
#include <cmath>

namespace vedette::rules {
namespace {

Seconds StartOfDay(Seconds time) {
  const Seconds rest = time % kDay;
  return time - (rest < 0 ? rest + kDay : rest);
}

bool SharesItem(const Catalog& catalog, const CatalogVisit& visit) {
  return std::ranges::count(catalog.visits, visit.item, &CatalogVisit::item) > 1;
}

}  // namespace

std::optional<Seconds> TimeAttribute(const SubjectView& subject, std::string_view name) {
  const CatalogItem* item = subject.catalog().FindAttribute(name);
  if (item == nullptr || item->kind != ValueKind::kTime) {
    return std::nullopt;
  }
  const Observation* observation = subject.Attribute(subject.catalog().IndexOf(*item));
  if (observation == nullptr || std::isnan(observation->value())) {
    return std::nullopt;
  }
  return static_cast<Seconds>(observation->value());
}

std::optional<VisitTimes> TimesOf(const CatalogVisit& visit, const SubjectView& subject) {
  const auto reference = TimeAttribute(subject, subject.catalog().visit_reference);
  if (!reference) {
    return std::nullopt;
  }
  const Seconds days = visit.day > 0 ? Seconds{visit.day} - 1 : Seconds{visit.day};
  const Seconds due = StartOfDay(*reference) + days * kDay;
  return VisitTimes{due, due - visit.window_before * kDay,
                    due + visit.window_after * kDay + kDay - 1};
}

const Observation* VisitRecord(const CatalogVisit& visit,
                               const SubjectView& subject,
                               Seconds as_of) {
  const Catalog& catalog = subject.catalog();
  const CatalogItem* item = catalog.FindByCode(visit.item);
  if (item == nullptr) {
    return nullptr;
  }
  const bool named = item->kind == ValueKind::kText && SharesItem(catalog, visit);
  for (const Observation& observation : subject.Series(catalog.IndexOf(*item))) {
    if (observation.time() > as_of) {
      break;
    }
    if ((observation.flags() & Observation::kAbsent) != 0 ||
        (item->kind == ValueKind::kBoolean && observation.value() == 0)) {
      continue;
    }
    if (named &&
        subject.texts().Text(static_cast<std::uint32_t>(observation.value())) != visit.code) {
      continue;
    }
    return &observation;
  }
  return nullptr;
}

}  // namespace vedette::rules
