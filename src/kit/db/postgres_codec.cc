// SPDX-License-Identifier: Apache-2.0
#include "kit/db/postgres_codec.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace vedette::db {
namespace {

// Oids of the built-in types, fixed since ever (src/include/catalog/pg_type.dat).
constexpr PostgresType kBool = 16;
constexpr PostgresType kBytea = 17;
constexpr PostgresType kName = 19;
constexpr PostgresType kInt8 = 20;
constexpr PostgresType kInt2 = 21;
constexpr PostgresType kInt4 = 23;
constexpr PostgresType kText = 25;
constexpr PostgresType kOid = 26;
constexpr PostgresType kJson = 114;
constexpr PostgresType kFloat4 = 700;
constexpr PostgresType kFloat8 = 701;
constexpr PostgresType kUnknown = 705;
constexpr PostgresType kBpchar = 1042;
constexpr PostgresType kVarchar = 1043;
constexpr PostgresType kNumeric = 1700;
constexpr PostgresType kVoid = 2278;
constexpr PostgresType kJsonb = 3802;

template <std::unsigned_integral U>
U Swap(U value) {
  if constexpr (sizeof(U) == 8) return __builtin_bswap64(value);
  if constexpr (sizeof(U) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(U) == 2) return __builtin_bswap16(value);
  return value;
}

// Network byte order.
template <class Number>
void Append(std::string* out, Number number) {
  using Unsigned = std::conditional_t<
      sizeof(Number) == 8, std::uint64_t,
      std::conditional_t<sizeof(Number) == 4, std::uint32_t,
                         std::conditional_t<sizeof(Number) == 2, std::uint16_t, std::uint8_t>>>;
  const Unsigned swapped = Swap(std::bit_cast<Unsigned>(number));
  char bytes[sizeof(Unsigned)];
  std::memcpy(bytes, &swapped, sizeof(bytes));
  out->append(bytes, sizeof(bytes));
}

template <std::unsigned_integral U>
U ReadUnsigned(std::string_view bytes, std::size_t at = 0) {
  U value{};
  if (at + sizeof(U) <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof(U));
  return Swap(value);
}

// numeric: ndigits, weight, sign, dscale, then base-10000 digits (src/backend/utils/adt/numeric.c).
// An integer if it has no decimals and fits, else the nearest double.
Value DecodeNumeric(std::string_view bytes) {
  constexpr std::uint16_t kNegative = 0x4000;
  constexpr std::uint16_t kSpecial = 0xC000;  // NaN and the infinities
  const auto count = ReadUnsigned<std::uint16_t>(bytes, 0);
  const auto weight = static_cast<std::int16_t>(ReadUnsigned<std::uint16_t>(bytes, 2));
  const auto sign = ReadUnsigned<std::uint16_t>(bytes, 4);
  const auto scale = ReadUnsigned<std::uint16_t>(bytes, 6);
  if ((sign & kSpecial) == kSpecial) return std::numeric_limits<double>::quiet_NaN();
  long double real = 0;
  for (int i = 0; i < count; ++i) {
    const auto digit = ReadUnsigned<std::uint16_t>(bytes, 8 + 2 * static_cast<std::size_t>(i));
    real += digit * std::pow(10000.0L, weight - i);
  }
  if (sign == kNegative) real = -real;
  // long double holds every 64-bit integer exactly.
  if (scale == 0 && std::abs(real) < 9.2e18L) return static_cast<std::int64_t>(std::llrint(real));
  return static_cast<double>(real);
}

struct ElementCode {
  PostgresType operator()(ColumnType type) const {
    switch (type) {
      case ColumnType::kInt:
        return kInt8;
      case ColumnType::kReal:
        return kFloat8;
      case ColumnType::kBool:
        return kBool;
      case ColumnType::kText:
        return kText;
      case ColumnType::kBytes:
        return kBytea;
    }
    return kText;
  }
};

// One element of an array: its length and bytes. False for a value of another type.
bool AppendElement(std::string* out, ColumnType type, const Value& value) {
  const auto number = [out](auto element) {
    Append(out, static_cast<std::int32_t>(sizeof(element)));
    Append(out, element);
    return true;
  };
  const auto bytes = [out](const std::string& element) {
    Append(out, static_cast<std::int32_t>(element.size()));
    *out += element;
    return true;
  };
  if (std::holds_alternative<std::monostate>(value)) {
    Append(out, std::int32_t{-1});
    return true;
  }
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto* flag = std::get_if<bool>(&value);
  const auto* text = std::get_if<std::string>(&value);
  const auto* blob = std::get_if<Bytes>(&value);
  if (type == ColumnType::kInt && integer) return number(*integer);
  if (type == ColumnType::kReal && real) return number(*real);
  if (type == ColumnType::kReal && integer) return number(static_cast<double>(*integer));
  if (type == ColumnType::kBool && flag) return number(static_cast<std::uint8_t>(*flag));
  if (type == ColumnType::kText && text) return bytes(*text);
  if (type == ColumnType::kBytes && blob) return bytes(blob->data);
  return false;
}

}  // namespace

template <class Number>
void PostgresParameters::AddNumber(Number number) {
  slots_.push_back({nullptr, buffer_.size(), static_cast<int>(sizeof(Number)), 1});
  Append(&buffer_, number);
}

