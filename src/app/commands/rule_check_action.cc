// SPDX-License-Identifier: Apache-2.0
// vedette rule check, test and explain: what needs no data.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

#include "app/commands/rule_actions.h"
#include "app/commands/rule_files.h"
#include "rules/envelope/duration_text.h"
#include "rules/envelope/envelope.h"
#include "rules/envelope/explain.h"
#include "rules/envelope/rule_test_runner.h"

namespace vedette::app {
namespace {

using CatalogPtr = std::shared_ptr<const rules::Catalog>;

std::string Count(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void PrintField(std::string_view name, const std::string& value) {
  if (!value.empty())
    Print("  " + std::string(name) + std::string(14 - name.size(), ' ') + value + "\n");
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> NamesOf(const rules::Catalog& catalog,
                                 const std::vector<std::uint32_t>& items) {
  std::vector<std::string> names;
  for (const std::uint32_t index : items) {
    const rules::CatalogItem& item = catalog.items[index];
    switch (item.role) {
      case rules::CatalogItem::Role::kSeries:
        names.push_back(item.name);
        break;
      case rules::CatalogItem::Role::kFormField:
        names.push_back(item.form + "." + item.name);
        break;
      case rules::CatalogItem::Role::kAttribute:
        names.push_back("subject." + item.name);
        break;
    }
  }
  return names;
}

void PrintRule(const rules::Rule& rule, const rules::Catalog& catalog, rules::Language language) {
  const rules::RuleDefinition& definition = rule.definition();
  const bool chinese = language == rules::Language::kChinese;
  const std::string& title =
      chinese && !definition.title_zh.empty() ? definition.title_zh : definition.title;
  Print(definition.rule_id + " version " + std::to_string(definition.version) + ": " + title +
        "\n\n  " + rules::Describe(rule, catalog, language) + "\n\n");
  const rules::RuleFacts& facts = rule.facts();
  PrintField("reads", Join(NamesOf(catalog, facts.items)));
  PrintField("judged at", Join(NamesOf(catalog, {rule.anchors().begin(), rule.anchors().end()})));
  PrintField("forms", Join(facts.forms));
  PrintField("looks back",
             facts.look_back_seconds > 0 ? rules::DurationText(facts.look_back_seconds) : "");
  PrintField("watches time", facts.reads_now ? "yes" : "");
  PrintField("baseline", facts.reads_baseline ? "yes" : "");
  PrintField("cost", std::to_string(facts.cost) + " steps at worst");
  PrintField("unblinding", facts.unblinding ? "yes: its alerts go to unblinded roles only" : "no");
  PrintField("hash", rule.content_hash());
  Print("\n" + rules::CanonicalText(definition) + "\n");
}

}  // namespace

Result<int> CheckRules(const Arguments& arguments, const Clock&) {
  VEDETTE_TRY(const std::vector<RuleFile> files, ReadRuleFiles(arguments));
  VEDETTE_TRY(const CatalogPtr catalog, ReadCatalog(arguments, files));
  bool findings = false;
  for (const RuleFile& file : files) {
    const CompiledFile compiled = CompileFile(file, arguments.Get("rule"), catalog);
    Print(file.mistakes + compiled.mistakes + compiled.warnings);
    findings |= !file.mistakes.empty() || compiled.mistaken > 0;
    if (!file.mistakes.empty()) {
      Print(file.path + ": not a file of rules\n");
    } else if (compiled.mistaken > 0) {
      Print(file.path + ": " + Count(compiled.mistaken, "rule") + " with mistakes, " +
            std::to_string(compiled.rules.size()) + " fine\n");
    } else {
      Print(file.path + ": " + Count(compiled.rules.size(), "rule") + ", all fine\n");
    }
  }
  return findings ? 1 : 0;
}

Result<int> TestRules(const Arguments& arguments, const Clock&) {
  VEDETTE_TRY(const std::vector<RuleFile> files, ReadRuleFiles(arguments));
  VEDETTE_TRY(const CatalogPtr catalog, ReadCatalog(arguments, files));
  VEDETTE_TRY(const auto compiled, CompileAll(files, arguments.Get("rule"), catalog));
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t without = 0;
  for (const auto& rule : compiled) {
    const std::string& id = rule->definition().rule_id;
    if (rule->definition().tests.empty()) {
      ++without;
      Print("  none  " + id + ": has no tests\n");
    }
    for (const rules::RuleTestResult& result : rules::RunRuleTests(rule, catalog)) {
      ++(result.passed ? passed : failed);
      Print((result.passed ? "  pass  " : "  FAIL  ") + id + ": " + result.name + "\n");
      if (!result.passed) Print("        " + result.message + "\n");
    }
  }
  Print(Count(compiled.size(), "rule") + ", " + Count(passed, "test") + " passed, " +
        std::to_string(failed) + " failed, " + Count(without, "rule") + " without tests\n");
  return failed + without > 0 ? 1 : 0;
}

Result<int> ExplainRules(const Arguments& arguments, const Clock&) {
  const std::string language = arguments.Get("lang");
  if (language != "en" && language != "zh") {
    return Fail(Code::kInvalidArgument, "--lang is en or zh");
  }
  VEDETTE_TRY(const std::vector<RuleFile> files, ReadRuleFiles(arguments));
  VEDETTE_TRY(const CatalogPtr catalog, ReadCatalog(arguments, files));
  VEDETTE_TRY(const auto compiled, CompileAll(files, arguments.Get("rule"), catalog));
  for (const auto& rule : compiled) {
    PrintRule(*rule, *catalog,
              language == "zh" ? rules::Language::kChinese : rules::Language::kEnglish);
  }
  return 0;
}

}  // namespace vedette::app
