// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/envelope.h"

#include <array>
#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include "rules/envelope/envelope_words.h"
#include "rules/envelope/schema_reader.h"
#include "rules/envelope/test_reader.h"
#include "rules/envelope/yaml_tree.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kMaxTitle = 400;
constexpr std::size_t kMaxExplain = 4000;
constexpr std::int64_t kMaxLatencyMs = 3'600'000;
constexpr std::array<std::string_view, 22> kKeys = {"rule",
                                                    "version",
                                                    "study",
                                                    "title",
                                                    "title_zh",
                                                    "scope",
                                                    "each",
                                                    "on",
                                                    "when",
                                                    "units",
                                                    "for",
                                                    "settle",
                                                    "resolve_when",
                                                    "severity",
                                                    "keep_firing_for",
                                                    "clock",
                                                    "route",
                                                    "dedupe",
                                                    "explain",
                                                    "tests",
                                                    "explain_zh",
                                                    "latency_objective"};
constexpr std::array<std::string_view, 3> kClockKeys = {"start", "due", "escalate"};
constexpr std::array<std::string_view, 2> kEscalateKeys = {"at", "to"};
constexpr std::array<std::string_view, 2> kPackKeys = {"pack", "rules"};

// Reads the fields of one rule.
class RuleReader {
 public:
  RuleReader(const YamlNode& node, SchemaReader& reader) : node_(node), reader_(reader) {}

  RuleDefinition Read(RulePlaces* places) {
    RuleDefinition rule;
    if (!reader_.IsMap(node_, "rule")) return rule;
    reader_.KnownKeys(node_, kKeys);
    places->rule = node_.span;
    for (const YamlEntry& entry : node_.entries) places->fields[entry.key] = entry.value.span;
    ReadIdentity(&rule);
    ReadTarget(&rule);
    ReadConditions(&rule);
    ReadHandling(&rule);
    ReadTexts(&rule);
    if (const YamlNode* tests = node_.Find("tests")) rule.tests = ReadTests(*tests, reader_);
    return rule;
  }

 private:
  // Reads `key` with `read` into `field` when it is there and fits.
  template <class T, class Read>
  void Optional(std::string_view key, T* field, Read read) {
    const YamlNode* value = node_.Find(key);
    if (value == nullptr) return;
    if (auto got = read(*value)) *field = std::move(*got);
  }
  template <class T, class Words>
  void Chosen(std::string_view key, T* field, const Words& words) {
    Optional(key, field, [&](const YamlNode& value) -> std::optional<T> {
      const auto choice = reader_.Choice(value, key, words.texts);
      if (!choice) return std::nullopt;
      return words.values[*choice];
    });
  }
  void Text(std::string_view key, std::string* field, std::size_t max) {
    Optional(key, field, [&](const YamlNode& value) { return reader_.Text(value, key, max); });
  }
  void Duration(std::string_view key, Seconds* field) {
    Optional(key, field, [&](const YamlNode& value) { return reader_.Duration(value, key); });
  }

  void ReadIdentity(RuleDefinition* rule) {
    reader_.Required(node_, "rule", "a rule");
    Optional("rule", &rule->rule_id,
             [&](const YamlNode& value) { return reader_.Word(value, "rule"); });
    Optional("version", &rule->version, [&](const YamlNode& value) {
      return reader_.Integer(value, "version", 1, INT32_MAX);
    });
    Optional("study", &rule->study_id,
             [&](const YamlNode& value) { return reader_.Word(value, "study"); });
    reader_.Required(node_, "title", "a rule");
    Text("title", &rule->title, kMaxTitle);
    Text("title_zh", &rule->title_zh, kMaxTitle);
  }

  void ReadTarget(RuleDefinition* rule) {
    Chosen("scope", &rule->scope, kScopeWords);
    if (const YamlNode* each = node_.Find("each")) {
      if (std::optional<std::string> form = reader_.Word(*each, "each")) {
        rule->each_form = form->starts_with("form.") ? form->substr(5) : *form;
      }
    }
    if (const YamlNode* on = node_.Find("on")) rule->on = reader_.Texts(*on, "on");
    const YamlNode* units = node_.Find("units");
    if (units == nullptr || !reader_.IsMap(*units, "units")) return;
    for (const YamlEntry& entry : units->entries) {
      if (std::optional<std::string> unit = reader_.Text(entry.value, entry.key, 64)) {
        rule->units[entry.key] = std::move(*unit);
      }
    }
  }

  void ReadConditions(RuleDefinition* rule) {
    reader_.Required(node_, "when", "a rule");
    Text("when", &rule->when, SchemaReader::kMaxText);
    Text("resolve_when", &rule->resolve_when, SchemaReader::kMaxText);
    Duration("for", &rule->for_);
    Duration("settle", &rule->settle);
    Duration("keep_firing_for", &rule->keep_firing_for);
  }

  void ReadHandling(RuleDefinition* rule) {
    Chosen("severity", &rule->severity, kSeverityWords);
    rule->dedupe = DefaultDedupe(*rule);
    Chosen("dedupe", &rule->dedupe, kDedupeWords);
    if (const YamlNode* route = node_.Find("route")) rule->route = reader_.Texts(*route, "route");
    if (const YamlNode* clock = node_.Find("clock"); clock && reader_.IsMap(*clock, "clock")) {
      ReadClock(*clock, rule);
    }
    Optional("latency_objective", &rule->latency_objective_ms,
             [&](const YamlNode& value) { return ReadLatency(value); });
  }

