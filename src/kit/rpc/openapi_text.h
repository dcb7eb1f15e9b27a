// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vedette {

// The OpenAPI 3.1 document of all services, as JSON.
std::string_view OpenApiDocument();

}  // namespace vedette