void PostgresParameters::AddOwned(std::string_view bytes, int format) {
  slots_.push_back({nullptr, buffer_.size(), static_cast<int>(bytes.size()), format});
  buffer_ += bytes;
  buffer_ += '\0';  // libpq finds the end of text parameters by it
}

void PostgresParameters::AddBorrowed(std::string_view bytes) {
  slots_.push_back({bytes.data(), 0, static_cast<int>(bytes.size()), 1});
}

Status PostgresParameters::AddInt(std::int64_t number, PostgresType type) {
  const auto fits = [number](auto example) {
    return number >= std::numeric_limits<decltype(example)>::min() &&
           number <= std::numeric_limits<decltype(example)>::max();
  };
  switch (type) {
    case kInt8:
      AddNumber(number);
      return {};
    case kFloat8:
      AddNumber(static_cast<double>(number));
      return {};
    case kInt4:
      if (!fits(std::int32_t{})) break;
      AddNumber(static_cast<std::int32_t>(number));
      return {};
    case kInt2:
      if (!fits(std::int16_t{})) break;
      AddNumber(static_cast<std::int16_t>(number));
      return {};
    default:
      AddOwned(std::to_string(number), 0);
      return {};
  }
  return Fail(Code::kInvalidArgument, "A number is too large for the database.");
}

Status PostgresParameters::Add(const Value& value, PostgresType type) {
  if (std::holds_alternative<std::monostate>(value)) {
    slots_.push_back({});
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return AddInt(*integer, type);
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (type == kFloat8) {
      AddNumber(*real);
    } else {
      char text[32];
      const int size = std::snprintf(text, sizeof(text), "%.17g", *real);
      AddOwned({text, static_cast<std::size_t>(size)}, 0);
    }
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    if (type == kBool) {
      AddNumber(static_cast<std::uint8_t>(*flag));
    } else {
      return AddInt(*flag ? 1 : 0, type);
    }
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    // jsonb and the like have binary forms of their own; their text form is what we hold.
    if (type == kText || type == kVarchar || type == kBytea) {
      AddBorrowed(*text);
    } else {
      AddOwned(*text, 0);
    }
  } else {
    AddBorrowed(std::get<Bytes>(value).data);
  }
  return {};
}

Status PostgresParameters::AddColumn(const BulkInsert& insert, std::size_t index) {
  const Column& column = insert.columns[index];
  const Slot slot{nullptr, buffer_.size(), 0, 1};
  bool has_null = false;
  for (const Params& row : insert.rows) {
    if (row.size() != insert.columns.size()) {
      return Fail(Code::kInternal,
                  std::string("A row of '") + insert.name + "' has the wrong length.");
    }
    has_null = has_null || std::holds_alternative<std::monostate>(row[index]);
  }
  Append(&buffer_, std::int32_t{1});  // dimensions
  Append(&buffer_, std::int32_t{has_null});
  Append(&buffer_, ElementCode()(column.type));
  Append(&buffer_, static_cast<std::int32_t>(insert.rows.size()));
  Append(&buffer_, std::int32_t{1});  // lower bound
  for (const Params& row : insert.rows) {
    if (!AppendElement(&buffer_, column.type, row[index])) {
      return Fail(Code::kInternal, std::string("Column ") + column.name + " of '" + insert.name +
                                       "' was given a value of another type.");
    }
  }
  slots_.push_back(slot);
  slots_.back().length = static_cast<int>(buffer_.size() - slot.offset);
  return {};
}

PostgresParameters::Pointers PostgresParameters::Resolve() const {
  Pointers pointers;
  for (const Slot& slot : slots_) {
    const char* data = slot.data != nullptr ? slot.data : buffer_.data() + slot.offset;
    pointers.values.push_back(slot.length < 0 ? nullptr : data);
    pointers.lengths.push_back(slot.length < 0 ? 0 : slot.length);
    pointers.formats.push_back(slot.format);
  }
  return pointers;
}

Result<Value> DecodePostgres(PostgresType type, std::string_view bytes) {
  switch (type) {
    case kInt8:
      return static_cast<std::int64_t>(ReadUnsigned<std::uint64_t>(bytes));
    case kInt4:
      return std::int64_t{static_cast<std::int32_t>(ReadUnsigned<std::uint32_t>(bytes))};
    case kInt2:
      return std::int64_t{static_cast<std::int16_t>(ReadUnsigned<std::uint16_t>(bytes))};
    case kOid:
      return std::int64_t{ReadUnsigned<std::uint32_t>(bytes)};
    case kFloat8:
      return std::bit_cast<double>(ReadUnsigned<std::uint64_t>(bytes));
    case kFloat4:
      return static_cast<double>(std::bit_cast<float>(ReadUnsigned<std::uint32_t>(bytes)));
    case kBool:
      return !bytes.empty() && bytes[0] != 0;
    case kText:
    case kVarchar:
    case kBpchar:
    case kName:
    case kJson:
    case kUnknown:
      return std::string(bytes);
    case kJsonb:  // a version byte, then text
      return std::string(bytes.substr(bytes.empty() ? 0 : 1));
    case kBytea:
      return Bytes{std::string(bytes)};
    case kNumeric:
      return DecodeNumeric(bytes);
    case kVoid:
      return kNull;
    default:
      return Fail(Code::kInternal, "A column has a type that is not supported; cast it.");
  }
}

}  // namespace vedette::db
