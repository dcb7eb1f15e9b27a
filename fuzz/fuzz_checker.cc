// SPDX-License-Identifier: Apache-2.0
// Any text that parses is checked in every scope, and as plain CEL; what is told can be shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/check/checker.h"
#include "rules/check/test_catalog.h"
#include "rules/syntax/parser.h"

namespace {

using namespace vedette::rules;

void Require(bool holds) {
  if (!holds) std::abort();
}

void RenderAll(std::string_view source, const Diagnostics& diagnostics) {
  std::uint32_t place = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    Require(diagnostic.span.begin <= diagnostic.span.end && diagnostic.span.end <= source.size());
    Require(diagnostic.span.begin >= place);
    Require(!diagnostic.code.empty() && !diagnostic.message.empty());
    Require(!Render(source, diagnostic).empty());
    place = diagnostic.span.begin;
  }
}

void CheckIn(std::string_view source,
             const std::shared_ptr<const Ast>& ast,
             const CheckerOptions& options) {
  const auto checked = Check(ast, options);
  if (!checked) {
    Require(!checked.error().empty());
    RenderAll(source, checked.error());
    return;
  }
  RenderAll(source, checked->warnings);
  Require(checked->types.size() == ast->size && checked->references.size() == ast->size);
  Require(checked->facts.cost <= options.cost_limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto ast = Parse(source);
  if (!ast) return 0;
  const auto catalog = TestCatalog();
  CheckIn(source, *ast, {});
  CheckerOptions options{.catalog = catalog.get(), .expected = Type::Of(TypeKind::kBool)};
  for (const auto scope : {EvaluationScope::kSubject, EvaluationScope::kRow,
                           EvaluationScope::kVisit, EvaluationScope::kSite}) {
    options.scope = scope;
    options.each_form = scope == EvaluationScope::kRow ? "AE" : "";
    CheckIn(source, *ast, options);
  }
  return 0;
}
