// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vedette {

// A demangled name without result type, template arguments, parameters and qualifiers, for people:
// "int vedette::Foo<int>::Bar(std::string) const" becomes "vedette::Foo::Bar". Of a mangled name,
// which the library at hand could not demangle: what stands before its first template arguments,
// and "…". Of other text, some text.
std::string ShortFunctionName(std::string_view demangled);

}  // namespace vedette
