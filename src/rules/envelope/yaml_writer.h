// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vedette::rules {

// The text as one YAML scalar that ParseYaml reads back as it is: a plain word where it is one,
// else in double quotes. UTF-8 stays readable.
std::string YamlScalar(std::string_view text);

// The same, several lines as a literal block indented by `indent` where that keeps the text. What
// follows "key: ".
std::string YamlText(std::string_view text, std::size_t indent);

}  // namespace vedette::rules
