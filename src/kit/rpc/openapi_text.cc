// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/openapi_text.h"

#include "openapi_text.embed.h"

namespace vedette {

std::string_view OpenApiDocument() { return kOpenApiFiles[0].content; }

}  // namespace vedette
