// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "codegen/contract.h"

namespace vedette::codegen {

// "vedette/trial/v1/trial" of the file vedette/trial/v1/trial.proto.
std::string Stem(const google::protobuf::FileDescriptor& file);

// "::vedette::trial::v1::Study".
std::string CppType(const google::protobuf::Descriptor& message);

// The header with the interfaces of the services and the functions that make their parts: all that
// those who implement or call a service include.
std::string EmitHeader(const google::protobuf::FileDescriptor& file,
                       const std::vector<Service>& services);

// The guard, the client and the tables the transports read.
std::string EmitSource(const google::protobuf::FileDescriptor& file,
                       const std::vector<Service>& services);

}  // namespace vedette::codegen
