// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/catalog_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "rules/envelope/schema_reader.h"
#include "rules/envelope/yaml_tree.h"

namespace vedette::rules {
namespace {

using Role = CatalogItem::Role;

constexpr std::array<std::string_view, 9> kKeys = {"study",      "revision", "series",
                                                   "attributes", "forms",    "visits",
                                                   "codelists",  "kris",     "settings"};
constexpr std::array<std::string_view, 8> kItemKeys = {
    "code", "label", "kind", "unit", "codelist", "grading", "expected_every", "unblinding"};
constexpr std::array<std::string_view, 3> kFormKeys = {"label", "repeating", "fields"};
constexpr std::array<std::string_view, 5> kVisitKeys = {"label", "day", "before", "after", "item"};
constexpr std::array<std::string_view, 6> kKriKeys = {"label", "numerator",   "field",
                                                      "term",  "denominator", "minimum"};
constexpr std::array<std::string_view, 4> kSettingKeys = {"first_dose", "last_dose",
                                                          "visit_reference", "grading"};
constexpr std::array<std::string_view, 4> kKinds = {"number", "text", "time", "boolean"};
constexpr std::array<ValueKind, 4> kKindValues = {ValueKind::kNumber, ValueKind::kText,
                                                  ValueKind::kTime, ValueKind::kBoolean};
constexpr std::int64_t kMaxDay = 36'500;

class CatalogReader {
 public:
  CatalogReader(const YamlNode& root, SchemaReader& reader) : root_(root), reader_(reader) {}

  Catalog Read() {
    if (!reader_.IsMap(root_, "catalog")) return std::move(catalog_);
    reader_.KnownKeys(root_, kKeys);
    if (const YamlNode* study = root_.Find("study")) {
      catalog_.study_id = reader_.Word(*study, "study").value_or("");
    }
    if (const YamlNode* revision = root_.Find("revision")) {
      catalog_.revision = reader_.Integer(*revision, "revision", 0, INT64_MAX).value_or(0);
    }
    Each("codelists", [this](const YamlEntry& entry) { ReadCodelist(entry); });
    Each("series", [this](const YamlEntry& entry) { ReadSeries(entry); });
    Each("attributes", [this](const YamlEntry& entry) { ReadAttribute(entry); });
    Each("forms", [this](const YamlEntry& entry) { ReadForm(entry); });
    Each("visits", [this](const YamlEntry& entry) { ReadVisit(entry); });
    Each("kris", [this](const YamlEntry& entry) { ReadKri(entry); });
    if (const YamlNode* settings = root_.Find("settings")) ReadSettings(*settings);
    std::ranges::sort(catalog_.visits, {}, [](const CatalogVisit& visit) {
      return std::pair(visit.day, std::string_view(visit.code));
    });
    return std::move(catalog_);
  }

 private:
  template <class Read>
  void Each(std::string_view key, Read read) {
    const YamlNode* map = root_.Find(key);
    if (map == nullptr || !reader_.IsMap(*map, key)) return;
    for (const YamlEntry& entry : map->entries) read(entry);
  }

  std::string TextOf(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.Find(key);
    return node == nullptr ? "" : reader_.Text(*node, key, 400).value_or("");
  }

  bool BooleanOf(const YamlNode& map, std::string_view key, bool otherwise) {
    const YamlNode* node = map.Find(key);
    return node == nullptr ? otherwise : reader_.Boolean(*node, key).value_or(otherwise);
  }

  std::int64_t IntegerOf(const YamlNode& map,
                         std::string_view key,
                         std::int64_t low,
                         std::int64_t high,
                         std::int64_t otherwise) {
    const YamlNode* node = map.Find(key);
    return node == nullptr ? otherwise : reader_.Integer(*node, key, low, high).value_or(otherwise);
  }

  void ReadCodelist(const YamlEntry& entry) {
    catalog_.codelists[entry.key] = reader_.Texts(entry.value, entry.key);
  }

  // What series, attributes and fields have in common; `name` and the rest are the caller's.
  std::optional<CatalogItem> ReadItem(const YamlEntry& entry, std::string code) {
    if (!reader_.IsMap(entry.value, entry.key)) return std::nullopt;
    reader_.KnownKeys(entry.value, kItemKeys);
    CatalogItem item{.code = std::move(code), .name = entry.key};
    if (std::string given = TextOf(entry.value, "code"); !given.empty()) item.code = given;
    item.label = TextOf(entry.value, "label");
    if (item.label.empty()) item.label = entry.key;
    if (const YamlNode* kind = entry.value.Find("kind")) {
      item.kind = kKindValues[reader_.Choice(*kind, "kind", kKinds).value_or(0)];
    }
    item.unit = TextOf(entry.value, "unit");
    item.codelist = TextOf(entry.value, "codelist");
    item.grading = TextOf(entry.value, "grading");
    if (const YamlNode* every = entry.value.Find("expected_every")) {
      item.expected_every = reader_.Duration(*every, "expected_every").value_or(0);
    }
    item.unblinding = BooleanOf(entry.value, "unblinding", false);
    if (!item.codelist.empty() && !catalog_.codelists.contains(item.codelist)) {
      reader_.Report("unknown_codelist", entry.value.span,
                     "there is no codelist '" + item.codelist + "'", "add it to `codelists`");
    }
    if (!codes_.insert(item.code).second) {
      reader_.Report("duplicate_code", entry.key_span,
                     "two items have the code '" + item.code + "'", "give one of them a `code`");
    }
    return item;
  }

