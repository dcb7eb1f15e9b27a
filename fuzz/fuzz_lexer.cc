// SPDX-License-Identifier: Apache-2.0
// Tokens lie in the text, in order, and do not overlap; a mistake lies in it too.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/syntax/lexer.h"
#include "rules/syntax/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  if (vedette::rules::FindInvalidUtf8(source) != std::string_view::npos) {
    return 0;
  }
  const auto tokens = vedette::rules::Tokenize(source);
  if (!tokens) {
    const vedette::rules::Span span = tokens.error().span;
    if (span.begin > span.end || span.end > size) {
      std::abort();
    }
    vedette::rules::Render(source, tokens.error());
    return 0;
  }
  std::uint32_t last = 0;
  for (const vedette::rules::Token& token : *tokens) {
    if (token.span.begin < last || token.span.end < token.span.begin || token.span.end > size) {
      std::abort();
    }
    last = token.span.end;
  }
  return 0;
}
