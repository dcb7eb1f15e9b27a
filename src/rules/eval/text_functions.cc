// SPDX-License-Identifier: Apache-2.0
// Indexes and sizes count code points.
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

constexpr std::int64_t kPatternMemory = 1 << 20;  // of a compiled regular expression

Value OutOfText() { return Value::Error("an index lies outside the text"); }

std::u32string CodePointsOf(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = ReadCodePoint(text, at);
    out.push_back(point.size == 0 ? U'\uFFFD' : static_cast<char32_t>(point.value));
    at += std::max<std::size_t>(1, point.size);
  }
  return out;
}

Value TextOf(std::u32string_view points) {
  std::string out;
  for (const char32_t point : points) {
    AppendCodePoint(point, out);
  }
  return Value::Text(std::move(out));
}

// Calls `function(target, argument)` when both are texts.
template <class Function>
Value OnTwoTexts(std::string_view name, Arguments arguments, Function function) {
  const std::string* target = TextAt(arguments, 0);
  const std::string* argument = TextAt(arguments, 1);
  return arguments.size() == 2 && target != nullptr && argument != nullptr
             ? function(*target, *argument)
             : NoOperation(name, arguments);
}

Value Contains(Arguments arguments) {
  return OnTwoTexts("contains", arguments,
                    [](const auto& text, const auto& part) { return Value(text.contains(part)); });
}

Value StartsWith(Arguments arguments) {
  return OnTwoTexts("startsWith", arguments, [](const auto& text, const auto& part) {
    return Value(text.starts_with(part));
  });
}

Value EndsWith(Arguments arguments) {
  return OnTwoTexts("endsWith", arguments,
                    [](const auto& text, const auto& part) { return Value(text.ends_with(part)); });
}

Value Matches(Arguments arguments) {
  return OnTwoTexts("matches", arguments, [](const auto& text, const auto& pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    const RE2 expression(pattern, options);
    return expression.ok() ? Value(RE2::PartialMatch(text, expression))
                           : Value::Error("not a regular expression, or too large a one");
  });
}

Value CharAt(Arguments arguments) {
  const std::string* text = TextAt(arguments, 0);
  const auto index = IntAt(arguments, 1);
  if (text == nullptr || !index || arguments.size() != 2) {
    return NoOperation("charAt", arguments);
  }
  const std::u32string points = CodePointsOf(*text);
  if (*index < 0 || *index > static_cast<std::int64_t>(points.size())) {
    return OutOfText();
  }
  return TextOf(std::u32string_view(points).substr(static_cast<std::size_t>(*index), 1));
}

Value Find(std::string_view name, Arguments arguments, bool last) {
  const std::string* text = TextAt(arguments, 0);
  const std::string* part = TextAt(arguments, 1);
  const auto offset = IntAt(arguments, 2);
  const bool shape = arguments.size() == 2 || (arguments.size() == 3 && offset);
  if (text == nullptr || part == nullptr || !shape) {
    return NoOperation(name, arguments);
  }
  const std::u32string points = CodePointsOf(*text);
  const std::u32string wanted = CodePointsOf(*part);
  const auto size = static_cast<std::int64_t>(points.size());
  const std::int64_t from = offset.value_or(last ? size : 0);
  if (from < 0 || from > size || (offset && from == size && size != 0)) {
    return OutOfText();
  }
  const auto at = static_cast<std::size_t>(from);
  const std::size_t found = last ? points.rfind(wanted, at) : points.find(wanted, at);
  return Value(found == std::u32string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(found));
}

Value IndexOf(Arguments arguments) { return Find("indexOf", arguments, false); }
Value LastIndexOf(Arguments arguments) { return Find("lastIndexOf", arguments, true); }

template <class Function>
Value OnEachCharacter(std::string_view name, Arguments arguments, Function function) {
  const std::string* text = TextAt(arguments, 0);
  if (text == nullptr || arguments.size() != 1) {
    return NoOperation(name, arguments);
  }
  std::string out = *text;
  std::ranges::transform(out, out.begin(), function);
  return Value::Text(std::move(out));
}

