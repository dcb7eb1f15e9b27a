// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/gperftools.h"

namespace vedette::gperftools {
namespace {

std::unexpected<Error> Missing() {
  return Fail(Code::kUnimplemented, "This build, with a sanitizer, takes no profiles.");
}

}  // namespace

Result<std::string> ProfileWhile(const std::function<void()>&) { return Missing(); }
void SetHeapSampling(std::int64_t) {}
Result<std::string> HeapSample() { return Missing(); }

}  // namespace vedette::gperftools
