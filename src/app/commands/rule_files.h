// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line.h"
#include "base/result.h"
#include "rules/catalog.h"
#include "rules/envelope/envelope.h"
#include "rules/rule.h"

namespace vedette::app {

// A file of rules as it was read. `mistakes`, rendered, when it is no file of rules; then `content`
// is empty.
struct RuleFile {
  std::string path;
  std::string text;
  rules::EnvelopeFile content;
  std::string mistakes;
};

// The whole file; kNotFound, kInvalidArgument where it cannot be read or is larger than 16 MiB.
Result<std::string> ReadWholeFile(const std::string& path);

// The files behind the action's word, at least one.
Result<std::vector<RuleFile>> ReadRuleFiles(const Arguments& arguments);
Result<RuleFile> ReadRuleFile(const std::string& path);

// --catalog, else catalog.yaml beside the first file.
Result<std::shared_ptr<const rules::Catalog>> ReadCatalog(const Arguments& arguments,
                                                          std::span<const RuleFile> files);

struct CompiledFile {
  std::vector<std::shared_ptr<const rules::Rule>> rules;  // those that compile
  std::string mistakes;                                   // of the others, rendered
  std::size_t mistaken = 0;                               // rules with mistakes
  std::string warnings;
};

// Compiles the rules of a file, or the one that --rule names.
CompiledFile CompileFile(const RuleFile& file,
                         std::string_view only,
                         const std::shared_ptr<const rules::Catalog>& catalog);

// All rules of the files; an Error with the mistakes when there are any, or none of that name.
Result<std::vector<std::shared_ptr<const rules::Rule>>> CompileAll(
    std::span<const RuleFile> files,
    std::string_view only,
    const std::shared_ptr<const rules::Catalog>& catalog);

}  // namespace vedette::app