Value LowerAscii(Arguments arguments) {
  return OnEachCharacter("lowerAscii", arguments, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
}

Value UpperAscii(Arguments arguments) {
  return OnEachCharacter("upperAscii", arguments, [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
}

// The limit of replace and split: none below 0.
std::size_t LimitOf(std::int64_t limit) {
  return limit < 0 ? std::string::npos : static_cast<std::size_t>(limit);
}

// The size of the first code point at `at`; 0 at the end.
std::size_t StepAt(const std::string& text, std::size_t at) {
  return at >= text.size() ? 0 : std::max<std::size_t>(1, ReadCodePoint(text, at).size);
}

Value Replace(Arguments arguments) {
  const std::string* text = TextAt(arguments, 0);
  const std::string* from = TextAt(arguments, 1);
  const std::string* to = TextAt(arguments, 2);
  const auto limit = IntAt(arguments, 3);
  const bool shape = arguments.size() == 3 || (arguments.size() == 4 && limit);
  if (text == nullptr || from == nullptr || to == nullptr || !shape) {
    return NoOperation("replace", arguments);
  }
  std::size_t left = LimitOf(limit.value_or(-1));
  std::string out;
  std::size_t at = 0;
  for (; left > 0; --left) {
    const std::size_t found = text->find(*from, at);
    if (found == std::string::npos || out.size() > kTextLimit) {
      break;
    }
    out.append(*text, at, found - at);
    out += *to;
    at = found + from->size();
    if (from->empty()) {
      const std::size_t step = StepAt(*text, at);
      if (step == 0) {
        break;
      }
      out.append(*text, at, step);
      at += step;
    }
  }
  out.append(*text, std::min(at, text->size()));
  return out.size() > kTextLimit ? Value::Error("the text is too long")
                                 : Value::Text(std::move(out));
}

Value Split(Arguments arguments) {
  const std::string* text = TextAt(arguments, 0);
  const std::string* separator = TextAt(arguments, 1);
  const auto limit = IntAt(arguments, 2);
  const bool shape = arguments.size() == 2 || (arguments.size() == 3 && limit);
  if (text == nullptr || separator == nullptr || !shape) {
    return NoOperation("split", arguments);
  }
  const std::size_t most = LimitOf(limit.value_or(-1));
  ValueList parts;
  if (most == 0 || (separator->empty() && text->empty())) {
    return Value::List(std::move(parts));
  }
  std::size_t at = 0;
  while (parts.size() + 1 < most) {
    const std::size_t step = separator->empty() ? StepAt(*text, at) : 0;
    const std::size_t found = separator->empty() ? at + step : text->find(*separator, at);
    if (found == std::string::npos || (separator->empty() && found >= text->size())) {
      break;
    }
    parts.push_back(Value::Text(text->substr(at, found - at)));
    at = found + separator->size();
  }
  parts.push_back(Value::Text(text->substr(at)));
  return Value::List(std::move(parts));
}

Value Substring(Arguments arguments) {
  const std::string* text = TextAt(arguments, 0);
  const auto begin = IntAt(arguments, 1);
  const auto end = IntAt(arguments, 2);
  const bool shape = arguments.size() == 2 || (arguments.size() == 3 && end);
  if (text == nullptr || !begin || !shape) {
    return NoOperation("substring", arguments);
  }
  const std::u32string points = CodePointsOf(*text);
  const auto size = static_cast<std::int64_t>(points.size());
  const std::int64_t last = end.value_or(size);
  if (*begin < 0 || *begin > last || last > size) {
    return OutOfText();
  }
  return TextOf(std::u32string_view(points).substr(static_cast<std::size_t>(*begin),
                                                   static_cast<std::size_t>(last - *begin)));
}

// White_Space of the Unicode character database.
bool IsWhite(char32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Value Trim(Arguments arguments) {
  const std::string* text = TextAt(arguments, 0);
  if (text == nullptr || arguments.size() != 1) {
    return NoOperation("trim", arguments);
  }
  const std::u32string points = CodePointsOf(*text);
  std::u32string_view rest = points;
  while (!rest.empty() && IsWhite(rest.front())) {
    rest.remove_prefix(1);
  }
  while (!rest.empty() && IsWhite(rest.back())) {
    rest.remove_suffix(1);
  }
  return TextOf(rest);
}

Value Quote(Arguments arguments) {
  const std::string* text = TextAt(arguments, 0);
  if (text == nullptr || arguments.size() != 1) {
    return NoOperation("strings.quote", arguments);
  }
  static constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string out = "\"";
  for (const char32_t point : CodePointsOf(*text)) {
    const std::size_t special =
        point < 0x80 ? kSpecial.find(static_cast<char>(point)) : std::string_view::npos;
    if (special != std::string_view::npos) {
      out += '\\';
      out += kLetters[special];
    } else {
      AppendCodePoint(point, out);
    }
  }
  return Value::Text(out + "\"");
}

}  // namespace

std::span<const LibraryFunction> TextFunctions() {
  static constexpr auto kFunctions = std::to_array<LibraryFunction>({
      {"contains", CallStyle::kMethod, Contains},
      {"startsWith", CallStyle::kMethod, StartsWith},
      {"endsWith", CallStyle::kMethod, EndsWith},
      {"matches", CallStyle::kBoth, Matches, false, 2000},
      {"charAt", CallStyle::kMethod, CharAt},
      {"indexOf", CallStyle::kMethod, IndexOf},
      {"lastIndexOf", CallStyle::kMethod, LastIndexOf},
      {"lowerAscii", CallStyle::kMethod, LowerAscii},
      {"upperAscii", CallStyle::kMethod, UpperAscii},
      {"replace", CallStyle::kMethod, Replace},
      {"split", CallStyle::kMethod, Split},
      {"substring", CallStyle::kMethod, Substring},
      {"trim", CallStyle::kMethod, Trim},
      {"format", CallStyle::kMethod, FormatText, false, 500},
      {"strings.quote", CallStyle::kGlobal, Quote},
  });
  return kFunctions;
}

}  // namespace vedette::rules
