// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vedette {

// Every way an operation can fail, closed: a new failure is one of these or it is a defect.
enum class Code : std::uint8_t {
  kInvalidArgument,     // the request is wrong whatever the state is
  kUnauthenticated,     // no valid token or credential
  kPermissionDenied,    // known caller, not allowed
  kNotFound,            // no such thing, for this caller
  kAlreadyExists,       // a unique name is taken
  kConflict,            // the same key came before with other content, or a version moved on
  kFailedPrecondition,  // the state forbids it, e.g. activating a retired rule
  kPayloadTooLarge,     // the body is over the limit, as sent or once inflated
  kResourceExhausted,   // overload or quota; retry later
  kCancelled,           // the caller left
  kDeadlineExceeded,    // the time was over before the answer was there
  kUnavailable,         // a dependency is away; retry later
  kUnimplemented,       // the operation is not offered here
  kInternal,            // a defect of ours
};

inline constexpr std::size_t kCodeCount = static_cast<std::size_t>(Code::kInternal) + 1;

// One row of the only table that maps a Code to the outside.
struct CodeEntry {
  Code code;
  std::string_view name;   // machine-readable, stable: "INVALID_ARGUMENT"
  std::string_view title;  // for people: "Invalid request"
  int grpc_status;         // number of grpc::StatusCode
  int http_status;
  bool retryable;
};

const CodeEntry& Describe(Code code);

// The Code of a gRPC status number; kInternal for numbers without one. `name` (sent as metadata by
// our own servers) decides between codes that share a number.
Code CodeFromGrpc(int grpc_status, std::string_view name = {});

std::optional<Code> CodeFromName(std::string_view name);

}  // namespace vedette
