// SPDX-License-Identifier: Apache-2.0
#include "base/code.h"

namespace vedette {
namespace {

constexpr std::array<CodeEntry, kCodeCount> kTable = {{
    {Code::kInvalidArgument, "INVALID_ARGUMENT", "Invalid request", 3, 400, false},
    {Code::kUnauthenticated, "UNAUTHENTICATED", "Not signed in", 16, 401, false},
    {Code::kPermissionDenied, "PERMISSION_DENIED", "Not allowed", 7, 403, false},
    {Code::kNotFound, "NOT_FOUND", "Not found", 5, 404, false},
    {Code::kAlreadyExists, "ALREADY_EXISTS", "Already exists", 6, 409, false},
    {Code::kConflict, "CONFLICT", "Conflict", 10, 409, false},
    {Code::kFailedPrecondition, "FAILED_PRECONDITION", "Not possible in this state", 9, 412, false},
    {Code::kPayloadTooLarge, "PAYLOAD_TOO_LARGE", "Request too large", 8, 413, false},
    {Code::kResourceExhausted, "RESOURCE_EXHAUSTED", "Too many requests", 8, 429, true},
    {Code::kCancelled, "CANCELLED", "Cancelled by the caller", 1, 499, false},
    {Code::kDeadlineExceeded, "DEADLINE_EXCEEDED", "Took too long", 4, 504, true},
    {Code::kUnavailable, "UNAVAILABLE", "Temporarily unavailable", 14, 503, true},
    {Code::kUnimplemented, "UNIMPLEMENTED", "Not offered", 12, 501, false},
    {Code::kInternal, "INTERNAL", "Internal error", 13, 500, false},
}};

constexpr bool TableIsInOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].code) != i) return false;
  }
  return true;
}
static_assert(TableIsInOrder());

}  // namespace

const CodeEntry& Describe(Code code) { return kTable[static_cast<std::size_t>(code)]; }

std::optional<Code> CodeFromName(std::string_view name) {
  for (const CodeEntry& entry : kTable) {
    if (entry.name == name) return entry.code;
  }
  return std::nullopt;
}

Code CodeFromGrpc(int grpc_status, std::string_view name) {
  if (auto named = CodeFromName(name); named && Describe(*named).grpc_status == grpc_status) {
    return *named;
  }
  // RESOURCE_EXHAUSTED without a name is overload: of the two codes, the one that may be retried.
  if (grpc_status == Describe(Code::kResourceExhausted).grpc_status) {
    return Code::kResourceExhausted;
  }
  for (const CodeEntry& entry : kTable) {
    if (entry.grpc_status == grpc_status) return entry.code;
  }
  return Code::kInternal;
}

}  // namespace vedette
