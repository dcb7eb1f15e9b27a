// SPDX-License-Identifier: Apache-2.0
#include "rules/scores/criteria_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

#include "criteria.embed.h"
#include "model/unit_table.h"

namespace vedette::rules {
namespace {

TEST(ParseCriteria, ReadsAllItsConditions) {
  const auto blocks = ParseCriteria(
      "# comment\n"
      "A term | X Y | high | v1 v2 | g/L g/dL\n"
      "  ?  no uln\n"
      "  3  baseline not high and value > 2.5*uln\n"
      "  2  baseline low and value >= baseline+40\n"
      "  1  change% <= -25\n"
      "\n"
      "B | Z | low | v1 | *\n"
      "  4  value < 0.5\n");
  ASSERT_TRUE(blocks) << blocks.error().message;
  ASSERT_EQ(blocks->size(), 2U);
  const CriteriaBlock& first = blocks->front();
  EXPECT_EQ(first.term, "A term");
  EXPECT_EQ(first.analytes, (std::vector<std::string>{"X", "Y"}));
  EXPECT_EQ(first.direction, GradeDirection::kHigh);
  EXPECT_EQ(first.versions, (std::vector<std::string>{"v1", "v2"}));
  EXPECT_EQ(first.units, (std::vector<std::string>{"g/L", "g/dL"}));
  ASSERT_EQ(first.arms.size(), 4U);
  EXPECT_EQ(first.arms[0].grade, -1);
  ASSERT_EQ(first.arms[1].clauses.size(), 2U);
  EXPECT_EQ(first.arms[1].clauses[1].right.factor, 2.5);
  EXPECT_EQ(first.arms[2].clauses[1].right.addend, 40);
  EXPECT_EQ(first.arms[3].clauses[0].right.addend, -25);
  EXPECT_TRUE(blocks->back().units.empty());
}

TEST(ParseCriteria, NamesTheLineThatIsWrong) {
  const std::string header = "A | X | low | v | *\n";
  for (const char* line :
       {"  6  value < 1", "  value < 1", "  1  value = 1", "  1  weight < 1", "  1  value < 1 and",
        "  1  and value < 1", "  1  no 3", "  1  baseline not wide", "  1  value < x*uln",
        "  1  value < uln+nan", "  1", "A | X | low | v", "A | X | up | v | *"}) {
    const auto blocks = ParseCriteria(header + line + "\n");
    ASSERT_FALSE(blocks) << line;
    EXPECT_TRUE(blocks.error().message.starts_with("line 2: ")) << blocks.error().message;
  }
  EXPECT_FALSE(ParseCriteria("  1  value < 1\n"));
}

TEST(Criteria, EveryTableIsWellFormed) {
  std::set<std::tuple<std::string, GradeDirection, std::string, std::string>> seen;
  for (const EmbeddedFile& file : kCriteria) {
    const auto blocks = ParseCriteria(file.content);
    ASSERT_TRUE(blocks) << file.name << ", " << blocks.error().message;
    EXPECT_FALSE(blocks->empty()) << file.name;
    for (const CriteriaBlock& block : *blocks) {
      EXPECT_FALSE(block.arms.empty()) << block.term;
      EXPECT_FALSE(block.analytes.empty()) << block.term;
      for (const std::string& unit : block.units) {
        EXPECT_TRUE(ConvertUnit(block.analytes.front(), UcumCode(unit), block.units.front()))
            << block.term << " in " << unit;
      }
      for (const std::string& version : block.versions) {
        const std::string unit = block.units.empty() ? "*" : block.units.front();
        EXPECT_TRUE(seen.emplace(block.term, block.direction, version, unit).second)
            << block.term << " of " << version << " in " << unit;
      }
    }
  }
}

}  // namespace
}  // namespace vedette::rules
