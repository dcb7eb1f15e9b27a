// SPDX-License-Identifier: Apache-2.0
#include "app/commands/rule_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "formats/byte_source.h"
#include "rules/envelope/catalog_file.h"

namespace vedette::app {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;

std::string RenderAll(const std::string& path,
                      std::string_view text,
                      const rules::Diagnostics& diagnostics) {
  std::string rendered;
  for (const rules::Diagnostic& diagnostic : diagnostics) {
    rendered += path + "\n" + rules::Render(text, diagnostic) + "\n";
  }
  return rendered;
}

std::size_t LineOf(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

// "liver.yaml:12: LIV-HY, when", then the field with a caret.
std::string Place(const RuleFile& file, std::size_t index, const rules::Diagnostic& diagnostic) {
  const rules::RuleDefinition& definition = file.content.rules[index];
  const rules::RulePlaces& places = file.content.places[index];
  const rules::FieldOfDiagnostic of = rules::FieldOf(diagnostic);
  const auto field = places.fields.find(of.field);
  const rules::Span span = field == places.fields.end() ? places.rule : field->second;
  std::string text = file.path + ":" + std::to_string(LineOf(file.text, span.begin)) + ": " +
                     definition.rule_id + ", " + of.field + "\n";
  const std::string_view source = rules::FieldText(definition, of.field);
  if (!source.empty()) return text + rules::Render(source, diagnostic) + "\n";
  text += "  " + diagnostic.message;
  if (!diagnostic.suggestion.empty()) text += "; " + diagnostic.suggestion;
  return text + "\n";
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path) {
  VEDETTE_TRY(const std::unique_ptr<formats::ByteSource> source, formats::OpenFileSource(path));
  std::string text;
  std::array<char, 16'384> buffer;
  while (true) {
    VEDETTE_TRY(const std::size_t size, source->Read(buffer));
    if (size == 0) return text;
    text.append(buffer.data(), size);
    if (text.size() > kMaxFile)
      return Fail(Code::kInvalidArgument, path + " is larger than 16 MiB");
  }
}

Result<RuleFile> ReadRuleFile(const std::string& path) {
  RuleFile file{.path = path};
  VEDETTE_TRY(file.text, ReadWholeFile(path));
  auto content = rules::ReadEnvelopeFile(file.text);
  if (content) {
    file.content = std::move(*content);
  } else {
    file.mistakes = RenderAll(path, file.text, content.error());
  }
  return file;
}

Result<std::vector<RuleFile>> ReadRuleFiles(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.size() < 2) return Fail(Code::kInvalidArgument, "which files? Give one or more");
  std::vector<RuleFile> files;
  for (std::size_t i = 1; i < words.size(); ++i) {
    VEDETTE_TRY(RuleFile file, ReadRuleFile(words[i]));
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::shared_ptr<const rules::Catalog>> ReadCatalog(const Arguments& arguments,
                                                          std::span<const RuleFile> files) {
  std::string path = arguments.Get("catalog");
  if (path.empty()) {
    const std::filesystem::path beside =
        std::filesystem::path(files.front().path).parent_path() / "catalog.yaml";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(beside, ignored)) {
      return Fail(Code::kInvalidArgument,
                  "what may the rules name? Give --catalog FILE, or put catalog.yaml beside them");
    }
    path = beside.string();
  }
  VEDETTE_TRY(const std::string text, ReadWholeFile(path));
  auto catalog = rules::ParseCatalog(text);
  if (!catalog) {
    return Fail(Code::kInvalidArgument,
                "the catalog is wrong\n" + RenderAll(path, text, catalog.error()));
  }
  return *catalog;
}

CompiledFile CompileFile(const RuleFile& file,
                         std::string_view only,
                         const std::shared_ptr<const rules::Catalog>& catalog) {
  CompiledFile compiled;
  for (std::size_t i = 0; i < file.content.rules.size(); ++i) {
    if (!only.empty() && file.content.rules[i].rule_id != only) continue;
    auto rule = rules::CompileRule(file.content.rules[i], catalog);
    if (!rule) {
      ++compiled.mistaken;
      for (const rules::Diagnostic& mistake : rule.error()) {
        compiled.mistakes += Place(file, i, mistake);
      }
      continue;
    }
    for (const rules::Diagnostic& warning : (*rule)->warnings()) {
      compiled.warnings += Place(file, i, warning);
    }
    compiled.rules.push_back(std::move(*rule));
  }
  return compiled;
}

Result<std::vector<std::shared_ptr<const rules::Rule>>> CompileAll(
    std::span<const RuleFile> files,
    std::string_view only,
    const std::shared_ptr<const rules::Catalog>& catalog) {
  std::vector<std::shared_ptr<const rules::Rule>> rules;
  std::string mistakes;
  for (const RuleFile& file : files) {
    CompiledFile compiled = CompileFile(file, only, catalog);
    mistakes += file.mistakes + compiled.mistakes;
    std::ranges::move(compiled.rules, std::back_inserter(rules));
  }
  if (!mistakes.empty()) {
    return Fail(Code::kInvalidArgument, "the rules have mistakes\n" + mistakes);
  }
  if (rules.empty()) {
    return Fail(Code::kNotFound, "there is no rule " + std::string(only) + " in these files");
  }
  return rules;
}

}  // namespace vedette::app
