// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sql.h"

#include <stdexcept>

namespace vedette::db {
namespace {

[[noreturn]] void WrongType(std::size_t column, const char* wanted) {
  throw std::logic_error("column " + std::to_string(column) + " is not " + wanted);
}

}  // namespace

bool Row::IsNull(std::size_t column) const {
  return std::holds_alternative<std::monostate>(At(column));
}

std::int64_t Row::Int(std::size_t column) const {
  if (const auto* value = std::get_if<std::int64_t>(&At(column))) return *value;
  WrongType(column, "an integer");
}

double Row::Real(std::size_t column) const {
  if (const auto* value = std::get_if<double>(&At(column))) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&At(column))) {
    return static_cast<double>(*value);
  }
  WrongType(column, "a number");
}

bool Row::Bool(std::size_t column) const {
  if (const auto* value = std::get_if<bool>(&At(column))) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&At(column))) return *value != 0;
  WrongType(column, "a boolean");
}

const std::string& Row::Text(std::size_t column) const {
  if (const auto* value = std::get_if<std::string>(&At(column))) return *value;
  WrongType(column, "text");
}

const std::string& Row::Blob(std::size_t column) const {
  if (const auto* value = std::get_if<Bytes>(&At(column))) return value->data;
  WrongType(column, "bytes");
}

}  // namespace vedette::db
