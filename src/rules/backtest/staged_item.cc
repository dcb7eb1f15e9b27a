// SPDX-License-Identifier: Apache-2.0
#include "rules/backtest/staged_item.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace vedette::rules {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t kNoRow = UINT32_MAX;
constexpr Seconds kEarliest = -2'208'988'800;  // 1900-01-01
constexpr Seconds kLatest = 7'258'118'399;     // 2199-12-31

// Sets the cell of the row that comes next in a column that exists only once a row needs it.
template <class T>
void AppendSparse(std::vector<T>& column, std::size_t row, T value, bool present, T absent) {
  if (!present && column.empty()) {
    return;
  }
  column.resize(row, absent);
  column.push_back(value);
}

template <class T>
std::vector<T> Gathered(const std::vector<T>& column,
                        const std::vector<std::uint32_t>& rows,
                        T absent) {
  std::vector<T> result;
  if (column.empty()) {
    return result;
  }
  result.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    result.push_back(row < column.size() ? column[row] : absent);
  }
  return result;
}

// The latest row under each key of one subject. Open addressing; a generation instead of clearing.
class LatestByKey {
 public:
  void Start(std::size_t keys) {
    const std::size_t wanted = std::bit_ceil(keys * 2 + 8);
    if (wanted > cells_.size()) {
      cells_.assign(wanted, {});
      generation_ = 0;
    }
    mask_ = wanted - 1;
    ++generation_;
  }

  // The cell of a key, with kNoRow when it is new.
  std::uint32_t& At(std::uint64_t key) {
    std::size_t at = (key * 0x9E3779B97F4A7C15U >> 32) & mask_;
    while (cells_[at].generation == generation_ && cells_[at].key != key) {
      at = (at + 1) & mask_;
    }
    Cell& cell = cells_[at];
    if (cell.generation != generation_) {
      cell = {key, generation_, kNoRow};
    }
    return cell.row;
  }

 private:
  struct Cell {
    std::uint64_t key = 0;
    std::uint32_t generation = 0;
    std::uint32_t row = kNoRow;
  };
  std::vector<Cell> cells_;
  std::size_t mask_ = 0;
  std::uint32_t generation_ = 0;
};

}  // namespace

void StagedItem::Add(std::uint32_t subject, const Change& change, double number) {
  const bool has_value = change.kind == Change::Kind::kPut &&
                         (change.flags & Observation::kAbsent) == 0 && !std::isnan(number) &&
                         change.time >= kEarliest && change.time <= kLatest;
  const std::size_t row = rows_.size();
  AppendSparse(upper_limit_, row, change.range_high, !std::isnan(change.range_high), kNotANumber);
  AppendSparse(lower_limit_, row, change.range_low, !std::isnan(change.range_low), kNotANumber);
  AppendSparse(form_row_, row, change.row, change.row != 0, std::uint64_t{0});
  rows_.push_back(
      {change.time, change.key, number, change.received, subject, change.flags, has_value});
}

struct StagedItem::Order {
  struct Place {
    Seconds time;
    std::uint64_t key;
    std::uint32_t row;
    bool operator<(const Place& other) const {
      return time != other.time ? time < other.time : key < other.key;
    }
  };

  std::vector<std::uint32_t> arrived;  // rows by subject, then as they came
  std::vector<std::uint32_t> rows;     // those that are left, sorted
  std::vector<std::uint32_t> offsets;
  std::vector<Place> places;  // of one subject
  LatestByKey latest;
};

void StagedItem::AppendSubject(std::size_t begin, std::size_t end, Order& order) const {
  constexpr std::uint32_t kReplaced = kNoRow;
  order.places.clear();
  order.latest.Start(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint32_t at = order.arrived[i];
    const Row& row = rows_[at];
    std::uint32_t& place = order.latest.At(row.key);
    if (place != kNoRow) {
      order.places[place].row = kReplaced;
      place = kNoRow;
    }
    if (!row.has_value) {
      continue;
    }
    place = static_cast<std::uint32_t>(order.places.size());
    order.places.push_back({row.time, row.key, at});
  }
  std::erase_if(order.places, [](const Order::Place& place) { return place.row == kReplaced; });
  if (!std::is_sorted(order.places.begin(), order.places.end())) {
    std::sort(order.places.begin(), order.places.end());
  }
  for (const Order::Place& place : order.places) {
    order.rows.push_back(place.row);
  }
}

ItemColumns StagedItem::Build(std::size_t subjects) {
  std::vector<std::uint32_t> starts(subjects + 1, 0);
  for (const Row& row : rows_) {
    ++starts[row.subject + 1];
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  Order order;
  order.arrived.resize(rows_.size());
  std::vector<std::uint32_t> next = starts;
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    order.arrived[next[rows_[row].subject]++] = row;
  }
  order.rows.reserve(rows_.size());
  order.offsets.reserve(subjects + 1);
  for (std::size_t subject = 0; subject < subjects; ++subject) {
    order.offsets.push_back(static_cast<std::uint32_t>(order.rows.size()));
    AppendSubject(starts[subject], starts[subject + 1], order);
  }
  order.offsets.push_back(static_cast<std::uint32_t>(order.rows.size()));
  ItemColumns columns = Gather(order);
  *this = {};
  return columns;
}

ItemColumns StagedItem::Gather(const Order& order) const {
  ItemColumns columns;
  columns.offsets = order.offsets;
  const std::size_t size = order.rows.size();
  columns.time.reserve(size);
  columns.key.reserve(size);
  columns.value.reserve(size);
  columns.received.reserve(size);
  std::uint8_t any_flags = 0;
  for (const std::uint32_t at : order.rows) {
    const Row& row = rows_[at];
    columns.time.push_back(row.time);
    columns.key.push_back(row.key);
    columns.value.push_back(row.value);
    columns.received.push_back(row.received);
    any_flags |= row.flags;
  }
  if (any_flags != 0) {
    columns.flags.reserve(size);
    for (const std::uint32_t at : order.rows) {
      columns.flags.push_back(rows_[at].flags);
    }
  }
  columns.upper_limit = Gathered(upper_limit_, order.rows, kNotANumber);
  columns.lower_limit = Gathered(lower_limit_, order.rows, kNotANumber);
  columns.row = Gathered(form_row_, order.rows, std::uint64_t{0});
  columns.sorted = true;
  return columns;
}

}  // namespace vedette::rules
