// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/grpc_status.h"

#include <vedette/rpc/v1/error_details.pb.h>

namespace vedette::rpc {
namespace {

// Below the metadata limit that our channels set, with room for the rest of the trailers.
constexpr std::size_t kMaxDetailsBytes = 3 << 20;

}  // namespace

std::string EncodeDetails(const Error& error) {
  v1::ErrorDetails details;
  details.set_code(std::string(Describe(error.code).name));
  if (error.retry_after) details.set_retry_after_ms(error.retry_after->count());
  std::size_t bytes = 0;
  for (const FieldViolation& violation : error.violations) {
    bytes += violation.field.size() + violation.description.size() + 8;
    if (bytes > kMaxDetailsBytes) break;
    v1::ErrorDetails::Violation* added = details.add_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
  }
  return details.SerializeAsString();
}

Error DecodeError(int grpc_status,
                  std::string message,
                  std::string_view code_name,
                  std::string_view details) {
  Error error{CodeFromGrpc(grpc_status, code_name), std::move(message)};
  v1::ErrorDetails decoded;
  if (details.empty() ||
      !decoded.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    return error;
  }
  for (v1::ErrorDetails::Violation& violation : *decoded.mutable_violations()) {
    error.violations.push_back(
        {std::move(*violation.mutable_field()), std::move(*violation.mutable_description())});
  }
  if (decoded.has_retry_after_ms()) {
    error.retry_after = std::chrono::milliseconds(decoded.retry_after_ms());
  }
  return error;
}

}  // namespace vedette::rpc
