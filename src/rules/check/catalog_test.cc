// SPDX-License-Identifier: Apache-2.0
#include "rules/catalog.h"

#include <gtest/gtest.h>

#include <set>

#include "rules/check/test_catalog.h"

namespace vedette::rules {
namespace {

TEST(CatalogTest, FindsEveryItemUnderItsOwnRoleOnly) {
  const auto catalog = TestCatalog();
  const CatalogItem* alt = catalog->FindSeries("lab.ALT");
  ASSERT_NE(alt, nullptr);
  EXPECT_EQ(alt, catalog->FindByCode("ALT"));
  EXPECT_EQ(catalog->items[catalog->IndexOf(*alt)].name, "lab.ALT");
  EXPECT_EQ(catalog->FindSeries("ALT"), nullptr);
  EXPECT_EQ(catalog->FindSeries("subject.sex"), nullptr);
  ASSERT_NE(catalog->FindAttribute("subject.sex"), nullptr);
  EXPECT_EQ(catalog->FindAttribute("sex"), catalog->FindAttribute("subject.sex"));
  EXPECT_EQ(catalog->FindAttribute("lab.ALT"), nullptr);
  ASSERT_NE(catalog->FindField("AE", "AESTDT"), nullptr);
  EXPECT_EQ(catalog->FindField("CM", "AESTDT"), nullptr);
}

TEST(CatalogTest, FindsVisitsFormsAndKris) {
  const auto catalog = TestCatalog();
  ASSERT_NE(catalog->FindVisit("W4"), nullptr);
  EXPECT_EQ(catalog->FindVisit("W4")->day, 29);
  EXPECT_EQ(catalog->FindVisit("W5"), nullptr);
  ASSERT_NE(catalog->FindForm("IC"), nullptr);
  EXPECT_FALSE(catalog->FindForm("IC")->repeating);
  EXPECT_EQ(catalog->FindForm("ae"), nullptr);
  EXPECT_NE(catalog->FindKri("AE_RATE"), nullptr);
  EXPECT_EQ(catalog->FindKri(""), nullptr);
}

TEST(CatalogTest, FinishSortsVisitsByDayAndMayBeRepeated) {
  Catalog catalog = MakeTestCatalog();
  catalog.visits.insert(catalog.visits.begin(), {.code = "W12", .day = 85});
  catalog.items.push_back({.code = "LATE", .name = "lab.LATE"});
  catalog.Finish();
  catalog.Finish();
  EXPECT_EQ(catalog.visits.back().code, "W12");
  EXPECT_NE(catalog.FindSeries("lab.LATE"), nullptr);
}

TEST(CatalogTest, TestCatalogIsConsistent) {
  const auto catalog = TestCatalog();
  std::set<std::string> codes;
  for (const CatalogItem& item : catalog->items) {
    EXPECT_TRUE(codes.insert(item.code).second) << item.code;
    if (!item.codelist.empty()) {
      EXPECT_TRUE(catalog->codelists.contains(item.codelist)) << item.code;
    }
    if (item.role == CatalogItem::Role::kFormField) {
      EXPECT_NE(catalog->FindForm(item.form), nullptr) << item.code;
    }
  }
  for (const CatalogVisit& visit : catalog->visits) {
    EXPECT_NE(catalog->FindByCode(visit.item), nullptr) << visit.code;
  }
}

}  // namespace
}  // namespace vedette::rules
