// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/sensitive.h"

namespace vedette {

// How a cell of the status page is meant.
enum class StatusTone : std::uint8_t { kPlain, kGood, kWarning, kBad };

// One value on the status page. Only text, numbers and booleans; a Sensitive<T> does not compile.
struct StatusCell {
  using Value = std::variant<std::string, std::int64_t, double, bool>;

  StatusCell(std::string_view text, StatusTone meant = StatusTone::kPlain)
      : value(std::string(text)), tone(meant) {}
  StatusCell(const char* text, StatusTone meant = StatusTone::kPlain)
      : value(std::string(text)), tone(meant) {}
  StatusCell(const std::string& text, StatusTone meant = StatusTone::kPlain)
      : value(text), tone(meant) {}
  StatusCell(bool flag, StatusTone meant = StatusTone::kPlain) : value(flag), tone(meant) {}
  StatusCell(double number, StatusTone meant = StatusTone::kPlain) : value(number), tone(meant) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  StatusCell(I number, StatusTone meant = StatusTone::kPlain)
      : value(static_cast<std::int64_t>(number)), tone(meant) {}
  template <class T>
  StatusCell(const Sensitive<T>&, StatusTone = StatusTone::kPlain) = delete;

  Value value;
  StatusTone tone;
};

// "Open breakers: 2", one a line.
struct StatusPairs {
  std::vector<std::pair<std::string, StatusCell>> entries;
};

// Rows shorter than `columns` are filled up with nothing; longer ones are cut.
struct StatusTable {
  std::vector<std::string> columns;
  std::vector<std::vector<StatusCell>> rows;
};

using StatusContent = std::variant<StatusPairs, StatusTable>;

// A section as it was read.
struct StatusSection {
  std::string id;
  std::string title;
  StatusContent content;
  std::size_t cut_rows = 0;  // of a table, beyond StatusRegistry::kMaxRows
  bool failed = false;       // there is no content
};

// What a process shows of its inside. Tools add sections when they are wired:
//   status.Add("breakers", "Breakers", [&breakers] {
//     StatusTable table{{"name", "state", "dropped"}, {}};
//     for (const auto& each : breakers.Read()) table.rows.push_back({each.name, each.state, …});
//     return table;
//   });
// Never a personal or clinical value, a secret, or an id of a person. Thread-safe.
class StatusRegistry {
 public:
  // `id` is a short word for JSON and links, unique (else std::logic_error); sections are shown in
  // the order of Add. `read` must be thread-safe and quick and valid for the registry's life; when
  // it throws, the section says that it cannot be read. A long table is cut at kMaxRows.
  void Add(std::string id, std::string title, std::function<StatusContent()> read);

  std::vector<StatusSection> Read() const;
  // An HTML page without scripts and outside resources.
  std::string Html(std::string_view title) const;
  // {"sections":[{"id","title","entries":{…}} or {"id","title","columns":[…],"rows":[[…],…]}]}
  std::string Json() const;

  static constexpr std::size_t kMaxRows = 500;

 private:
  struct Source {
    std::string id;
    std::string title;
    std::function<StatusContent()> read;
  };

  mutable std::mutex mutex_;
  std::vector<Source> sources_;
};

}  // namespace vedette
