// SPDX-License-Identifier: Apache-2.0
// What parses is the same tree after formatting; what does not is told within the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/syntax/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vedette::rules;
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto ast = Parse(source);
  if (!ast) {
    for (const Diagnostic& mistake : ast.error()) {
      if (mistake.code.empty() || mistake.message.empty()) {
        std::abort();
      }
      Render(source, mistake);
    }
    return 0;
  }
  for (const std::size_t width : {std::size_t{40}, std::size_t{100}}) {
    const std::string text = Format(*(*ast)->root, width);
    // Spaces and quotes may make it longer than a text may be.
    const auto again = Parse(text, {.max_bytes = std::size_t{1} << 24});
    if (!again || !SameTree(*(*ast)->root, *(*again)->root) ||
        Format(*(*again)->root, width) != text) {
      std::abort();
    }
  }
  return 0;
}
