// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vedette {

// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Control characters are escaped;
// each byte that is not part of well-formed UTF-8 (RFC 3629) becomes U+FFFD, so the result is
// always valid JSON in UTF-8.
void AppendJsonString(std::string& out, std::string_view text);

// A finite number as JSON writes it, shortest form that reads back the same; otherwise null.
void AppendJsonNumber(std::string& out, double value);

}  // namespace vedette
