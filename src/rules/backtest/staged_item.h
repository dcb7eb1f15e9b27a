// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/backtest/columns.h"

namespace vedette::rules {

// One item while a history is filled: every change in the order it came. One cache line a change,
// for the sort reads them out of order.
class StagedItem {
 public:
  // `number` is the change's number or that of its text.
  void Add(std::uint32_t subject, const Change& change, double number);
  // What is left when later versions replace earlier ones and withdrawals remove them, in order of
  // subject and (time, key). A version without a value, or outside of 1900 to 2199, withdraws.
  ItemColumns Build(std::size_t subjects);
  bool empty() const { return rows_.empty(); }

 private:
  struct Row {
    Seconds time;
    std::uint64_t key;
    double value;
    Seconds received;
    std::uint32_t subject;
    std::uint8_t flags;
    bool has_value;
  };

  struct Order;
  void AppendSubject(std::size_t begin, std::size_t end, Order& order) const;
  ItemColumns Gather(const Order& order) const;

  std::vector<Row> rows_;
  // Empty until the first change that has one.
  std::vector<double> upper_limit_;
  std::vector<double> lower_limit_;
  std::vector<std::uint64_t> form_row_;
};

}  // namespace vedette::rules
