// SPDX-License-Identifier: Apache-2.0
// string.format of the string extension, and how values are shown as text.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/eval/time_text.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

constexpr int kPrecisionLimit = 100;
constexpr int kDefaultPrecision = 6;

std::optional<std::string> ShowNotFinite(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-Infinity" : "Infinity";
  }
  return std::nullopt;
}

// Shared parts make small values large as text; what is longer than the limit is not shown.
bool Append(const Value& value, std::string& out);

bool AppendList(const ValueList& list, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    out += i == 0 ? "" : ", ";
    if (!Append(list[i], out)) {
      return false;
    }
  }
  out += ']';
  return true;
}

bool AppendMap(const ValueMap& map, std::string& out) {
  std::vector<std::pair<std::string, const Value*>> entries;
  for (const auto& [key, value] : map.entries) {
    auto text = Show(key);
    if (!text) {
      return false;
    }
    entries.emplace_back(*std::move(text), &value);
  }
  std::ranges::sort(entries, {}, &std::pair<std::string, const Value*>::first);
  out += '{';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out += (i == 0 ? "" : ", ") + entries[i].first + ": ";
    if (!Append(*entries[i].second, out)) {
      return false;
    }
  }
  out += '}';
  return true;
}

std::optional<std::string> ShowScalar(const Value& value) {
  if (const bool* truth = value.As<bool>()) {
    return *truth ? "true" : "false";
  }
  if (const auto* number = value.As<std::int64_t>()) {
    return std::to_string(*number);
  }
  if (const auto* number = value.As<std::uint64_t>()) {
    return std::to_string(*number);
  }
  if (const auto* number = value.As<double>()) {
    return ShowDouble(*number);
  }
  if (const auto* time = value.As<TimestampValue>()) {
    return WriteTimestamp(*time);
  }
  if (const auto* duration = value.As<DurationValue>()) {
    return WriteDuration(*duration);
  }
  if (const auto* type = value.As<std::shared_ptr<const TypeValue>>()) {
    return (*type)->name;
  }
  return value.As<NullValue>() != nullptr ? std::optional<std::string>("null") : std::nullopt;
}

void AppendUtf8(std::string_view bytes, std::string& out) {
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = ReadCodePoint(bytes, at);
    AppendCodePoint(point.size == 0 ? 0xFFFD : point.value, out);
    at += std::max<std::size_t>(1, point.size);
  }
}

bool Append(const Value& value, std::string& out) {
  if (out.size() > kTextLimit) {
    return false;
  }
  if (const ValueList* list = ListOf(value)) {
    return AppendList(*list, out);
  }
  if (const ValueMap* map = MapOf(value)) {
    return AppendMap(*map, out);
  }
  if (const std::string* text = value.AsText()) {
    out += *text;
    return true;
  }
  if (const std::string* bytes = BytesOf(value)) {
    AppendUtf8(*bytes, out);
    return true;
  }
  const auto text = ShowScalar(value);
  out += text.value_or("");
  return text.has_value();
}

std::string InBase(std::uint64_t value, int base, bool upper) {
  std::array<char, 65> buffer{};
  const auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, base);
  std::string text(buffer.data(), end);
  if (upper) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  }
  return text;
}

std::optional<std::string> WholeInBase(const Value& value, int base, bool upper) {
  if (const auto* number = value.As<std::uint64_t>()) {
    return InBase(*number, base, upper);
  }
  const auto* number = value.As<std::int64_t>();
  if (number == nullptr) {
    return std::nullopt;
  }
  const auto magnitude =
      *number < 0 ? 0 - static_cast<std::uint64_t>(*number) : static_cast<std::uint64_t>(*number);
  return (*number < 0 ? "-" : "") + InBase(magnitude, base, upper);
}

std::optional<std::string> Hexadecimal(const Value& value, bool upper) {
  const std::string* octets = value.AsText() != nullptr ? value.AsText() : BytesOf(value);
  if (octets == nullptr) {
    return WholeInBase(value, 16, upper);
  }
  std::string out;
  for (const char c : *octets) {
    const std::string digits = InBase(static_cast<unsigned char>(c), 16, upper);
    out += (digits.size() == 1 ? "0" : "") + digits;
  }
  return out;
}

std::optional<std::string> Decimal(const Value& value) {
  const auto* number = value.As<double>();
  return number != nullptr ? ShowNotFinite(*number) : WholeInBase(value, 10, false);
}

std::optional<std::string> Fractional(const Value& value, std::chars_format form, int precision) {
  const auto number = NumberOf(value);
  if (!number) {
    return std::nullopt;
  }
  if (auto text = ShowNotFinite(*number)) {
    return text;
  }
  std::array<char, 512> buffer{};  // 309 digits before the point, 100 after it
  const auto [end, code] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number, form, precision);
  return std::string(buffer.data(), end);
}

std::optional<std::string> Clause(char clause, int precision, const Value& value) {
  switch (clause) {
    case 's':
      return Show(value);
    case 'd':
      return Decimal(value);
    case 'f':
      return Fractional(value, std::chars_format::fixed, precision);
    case 'e':
      return Fractional(value, std::chars_format::scientific, precision);
    case 'b':
      return value.As<bool>() != nullptr ? std::optional<std::string>(value.IsTrue() ? "1" : "0")
                                         : WholeInBase(value, 2, false);
    case 'o':
      return WholeInBase(value, 8, false);
    case 'x':
    case 'X':
      return Hexadecimal(value, clause == 'X');
    default:
      return std::nullopt;
  }
}

// The digits of "%.3f"; nullopt when there are none or too many.
std::optional<int> TakePrecision(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') {
    return kDefaultPrecision;
  }
  int value = 0;
  const auto [end, code] = std::from_chars(text.data() + at + 1, text.data() + text.size(), value);
  if (code != std::errc{} || value < 0 || value > kPrecisionLimit) {
    return std::nullopt;
  }
  at = static_cast<std::size_t>(end - text.data());
  return value;
}

}  // namespace

std::string ShowDouble(double value) {
  if (auto text = ShowNotFinite(value)) {
    return *std::move(text);
  }
  const double size = std::abs(value);
  std::array<char, 64> buffer{};
  const auto [end, code] = value == 0 || (size >= 1e-6 && size < 1e17)
                               ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                               std::chars_format::fixed)
                               : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end);
}

std::optional<std::string> Show(const Value& value) {
  std::string out;
  return Append(value, out) ? std::optional(std::move(out)) : std::nullopt;
}

Value FormatText(Arguments arguments) {
  const std::string* form = TextAt(arguments, 0);
  const ValueList* values = arguments.size() == 2 ? ListOf(arguments[1]) : nullptr;
  if (form == nullptr || values == nullptr) {
    return NoOperation("format", arguments);
  }
  if (std::ranges::any_of(*values, &Value::IsUnknown)) {
    return Value::Unknown();
  }
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < form->size(); ++at) {
    if ((*form)[at] != '%') {
      out += (*form)[at];
      continue;
    }
    if (++at < form->size() && (*form)[at] == '%') {
      out += '%';
      continue;
    }
    const auto precision = TakePrecision(*form, at);
    if (!precision || at >= form->size()) {
      return Value::Error("format: an incomplete % clause");
    }
    if (used == values->size()) {
      return Value::Error("format: fewer values than % clauses");
    }
    const auto text = Clause((*form)[at], *precision, (*values)[used++]);
    if (!text || out.size() + text->size() > kTextLimit) {
      return Value::Error("format: a value does not fit its % clause");
    }
    out += *text;
  }
  return Value::Text(std::move(out));
}

}  // namespace vedette::rules
