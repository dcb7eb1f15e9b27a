// SPDX-License-Identifier: Apache-2.0
// Any bytes are an envelope or told what is wrong with them, in their own text; an envelope's
// canonical text reads back as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/envelope/catalog_file.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/explain_template.h"

namespace {

using namespace vedette::rules;

void RequirePlaces(const Diagnostics& diagnostics, std::size_t size) {
  if (diagnostics.empty()) std::abort();
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.span.begin > diagnostic.span.end || diagnostic.span.end > size) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto split = ParseTemplate(text); !split) RequirePlaces(split.error(), size);
  if (const auto catalog = ParseCatalog(text); !catalog) RequirePlaces(catalog.error(), size);
  const auto file = ReadEnvelopeFile(text);
  if (!file) {
    RequirePlaces(file.error(), size);
    return 0;
  }
  if (file->rules.size() != file->places.size()) std::abort();
  for (const RuleDefinition& rule : file->rules) {
    const std::string canonical = CanonicalText(rule);
    const auto again = ParseEnvelopes(canonical);
    if (!again || again->size() != 1 || CanonicalText((*again)[0]) != canonical) std::abort();
  }
  return 0;
}
