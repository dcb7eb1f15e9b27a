// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

// How an Error travels through gRPC: status number and message as everybody's, and in the trailing
// metadata what only our own clients read.
namespace vedette::rpc {

inline constexpr char kCodeKey[] = "vedette-code";
inline constexpr char kDetailsKey[] = "vedette-error-bin";
// In the initial metadata of a stream whose request passed the checks.
inline constexpr char kAcceptedKey[] = "vedette-accepted";

// The value of kDetailsKey. Of violations that would not fit into metadata the last are left out.
std::string EncodeDetails(const Error& error);

// The error that was sent; what is absent or unreadable is left out.
Error DecodeError(int grpc_status,
                  std::string message,
                  std::string_view code_name,
                  std::string_view details);

}  // namespace vedette::rpc
