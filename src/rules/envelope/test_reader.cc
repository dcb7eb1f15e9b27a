// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/test_reader.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rules/envelope/test_time.h"

namespace vedette::rules {
namespace {

constexpr std::array<std::string_view, 3> kTestKeys = {"name", "given", "expect"};
constexpr std::array<std::string_view, 4> kRowOptions = {"uln", "lln", "row", "known"};
constexpr std::array<std::string_view, 7> kGivenKeys = {"item", "at",  "value", "uln",
                                                        "lln",  "row", "known"};
constexpr std::array<std::string_view, 5> kFormKeys = {"form", "row", "at", "known", "fields"};
constexpr std::array<std::string_view, 2> kExpectKeys = {"at", "state"};
constexpr std::array<std::string_view, 7> kStates = {
    "firing", "recovering", "resolved", "pending", "inactive", "not_evaluable", "retracted"};

class TestsReader {
 public:
  explicit TestsReader(SchemaReader& reader) : reader_(reader) {}

  RuleTest ReadTest(const YamlNode& node) {
    RuleTest test;
    if (!reader_.IsMap(node, "tests")) return test;
    reader_.KnownKeys(node, kTestKeys);
    if (const YamlNode* name = node.Find("name")) {
      test.name = reader_.Text(*name, "name", 200).value_or("");
    }
    if (const YamlNode* given = node.Find("given"); given && reader_.IsList(*given, "given")) {
      for (const YamlNode& row : given->items) ReadGiven(row, &test.given);
    }
    const YamlNode* expect = reader_.Required(node, "expect", "a test");
    if (expect != nullptr && reader_.IsList(*expect, "expect")) {
      for (const YamlNode& row : expect->items) ReadExpectation(row, &test.expect);
      if (expect->items.empty()) {
        reader_.Report("empty_expectation", expect->span, "a test expects something",
                       "write [{at: D9, state: firing}]");
      }
    }
    return test;
  }

 private:
  void ReadGiven(const YamlNode& row, std::vector<TestGiven>* given) {
    if (row.kind == YamlNode::Kind::kList) return ReadListRow(row, given);
    if (!reader_.IsMap(row, "given")) return;
    if (row.Find("form") != nullptr) return ReadFormRow(row, given);
    reader_.KnownKeys(row, kGivenKeys);
    TestGiven entry;
    const YamlNode* item = reader_.Required(row, "item", "a line of `given`");
    const YamlNode* at = reader_.Required(row, "at", "a line of `given`");
    if (item == nullptr || at == nullptr) return;
    const YamlNode* value = row.Find("value");
    if (!ReadItem(*item, &entry) || !ReadTime(*at, &entry.at) ||
        (value != nullptr && !ReadValue(*value, &entry.value))) {
      return;
    }
    ReadOptions(row, &entry);
    given->push_back(std::move(entry));
  }

  void ReadListRow(const YamlNode& row, std::vector<TestGiven>* given) {
    if (row.items.size() < 3 || row.items.size() > 4) {
      reader_.Report("bad_given", row.span, "a line of `given` is [item, when, value]",
                     "for example [ALT, D1, 130, {uln: 40}]");
      return;
    }
    TestGiven entry;
    if (!ReadItem(row.items[0], &entry) || !ReadTime(row.items[1], &entry.at) ||
        !ReadValue(row.items[2], &entry.value)) {
      return;
    }
    if (row.items.size() == 4 && reader_.IsMap(row.items[3], "given")) {
      reader_.KnownKeys(row.items[3], kRowOptions);
      ReadOptions(row.items[3], &entry);
    }
    given->push_back(std::move(entry));
  }

  void ReadFormRow(const YamlNode& row, std::vector<TestGiven>* given) {
    reader_.KnownKeys(row, kFormKeys);
    const YamlNode* at = reader_.Required(row, "at", "a row of a form");
    const YamlNode* fields = reader_.Required(row, "fields", "a row of a form");
    const std::optional<std::string> form = reader_.Word(*row.Find("form"), "form");
    TestGiven entry;
    if (at == nullptr || fields == nullptr || !form || !ReadTime(*at, &entry.at) ||
        !reader_.IsMap(*fields, "fields")) {
      return;
    }
    entry.row = "1";
    if (const YamlNode* number = row.Find("row")) {
      entry.row = reader_.Word(*number, "row").value_or("");
    }
    if (const YamlNode* known = row.Find("known")) ReadTime(*known, &entry.known);
    for (const YamlEntry& field : fields->entries) {
      YamlNode name;
      name.span = field.key_span;
      name.text = *form + "." + field.key;
      entry.value.clear();
      if (ReadItem(name, &entry) && ReadValue(field.value, &entry.value)) given->push_back(entry);
    }
  }

  void ReadExpectation(const YamlNode& row, std::vector<TestExpectation>* expect) {
    if (!reader_.IsMap(row, "expect")) return;
    reader_.KnownKeys(row, kExpectKeys);
    TestExpectation expectation;
    if (const YamlNode* at = row.Find("at"); at && !ReadTime(*at, &expectation.at)) return;
    const YamlNode* state = reader_.Required(row, "state", "an expectation");
    if (state == nullptr) return;
    const std::optional<std::size_t> choice = reader_.Choice(*state, "state", kStates);
    if (!choice) return;
    expectation.state = kStates[*choice];
    expect->push_back(std::move(expectation));
  }

  bool ReadItem(const YamlNode& node, TestGiven* entry) {
    const std::optional<std::string> item = reader_.Word(node, "item");
    if (item) entry->item = *item;
    return item.has_value();
  }

  bool ReadTime(const YamlNode& node, std::string* time) {
    const std::optional<std::string> text = reader_.Text(node, "at", 64);
    if (!text) return false;
    if (!ParseTestTime(*text)) {
      reader_.Report("bad_time", node.span, "this is no time of a test",
                     "write D1, D9 08:00, D-3 or 2024-01-31T08:00");
      return false;
    }
    *time = *text;
    return true;
  }

  // Null is kept as an empty text: the observation is taken back.
  bool ReadValue(const YamlNode& node, std::string* value) {
    if (node.IsNull()) return true;
    const std::optional<std::string> text = reader_.Text(node, "value", 4096);
    if (text) *value = *text;
    return text.has_value();
  }

  void ReadOptions(const YamlNode& map, TestGiven* entry) {
    if (const YamlNode* uln = map.Find("uln")) entry->uln = reader_.Number(*uln, "uln");
    if (const YamlNode* lln = map.Find("lln")) entry->lln = reader_.Number(*lln, "lln");
    if (const YamlNode* row = map.Find("row")) entry->row = reader_.Word(*row, "row").value_or("");
    if (const YamlNode* known = map.Find("known")) ReadTime(*known, &entry->known);
  }

  SchemaReader& reader_;
};

}  // namespace

std::vector<RuleTest> ReadTests(const YamlNode& node, SchemaReader& reader) {
  std::vector<RuleTest> tests;
  if (!reader.IsList(node, "tests")) return tests;
  for (const YamlNode& test : node.items) tests.push_back(TestsReader(reader).ReadTest(test));
  return tests;
}

}  // namespace vedette::rules
