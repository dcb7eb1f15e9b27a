// SPDX-License-Identifier: Apache-2.0
#include "rules/catalog.h"

#include <algorithm>
#include <utility>

namespace vedette::rules {
namespace {

template <class Container, class Member>
auto FindIn(const Container& list, Member member, std::string_view wanted) -> const
    typename Container::value_type* {
  const auto found = std::ranges::find(list, wanted, member);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

void Catalog::Finish() {
  by_code_.clear();
  series_.clear();
  attributes_.clear();
  fields_.clear();
  for (std::uint32_t index = 0; index < items.size(); ++index) {
    const CatalogItem& item = items[index];
    by_code_.emplace(item.code, index);
    switch (item.role) {
      case CatalogItem::Role::kSeries:
        series_.emplace(item.name, index);
        break;
      case CatalogItem::Role::kFormField:
        fields_.emplace(item.form + "." + item.name, index);
        break;
      case CatalogItem::Role::kAttribute:
        attributes_.emplace(item.name, index);
        break;
    }
  }
  std::ranges::sort(visits, {}, [](const CatalogVisit& visit) {
    return std::pair<std::int32_t, std::string_view>(visit.day, visit.code);
  });
}

const CatalogItem* Catalog::FindByCode(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : &items[found->second];
}

const CatalogItem* Catalog::FindSeries(std::string_view name) const {
  const auto found = series_.find(name);
  return found == series_.end() ? nullptr : &items[found->second];
}

const CatalogItem* Catalog::FindAttribute(std::string_view name) const {
  constexpr std::string_view kPrefix = "subject.";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  const auto found = attributes_.find(name);
  return found == attributes_.end() ? nullptr : &items[found->second];
}

const CatalogItem* Catalog::FindField(std::string_view form, std::string_view field) const {
  std::string name(form);
  name += '.';
  name += field;
  const auto found = fields_.find(name);
  return found == fields_.end() ? nullptr : &items[found->second];
}

const CatalogVisit* Catalog::FindVisit(std::string_view code) const {
  return FindIn(visits, &CatalogVisit::code, code);
}

const CatalogForm* Catalog::FindForm(std::string_view name) const {
  return FindIn(forms, &CatalogForm::name, name);
}

const CatalogKri* Catalog::FindKri(std::string_view id) const {
  return FindIn(kris, &CatalogKri::id, id);
}

std::uint32_t Catalog::IndexOf(const CatalogItem& item) const {
  return static_cast<std::uint32_t>(&item - items.data());
}

}  // namespace vedette::rules