  void ReadSeries(const YamlEntry& entry) {
    const std::size_t dot = entry.key.find('.');
    if (dot == 0 || dot == std::string::npos || dot + 1 == entry.key.size()) {
      reader_.Report("bad_name", entry.key_span, "a series is named space.NAME", "as lab.ALT");
      return;
    }
    if (auto item = ReadItem(entry, entry.key.substr(dot + 1))) {
      catalog_.items.push_back(std::move(*item));
    }
  }

  void ReadAttribute(const YamlEntry& entry) {
    if (auto item = ReadItem(entry, "subject." + entry.key)) {
      item->role = Role::kAttribute;
      catalog_.items.push_back(std::move(*item));
    }
  }

  void ReadForm(const YamlEntry& entry) {
    if (!reader_.IsMap(entry.value, entry.key)) return;
    reader_.KnownKeys(entry.value, kFormKeys);
    CatalogForm form{.name = entry.key, .label = TextOf(entry.value, "label")};
    if (form.label.empty()) form.label = form.name;
    form.repeating = BooleanOf(entry.value, "repeating", true);
    catalog_.forms.push_back(form);
    const YamlNode* fields = entry.value.Find("fields");
    if (fields == nullptr || !reader_.IsMap(*fields, "fields")) return;
    for (const YamlEntry& field : fields->entries) {
      auto item = ReadItem(field, form.name + "." + field.key);
      if (!item) continue;
      item->role = Role::kFormField;
      item->form = form.name;
      catalog_.items.push_back(std::move(*item));
    }
  }

  void ReadVisit(const YamlEntry& entry) {
    if (!reader_.IsMap(entry.value, entry.key)) return;
    reader_.KnownKeys(entry.value, kVisitKeys);
    reader_.Required(entry.value, "day", "a visit");
    CatalogVisit visit{.code = entry.key, .label = TextOf(entry.value, "label")};
    if (visit.label.empty()) visit.label = visit.code;
    const auto days = [&](std::string_view key, std::int64_t low, std::int64_t otherwise) {
      return static_cast<std::int32_t>(IntegerOf(entry.value, key, low, kMaxDay, otherwise));
    };
    visit.day = days("day", -kMaxDay, 1);
    visit.window_before = days("before", 0, 0);
    visit.window_after = days("after", 0, 0);
    visit.item = TextOf(entry.value, "item");
    if (visit.day == 0) reader_.Report("bad_day", entry.value.span, "there is no day 0", "");
    if (visit.item.empty()) {
      visit.item = "SV_" + visit.code;
      codes_.insert(visit.item);
      catalog_.items.push_back({.code = visit.item,
                                .name = "sv." + visit.code,
                                .label = visit.label + " took place",
                                .kind = ValueKind::kBoolean});
    }
    catalog_.visits.push_back(std::move(visit));
  }

  void ReadKri(const YamlEntry& entry) {
    if (!reader_.IsMap(entry.value, entry.key)) return;
    reader_.KnownKeys(entry.value, kKriKeys);
    CatalogKri kri{.id = entry.key, .label = TextOf(entry.value, "label")};
    kri.numerator_form = TextOf(entry.value, "numerator");
    kri.numerator_field = TextOf(entry.value, "field");
    kri.numerator_term = TextOf(entry.value, "term");
    if (std::string of = TextOf(entry.value, "denominator"); !of.empty()) kri.denominator = of;
    if (const YamlNode* minimum = entry.value.Find("minimum")) {
      kri.minimum_denominator =
          reader_.Number(*minimum, "minimum").value_or(kri.minimum_denominator);
    }
    catalog_.kris.push_back(std::move(kri));
  }

  void ReadSettings(const YamlNode& settings) {
    if (!reader_.IsMap(settings, "settings")) return;
    reader_.KnownKeys(settings, kSettingKeys);
    const auto set = [&](std::string_view key, std::string* field) {
      if (settings.Find(key) != nullptr) *field = TextOf(settings, key);
    };
    set("first_dose", &catalog_.first_dose);
    set("last_dose", &catalog_.last_dose);
    set("visit_reference", &catalog_.visit_reference);
    set("grading", &catalog_.grading_version);
  }

  const YamlNode& root_;
  SchemaReader& reader_;
  Catalog catalog_;
  std::set<std::string> codes_;
};

}  // namespace

std::expected<std::shared_ptr<const Catalog>, Diagnostics> ParseCatalog(std::string_view yaml) {
  const std::expected<YamlNode, Diagnostics> root = ParseYaml(yaml);
  if (!root) return std::unexpected(root.error());
  Diagnostics diagnostics;
  SchemaReader reader(&diagnostics);
  auto catalog = std::make_shared<Catalog>(CatalogReader(*root, reader).Read());
  if (!diagnostics.empty()) return std::unexpected(std::move(diagnostics));
  catalog->Finish();
  return catalog;
}

}  // namespace vedette::rules
