// SPDX-License-Identifier: Apache-2.0
#include "codegen/cpp_emitter.h"

namespace vedette::codegen {

std::string EmitSource(const google::protobuf::FileDescriptor& file, const std::vector<Service>&) {
  return "#include <" + Stem(file) + ".vedette.h>\n";
}

}  // namespace vedette::codegen
