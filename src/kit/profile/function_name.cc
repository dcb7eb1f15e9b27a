// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/function_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace vedette {
namespace {

// Where one begins like another, the longer one stands first.
constexpr auto kOperatorSigns = std::to_array<std::string_view>(
    {"<=>", "->*", "<<=", ">>=", "()", "[]", "->", "++", "--", "<<", ">>", "<=",   ">=", "==",
     "!=",  "&&",  "||",  "+=",  "-=", "*=", "/=", "%=", "^=", "&=", "|=", "\"\"", "+",  "-",
     "*",   "/",   "%",   "^",   "&",  "|",  "~",  "!",  "=",  "<",  ">",  ","});
constexpr std::string_view kMangled = "_Z";
constexpr auto kQualifiers =
    std::to_array<std::string_view>({" const", " volatile", " noexcept", " &&", " &"});

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Length of "operator<=>" or the like at `at`; of "operator bool" up to the type; 0 for none.
std::size_t OperatorLength(std::string_view text, std::size_t at) {
  constexpr std::string_view kOperator = "operator";
  if (!text.substr(at).starts_with(kOperator) || (at > 0 && IsWord(text[at - 1]))) return 0;
  const std::string_view rest = text.substr(at + kOperator.size());
  if (rest.starts_with(' ')) return kOperator.size() + 1;
  for (const std::string_view sign : kOperatorSigns) {
    if (rest.starts_with(sign)) return kOperator.size() + sign.size();
  }
  return 0;
}

// Where the template arguments or parameters that open at `at` end; the text's end if they do not.
// What is open is remembered, for '<' and '>' may compare between parentheses.
std::size_t EndOfGroup(std::string_view text, std::size_t at) {
  std::string open;
  while (at < text.size()) {
    if (const std::size_t length = OperatorLength(text, at)) {
      at += length;
      continue;
    }
    const char c = text[at++];
    if (c == '<' || c == '(') open += c;
    if (c == '>' && open.ends_with('<') && text[at - 2] != '-') open.pop_back();
    if (c == ')') open.resize(std::min(open.size(), open.rfind('(')));
    if (open.empty()) return at;
  }
  return text.size();
}

std::size_t EndOfQualifiers(std::string_view text, std::size_t at) {
  while (true) {
    const auto found = std::ranges::find_if(kQualifiers, [&](std::string_view qualifier) {
      return text.substr(at).starts_with(qualifier);
    });
    if (found == kQualifiers.end()) return at;
    at += found->size();
  }
}

// Behind "(*" and what qualifies the pointer.
std::size_t EndOfPointer(std::string_view text, std::size_t at) {
  at = EndOfQualifiers(text, at + 2);
  return std::min(text.size(), text.find_first_not_of("*& ", at));
}

// Of "_ZN7vedette3rpc4CallI…" the parts that are written as length and text (Itanium C++ ABI §5.1).
std::string OutlineOfMangled(std::string_view mangled) {
  std::string_view rest = mangled.substr(kMangled.size());
  // Local names, internal linkage, nested names and their qualifiers.
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("ZLNrVKRO")));
  std::string out;
  if (rest.starts_with("St")) {
    out = "std";
    rest.remove_prefix(2);
  }
  while (true) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (error != std::errc() || length == 0 || length > rest.size()) break;
    if (!out.empty()) out += "::";
    out += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return out.empty() ? std::string(mangled) : out + "…";
}

}  // namespace

std::string ShortFunctionName(std::string_view demangled) {
  if (demangled.starts_with(kMangled)) return OutlineOfMangled(demangled);
  constexpr std::string_view kAnonymous = "(anonymous namespace)";
  std::string out;
  std::size_t name_begin = 0;  // behind what stands before the name: a result type
  bool in_operator = false;    // "operator bool" and "operator< <int>" have spaces of their own
  int braces = 0;              // as has "{default arg#1}"
  for (std::size_t i = 0; i < demangled.size();) {
    const std::string_view rest = demangled.substr(i);
    const char c = rest[0];
    if (rest.starts_with(kAnonymous)) {
      out += "(anonymous)";
      i += kAnonymous.size();
    } else if (const std::size_t length = OperatorLength(demangled, i)) {
      out += rest.substr(0, length);
      i += length;
      in_operator = true;
    } else if (out.size() == name_begin && (rest.starts_with("(*") || rest.starts_with("(&"))) {
      // The result is a pointer to a function: the name stands in its middle.
      i = EndOfPointer(demangled, i);
    } else if (c == '<' || c == '(') {
      i = EndOfGroup(demangled, i);
      if (c == '(') {
        i = EndOfQualifiers(demangled, i);
        in_operator = false;
      }
    } else if (c == ')' || rest.starts_with(" [clone")) {
      break;
    } else if (rest.starts_with("[abi:")) {
      i = std::min(demangled.size(), demangled.find(']', i)) + 1;
    } else {
      out += c;
      ++i;
      if (c == '{') ++braces;
      if (c == '}') --braces;
      if (c == ' ' && !in_operator && braces == 0) name_begin = out.size();
    }
  }
  out.erase(0, name_begin);
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace vedette
