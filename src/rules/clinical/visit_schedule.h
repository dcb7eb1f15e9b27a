// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rules/clinical/subject_record.h"

namespace vedette::rules {

// When a planned visit of one subject is due: first and last seconds of UTC days.
struct VisitTimes {
  Seconds due = 0;
  Seconds window_start = 0;
  Seconds window_end = 0;
};

// nullopt as long as the subject has no reference day (Catalog::visit_reference).
std::optional<VisitTimes> TimesOf(const CatalogVisit& visit, const SubjectView& subject);

// The first observation up to `as_of` that says the visit took place; nullptr when there is none.
// A visit's item says so by any value but `false`; where visits share a text item, by the visit's
// code.
const Observation* VisitRecord(const CatalogVisit& visit,
                               const SubjectView& subject,
                               Seconds as_of);

// A time attribute of the subject, "first_dose"; nullopt when it is not known.
std::optional<Seconds> TimeAttribute(const SubjectView& subject, std::string_view name);

}  // namespace vedette::rules
