// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/code.h"

namespace vedette {

// One thing wrong with one field of a request.
struct FieldViolation {
  std::string field;        // JSON path: "events[3].value"
  std::string description;  // for people; never holds the offending value of a sensitive field
  bool operator==(const FieldViolation&) const = default;
};

// What went wrong in normal life. `message` is shown to the caller: it holds no personal or
// clinical value and no internals.
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::vector<FieldViolation> violations = {};
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> Fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

[[nodiscard]] inline std::unexpected<Error> Fail(Error error) {
  return std::unexpected(std::move(error));
}

// A kInvalidArgument error about one field.
[[nodiscard]] inline std::unexpected<Error> FailField(std::string field, std::string description) {
  Error error{Code::kInvalidArgument, field + ": " + description};
  error.violations.push_back({std::move(field), std::move(description)});
  return std::unexpected(std::move(error));
}

}  // namespace vedette

#define VEDETTE_CONCAT_INNER(a, b) a##b
#define VEDETTE_CONCAT(a, b) VEDETTE_CONCAT_INNER(a, b)

// VEDETTE_TRY(auto value, Expression());  returns the error of the enclosing function's Result.
#define VEDETTE_TRY_INNER(temporary, declaration, ...)                      \
  auto temporary = (__VA_ARGS__);                                           \
  if (!temporary) return ::std::unexpected(::std::move(temporary).error()); \
  declaration = *::std::move(temporary)
#define VEDETTE_TRY(declaration, ...) \
  VEDETTE_TRY_INNER(VEDETTE_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)

#define VEDETTE_CO_TRY_INNER(temporary, declaration, ...)                      \
  auto temporary = (__VA_ARGS__);                                              \
  if (!temporary) co_return ::std::unexpected(::std::move(temporary).error()); \
  declaration = *::std::move(temporary)
#define VEDETTE_CO_TRY(declaration, ...) \
  VEDETTE_CO_TRY_INNER(VEDETTE_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)

// For a Result whose value is not wanted, Status above all.
#define VEDETTE_CHECK_OK_INNER(temporary, ...)    \
  if (auto temporary = (__VA_ARGS__); !temporary) \
  return ::std::unexpected(::std::move(temporary).error())
#define VEDETTE_CHECK_OK(...) \
  VEDETTE_CHECK_OK_INNER(VEDETTE_CONCAT(try_result_, __LINE__), __VA_ARGS__)
#define VEDETTE_CO_CHECK_OK_INNER(temporary, ...) \
  if (auto temporary = (__VA_ARGS__); !temporary) \
  co_return ::std::unexpected(::std::move(temporary).error())
#define VEDETTE_CO_CHECK_OK(...) \
  VEDETTE_CO_CHECK_OK_INNER(VEDETTE_CONCAT(try_result_, __LINE__), __VA_ARGS__)
