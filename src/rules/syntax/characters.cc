// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/characters.h"

#include <array>
#include <utility>

namespace vedette::rules {
namespace {

// Longer spellings first. Word processors and Chinese input methods write most of these.
constexpr auto kMeant = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"===", "=="},   {"!==", "!="},   {"<>", "!="},    {"=>", ">="},    {"=<", "<="}, {"≥", ">="},
    {"≤", "<="},     {"≠", "!="},     {"⩾", ">="},     {"⩽", "<="},     {"＝", "=="}, {"＞", ">"},
    {"＜", "<"},     {"！", "!"},     {"×", "*"},      {"·", "*"},      {"÷", "/"},   {"−", "-"},
    {"–", "-"},      {"—", "-"},      {"＋", "+"},     {"－", "-"},     {"＊", "*"},  {"／", "/"},
    {"“", "\""},     {"”", "\""},     {"„", "\""},     {"«", "\""},     {"»", "\""},  {"＂", "\""},
    {"‘", "'"},      {"’", "'"},      {"‚", "'"},      {"´", "'"},      {"＇", "'"},  {"（", "("},
    {"）", ")"},     {"［", "["},     {"］", "]"},     {"，", ","},     {"、", ","},  {"。", "."},
    {"：", ":"},     {"；", ","},     {"？", "?"},     {"∧", "&&"},     {"∨", "||"},  {"¬", "!"},
    {"\u00A0", " "}, {"\u3000", " "}, {"\u200B", " "}, {"\uFEFF", " "}, {"&", "&&"},  {"|", "||"},
    {"=", "=="},
});

}  // namespace

std::optional<MeantCharacter> MeantBy(std::string_view rest) {
  for (const auto& [written, meant] : kMeant) {
    if (rest.starts_with(written)) {
      return MeantCharacter{meant, written.size()};
    }
  }
  return std::nullopt;
}

}  // namespace vedette::rules
