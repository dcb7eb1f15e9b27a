// SPDX-License-Identifier: Apache-2.0
#include "codegen/openapi_emitter.h"

namespace vedette::codegen {

std::string EmitOpenApi(const std::vector<Service>&) { return "{}\n"; }

}  // namespace vedette::codegen
