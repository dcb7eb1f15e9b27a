// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "rules/clinical/observation.h"
#include "rules/envelope/explain_template.h"
#include "rules/eval/value.h"

namespace vedette::rules {

// A value for people: "3.4", "true", "unknown", "2024-01-09 08:00", "14d", "<3.42". A list as its
// first ten elements; empty for objects, which are no values of their own.
std::string ValueText(const Value& value);

// As a template's place asks for; an unknown is `unknown`.
std::string FormatValue(const Value& value,
                        TemplateFormat format,
                        std::uint8_t decimals,
                        std::string_view unknown);

// "2024-01-09"; "2024-01-09 08:00"
std::string DateText(Seconds time);
std::string DateTimeText(Seconds time);

}  // namespace vedette::rules