  void ReadClock(const YamlNode& clock, RuleDefinition* rule) {
    reader_.KnownKeys(clock, kClockKeys);
    if (const YamlNode* start = reader_.Required(clock, "start", "'clock'")) {
      rule->clock_start = reader_.Word(*start, "start").value_or("");
    }
    if (const YamlNode* due = reader_.Required(clock, "due", "'clock'")) {
      rule->clock_due = reader_.Duration(*due, "due").value_or(0);
    }
    const YamlNode* escalate = clock.Find("escalate");
    if (escalate == nullptr || !reader_.IsList(*escalate, "escalate")) return;
    for (const YamlNode& step : escalate->items) {
      if (!reader_.IsMap(step, "escalate")) continue;
      reader_.KnownKeys(step, kEscalateKeys);
      const YamlNode* at = reader_.Required(step, "at", "a step of 'escalate'");
      const YamlNode* to = reader_.Required(step, "to", "a step of 'escalate'");
      if (at == nullptr || to == nullptr) continue;
      rule->escalate.push_back(
          {reader_.Duration(*at, "at").value_or(0), reader_.Word(*to, "to").value_or("")});
    }
  }

  // "50ms", "2s"
  std::optional<std::int64_t> ReadLatency(const YamlNode& node) {
    const std::optional<std::string> text = reader_.Text(node, "latency_objective", 32);
    if (!text) return std::nullopt;
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    const std::string_view unit(end, text->data() + text->size());
    if (error == std::errc() && count > 0 && count <= kMaxLatencyMs) {
      if (unit == "ms") return count;
      if (unit == "s" && count <= kMaxLatencyMs / 1000) return count * 1000;
    }
    reader_.Report("bad_duration", node.span, "'latency_objective' is a time up to an hour",
                   "write it as 50ms or 2s");
    return std::nullopt;
  }

  void ReadTexts(RuleDefinition* rule) {
    Text("explain", &rule->explain, kMaxExplain);
    Text("explain_zh", &rule->explain_zh, kMaxExplain);
  }

  const YamlNode& node_;
  SchemaReader& reader_;
};

// The rules of a file, each a node; reads the pack's name.
std::vector<const YamlNode*> RuleNodes(const YamlNode& root,
                                       SchemaReader& reader,
                                       std::string* pack) {
  const YamlNode* rules = &root;
  if (root.kind == YamlNode::Kind::kMap &&
      (root.Find("rules") != nullptr || root.Find("pack") != nullptr)) {
    reader.KnownKeys(root, kPackKeys);
    if (const YamlNode* name = root.Find("pack")) *pack = reader.Word(*name, "pack").value_or("");
    rules = reader.Required(root, "rules", "a pack");
    if (rules == nullptr || !reader.IsList(*rules, "rules")) return {};
  }
  std::vector<const YamlNode*> nodes;
  if (rules->kind != YamlNode::Kind::kList) {
    nodes.push_back(rules);
    return nodes;
  }
  if (rules->items.empty()) {
    reader.Report("empty_file", rules->span, "the file holds no rule", "begin with `- rule: ID`");
  }
  for (const YamlNode& rule : rules->items) nodes.push_back(&rule);
  return nodes;
}

}  // namespace

std::expected<EnvelopeFile, Diagnostics> ReadEnvelopeFile(std::string_view yaml) {
  const std::expected<YamlNode, Diagnostics> root = ParseYaml(yaml);
  if (!root) return std::unexpected(root.error());
  Diagnostics diagnostics;
  SchemaReader reader(&diagnostics);
  EnvelopeFile file;
  std::unordered_set<std::string> ids;
  for (const YamlNode* node : RuleNodes(*root, reader, &file.pack)) {
    RulePlaces places;
    RuleDefinition rule = RuleReader(*node, reader).Read(&places);
    if (!rule.rule_id.empty() && !ids.insert(rule.rule_id).second) {
      reader.Report("duplicate_rule", places.fields["rule"],
                    "there are two rules with the id '" + rule.rule_id + "'",
                    "give one of them another");
    }
    file.rules.push_back(std::move(rule));
    file.places.push_back(std::move(places));
  }
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  return file;
}

std::expected<std::vector<RuleDefinition>, Diagnostics> ParseEnvelopes(std::string_view yaml) {
  auto file = ReadEnvelopeFile(yaml);
  if (!file) return std::unexpected(std::move(file.error()));
  return std::move(file->rules);
}

FieldOfDiagnostic FieldOf(const Diagnostic& diagnostic) {
  const std::size_t slash = diagnostic.code.find('/');
  if (slash == std::string::npos) return {"when", diagnostic.code};
  return {diagnostic.code.substr(0, slash), diagnostic.code.substr(slash + 1)};
}

std::string_view FieldText(const RuleDefinition& definition, std::string_view field) {
  if (field == "when") return definition.when;
  if (field == "resolve_when") return definition.resolve_when;
  if (field == "explain") return definition.explain;
  if (field == "explain_zh") return definition.explain_zh;
  return {};
}

}  // namespace vedette::rules
