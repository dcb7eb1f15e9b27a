// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/rule_source.h"

#include <utility>

#include "rules/envelope/envelope.h"

namespace vedette::monitor {

std::shared_ptr<const rules::Rule> CompileVersion(
    const KnownRule& version, const std::shared_ptr<const rules::Catalog>& catalog) {
  auto definitions = rules::ParseEnvelopes(version.definition);
  if (!definitions || definitions->size() != 1) return nullptr;
  rules::RuleDefinition& definition = definitions->front();
  // What an envelope leaves open, the version says.
  definition.study_id = version.study_id;
  definition.rule_id = version.rule_id;
  definition.version = version.version;
  auto rule = rules::CompileRule(std::move(definition), catalog);
  return rule ? *std::move(rule) : nullptr;
}

}  // namespace vedette::monitor
