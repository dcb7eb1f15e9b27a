// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/eval/time_text.h"
#include "rules/syntax/literal.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

Value OutOfRange() { return Value::Error("a number outside the range of its new type"); }
Value Unreadable(std::string_view type) {
  return Value::Error("the text is no " + std::string(type));
}

template <class T>
Value WholeNumberOfText(const std::string& text, std::string_view type) {
  T value = 0;
  const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return code == std::errc{} && end == digits.data() + digits.size() ? Value(value)
                                                                     : Unreadable(type);
}

Value ToInt(Arguments arguments) {
  if (arguments.size() != 1) {
    return NoOperation("int", arguments);
  }
  const Value& x = arguments[0];
  if (x.As<std::int64_t>() != nullptr) {
    return x;
  }
  if (const auto* number = x.As<std::uint64_t>()) {
    return *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
               ? OutOfRange()
               : Value(static_cast<std::int64_t>(*number));
  }
  if (const auto* number = x.As<double>()) {
    return *number > -kTwoTo63 && *number < kTwoTo63 ? Value(static_cast<std::int64_t>(*number))
                                                     : OutOfRange();
  }
  if (const std::string* text = x.AsText()) {
    return WholeNumberOfText<std::int64_t>(*text, "int");
  }
  if (const auto* duration = x.As<DurationValue>()) {
    return Value(duration->seconds);
  }
  const auto* time = x.As<TimestampValue>();
  return time == nullptr ? NoOperation("int", arguments) : Value(time->seconds);
}

Value ToUint(Arguments arguments) {
  if (arguments.size() != 1) {
    return NoOperation("uint", arguments);
  }
  const Value& x = arguments[0];
  if (x.As<std::uint64_t>() != nullptr) {
    return x;
  }
  if (const auto* number = x.As<std::int64_t>()) {
    return *number < 0 ? OutOfRange() : Value(static_cast<std::uint64_t>(*number));
  }
  if (const auto* number = x.As<double>()) {
    return *number >= 0 && *number < kTwoTo64 ? Value(static_cast<std::uint64_t>(*number))
                                              : OutOfRange();
  }
  const std::string* text = x.AsText();
  return text == nullptr ? NoOperation("uint", arguments)
                         : WholeNumberOfText<std::uint64_t>(*text, "uint");
}

Value DoubleOfText(std::string_view text) {
  if (const auto number = ReadDouble(text)) {
    return Value(*number);
  }
  const bool negative = text.starts_with('-');
  const std::string_view word = text.substr(negative || text.starts_with('+') ? 1 : 0);
  if (word == "Infinity" || word == "Inf" || word == "inf") {
    const double infinity = std::numeric_limits<double>::infinity();
    return Value(negative ? -infinity : infinity);
  }
  return word == "NaN" || word == "nan" ? Value(std::numeric_limits<double>::quiet_NaN())
                                        : Unreadable("double");
}

Value ToDouble(Arguments arguments) {
  if (arguments.size() != 1) {
    return NoOperation("double", arguments);
  }
  if (arguments[0].As<IntervalValue>() != nullptr) {
    return arguments[0];
  }
  if (const auto number = NumberOf(arguments[0])) {
    return Value(*number);
  }
  const std::string* text = arguments[0].AsText();
  return text == nullptr ? NoOperation("double", arguments) : DoubleOfText(*text);
}

Value ToBool(Arguments arguments) {
  static constexpr std::array<std::string_view, 5> kTrue = {"1", "t", "true", "TRUE", "True"};
  static constexpr std::array<std::string_view, 5> kFalse = {"0", "f", "false", "FALSE", "False"};
  if (arguments.size() == 1 && arguments[0].As<bool>() != nullptr) {
    return arguments[0];
  }
  const std::string* text = TextAt(arguments, 0);
  if (arguments.size() != 1 || text == nullptr) {
    return NoOperation("bool", arguments);
  }
  if (std::ranges::find(kTrue, *text) != kTrue.end()) {
    return Value(true);
  }
  return std::ranges::find(kFalse, *text) != kFalse.end() ? Value(false) : Unreadable("bool");
}

Value ToText(Arguments arguments) {
  if (arguments.size() != 1) {
    return NoOperation("string", arguments);
  }
  if (const std::string* bytes = BytesOf(arguments[0])) {
    return FindInvalidUtf8(*bytes) == std::string_view::npos ? Value::Text(*bytes)
                                                             : Value::Error("bytes are not UTF-8");
  }
  const bool scalar = ListOf(arguments[0]) == nullptr && MapOf(arguments[0]) == nullptr &&
                      arguments[0].As<NullValue>() == nullptr;
  auto text = scalar ? Show(arguments[0]) : std::nullopt;
  return text ? Value::Text(*std::move(text)) : NoOperation("string", arguments);
}

Value ToBytes(Arguments arguments) {
  if (arguments.size() == 1 && BytesOf(arguments[0]) != nullptr) {
    return arguments[0];
  }
  const std::string* text = TextAt(arguments, 0);
  return arguments.size() == 1 && text != nullptr ? MakeBytes(*text)
                                                  : NoOperation("bytes", arguments);
}

Value ToTimestamp(Arguments arguments) {
  if (arguments.size() == 1 && arguments[0].As<TimestampValue>() != nullptr) {
    return arguments[0];
  }
  if (const auto seconds = IntAt(arguments, 0); seconds && arguments.size() == 1) {
    return MakeTimestamp(*seconds, 0);
  }
  const std::string* text = TextAt(arguments, 0);
  if (text == nullptr || arguments.size() != 1) {
    return NoOperation("timestamp", arguments);
  }
  const auto time = ReadTimestamp(*text);
  return time ? Value(*time) : Unreadable("timestamp");
}

Value ToDuration(Arguments arguments) {
  if (arguments.size() == 1 && arguments[0].As<DurationValue>() != nullptr) {
    return arguments[0];
  }
  if (const auto seconds = IntAt(arguments, 0); seconds && arguments.size() == 1) {
    return MakeDuration(*seconds, 0);
  }
  const std::string* text = TextAt(arguments, 0);
  if (text == nullptr || arguments.size() != 1) {
    return NoOperation("duration", arguments);
  }
  const auto duration = ReadDuration(*text);
  return duration ? Value(*duration) : Unreadable("duration");
}

Value ToDynamic(Arguments arguments) {
  return arguments.size() == 1 ? arguments[0] : NoOperation("dyn", arguments);
}

Value TypeOf(Arguments arguments) {
  return arguments.size() == 1 ? MakeType(TypeNameOf(arguments[0]))
                               : NoOperation("type", arguments);
}

}  // namespace

std::span<const LibraryFunction> ConversionFunctions() {
  static constexpr auto kFunctions = std::to_array<LibraryFunction>({
      {"int", CallStyle::kGlobal, ToInt},
      {"uint", CallStyle::kGlobal, ToUint},
      {"double", CallStyle::kGlobal, ToDouble, true},
      {"bool", CallStyle::kGlobal, ToBool},
      {"string", CallStyle::kGlobal, ToText},
      {"bytes", CallStyle::kGlobal, ToBytes},
      {"timestamp", CallStyle::kGlobal, ToTimestamp},
      {"duration", CallStyle::kGlobal, ToDuration},
      {"dyn", CallStyle::kGlobal, ToDynamic, true},
      {"type", CallStyle::kGlobal, TypeOf, true},
  });
  return kFunctions;
}

}  // namespace vedette::rules
