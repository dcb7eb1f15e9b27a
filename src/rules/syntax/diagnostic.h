// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vedette::rules {

// A half-open range of bytes of the source text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

enum class Gravity : std::uint8_t { kError, kWarning };

// What is wrong with a rule, told to the data manager who wrote it. `code` is stable
// ("unknown_item", "unit_mismatch"); `message` says what is wrong in one sentence, `suggestion`
// what to write instead, empty where nothing sensible can be said. Rules hold no data of subjects,
// so texts may quote them.
struct Diagnostic {
  Gravity gravity = Gravity::kError;
  std::string code;
  Span span;
  std::string message;
  std::string suggestion;
  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

// The line the span begins in, a caret under it, the message and the suggestion:
//
//   line 2: lab.ATL > 3.0
//           ^^^^^^^ unknown item 'lab.ATL'; did you mean 'lab.ALT'?
//
// Columns count characters, not bytes. Lines are cut around the span at 100 characters.
std::string Render(std::string_view source, const Diagnostic& diagnostic);

}  // namespace vedette::rules
