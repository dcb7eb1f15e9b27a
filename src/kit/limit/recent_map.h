// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace vedette {

// A map that holds at most `limit` keys. When it is full, a new key takes the place of one that was
// not looked for lately: of the oldest few, the first that may be forgotten without loss, else the
// oldest. Not thread-safe.
template <class Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t limit) : limit_(limit == 0 ? 1 : limit) {}
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;

  // The value of the key, which `make()` gives when there is none.
  template <class Make, class MayForget>
  Value& Get(std::string_view key, Make make, MayForget may_forget) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return order_.front().second;
    }
    if (order_.size() >= limit_) Forget(may_forget);
    order_.emplace_front(std::string(key), make());
    index_.emplace(order_.front().first, order_.begin());
    return order_.front().second;
  }

  std::size_t size() const { return order_.size(); }

 private:
  using Order = std::list<std::pair<std::string, Value>>;  // the one looked for last comes first
  static constexpr int kLook = 8;

  template <class MayForget>
  void Forget(MayForget may_forget) {
    auto victim = std::prev(order_.end());
    auto candidate = victim;
    for (int i = 0; i < kLook; ++i) {
      if (may_forget(std::as_const(candidate->second))) {
        victim = candidate;
        break;
      }
      if (candidate == order_.begin()) break;
      --candidate;
    }
    index_.erase(victim->first);
    order_.erase(victim);
  }

  const std::size_t limit_;
  Order order_;
  std::unordered_map<std::string_view, typename Order::iterator> index_;  // keys are in `order_`
};

}  // namespace vedette
