// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "codegen/contract.h"

namespace vedette::codegen {

// The OpenAPI 3.1 document of all routes of the services, as JSON.
std::string EmitOpenApi(const std::vector<Service>& services);

}  // namespace vedette::codegen
