// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include "rules/catalog.h"
#include "rules/syntax/diagnostic.h"

namespace vedette::rules {

// A catalog as a YAML file, for rules that are written and tested without a server:
//
//   study: DEMO
//   series:
//     lab.ALT: {label: Alanine aminotransferase, unit: U/L, grading: ALT}
//   attributes:
//     sex: {kind: text, codelist: SEX}
//   forms:
//     AE: {label: Adverse events, fields: {AESTDT: {kind: time}, AESER: {kind: text, codelist:
//     NY}}}
//   visits:
//     W4: {label: Week 4, day: 29, before: 3, after: 3}
//   codelists:
//     NY: [N, Y]
//   kris:
//     AE_RATE: {label: Adverse events a day, numerator: AE, denominator: days, minimum: 30}
//   settings: {first_dose: first_dose, grading: ctcae5}
//
// A series' code is what follows the dot unless `code` says otherwise. A visit brings the series
// that says it took place (`item`, by default SV_<code>). Strict like ReadEnvelopeFile; survives
// any bytes. The answer is finished.
std::expected<std::shared_ptr<const Catalog>, Diagnostics> ParseCatalog(std::string_view yaml);

}  // namespace vedette::rules
