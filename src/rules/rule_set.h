// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/compiled_rule.h"

namespace vedette::rules {

// A rule and when it is at work.
struct ActiveRule {
  std::shared_ptr<const CompiledRule> rule;
  ActivePeriod period;
};

// Every rule of every study, found by the item an event is about. Immutable once built;
// thread-safe.
class RuleSet {
 public:
  RuleSet() = default;
  explicit RuleSet(std::vector<ActiveRule> rules);

  // The rules that read `item` in `study`, whatever their period. Valid as long as the set.
  std::span<const ActiveRule> For(std::string_view study, std::string_view item) const;

  std::size_t size() const { return size_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using ByItem = std::unordered_map<std::string, std::vector<ActiveRule>, Hash, std::equal_to<>>;

  std::unordered_map<std::string, ByItem, Hash, std::equal_to<>> by_study_;
  std::size_t size_ = 0;
};

}  // namespace vedette::rules
