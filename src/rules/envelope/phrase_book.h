// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "rules/catalog.h"
#include "rules/envelope/explain.h"

namespace vedette::rules {

// A phrase in both languages; "{0}", "{1}", … stand for its parts.
struct Phrase {
  std::string_view english;
  std::string_view chinese;
};

// Puts phrases together in one language.
class PhraseBook {
 public:
  PhraseBook(const Catalog& catalog, Language language) : catalog_(catalog), language_(language) {}

  const Catalog& catalog() const { return catalog_; }
  bool chinese() const { return language_ == Language::kChinese; }

  std::string Say(const Phrase& phrase, std::initializer_list<std::string_view> parts = {}) const;

  // What people call it: the label; in Chinese the common measurements have names.
  std::string Item(const CatalogItem& item) const;
  std::string Form(std::string_view name) const;
  // "Week 4", 第 4 周
  std::string Visit(std::string_view code) const;
  std::string Kri(std::string_view id) const;
  // "14 days", "14 天"; whole weeks from 4 on stay weeks.
  std::string Duration(std::int64_t seconds) const;
  // So many units of so many seconds, which is one of a week, a day, an hour, a minute, a second.
  std::string Duration(std::int64_t count, std::int64_t unit_seconds) const;
  // "\"Y\"", “Y”
  std::string Quote(std::string_view text) const;

  // The finished text: in Chinese without spaces between Chinese characters.
  std::string Finish(std::string text) const;

 private:
  const Catalog& catalog_;
  Language language_;
};

}  // namespace vedette::rules
