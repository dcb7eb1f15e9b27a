// SPDX-License-Identifier: Apache-2.0
// What one evaluation of a condition costs, on one core: the machines beside the same rule written
// by hand in C++ (the limit), the tree walker, and Lua where the system has it. First on rows that
// lie in the second cache, then on columns that come from memory. Every way must fire as often.
//   rule_machines_bench [million rows = 10] [rounds = 5]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "lua_peer.h"
#include "rules/check/checker.h"
#include "rules/eval/evaluator.h"
#include "rules/plan/condition.h"
#include "rules/plan/vector_machine.h"
#include "rules/syntax/parser.h"

namespace {

using namespace vedette;
using namespace vedette::rules;
using bench::LuaPeer;

enum Column { kSbp, kDbp, kAlt, kAltUln, kTbili, kTbiliUln, kQtcf, kQtcfBase, kAltBase, kHigh };
constexpr std::string_view kColumns[] = {"sbp",       "dbp",  "alt",       "alt_uln",  "tbili",
                                         "tbili_uln", "qtcf", "qtcf_base", "alt_base", "bnr_high"};
constexpr std::size_t kColumnCount = std::size(kColumns);

using Table = std::vector<std::vector<Slot>>;
using Counter = std::function<std::uint64_t(const Table&, std::size_t)>;

struct BenchRule {
  std::string name;
  std::string text;
  std::string lua;  // the same with Lua's words
  Counter by_hand;
};

// What a missing value leaves open does not fire: NaN compares false.
template <class Fires>
Counter CountByHand(Fires fires) {
  return [fires](const Table& table, std::size_t rows) {
    std::uint64_t count = 0;
    const Slot* columns[kColumnCount];
    for (std::size_t i = 0; i < kColumnCount; ++i) columns[i] = table[i].data();
    for (std::size_t row = 0; row < rows; ++row) count += fires(columns, row) ? 1 : 0;
    return count;
  };
}

std::string Grade(std::string_view limit, std::string_view first) {
  return fmt::format(
      "(subject.alt > 20.0 * {0} ? 4 : subject.alt > 5.0 * {0} ? 3 : subject.alt > 3.0 * {0} ? 2 : "
      "subject.alt {1} ? 1 : 0)",
      limit, first);
}

std::string LuaGrade(std::string_view limit, std::string_view first) {
  return fmt::format(
      "(alt > 20 * {0} and 4 or alt > 5 * {0} and 3 or alt > 3 * {0} and 2 or alt {1} and 1 or 0)",
      limit, first);
}

std::vector<BenchRule> Rules() {
  std::vector<BenchRule> rules;
  rules.push_back({"R1 pressure", "subject.sbp > 180.0 || subject.dbp > 110.0",
                   "sbp > 180 or dbp > 110",
                   CountByHand([](const Slot* const* column, std::size_t row) {
                     return column[kSbp][row].number > 180 || column[kDbp][row].number > 110;
                   })});
  rules.push_back(
      {"R2 Hy's law",
       "subject.alt >= 3.0 * subject.alt_uln && subject.tbili >= 2.0 * subject.tbili_uln",
       "alt >= 3 * alt_uln and tbili >= 2 * tbili_uln",
       CountByHand([](const Slot* const* column, std::size_t row) {
         return column[kAlt][row].number >= 3 * column[kAltUln][row].number &&
                column[kTbili][row].number >= 2 * column[kTbiliUln][row].number;
       })});
  rules.push_back({"R3 QTcF", "subject.qtcf > 500.0 || subject.qtcf - subject.qtcf_base > 60.0",
                   "qtcf > 500 or qtcf - qtcf_base > 60",
                   CountByHand([](const Slot* const* column, std::size_t row) {
                     const double qtcf = column[kQtcf][row].number;
                     return qtcf > 500 || qtcf - column[kQtcfBase][row].number > 60;
                   })});
  rules.push_back(
      {"R4 CTCAE ALT",
       fmt::format("(!subject.bnr_high ? {} : {}) >= 3",
                   Grade("subject.alt_uln", "> subject.alt_uln"),
                   Grade("subject.alt_base", ">= 1.5 * subject.alt_base")),
       fmt::format("(bnr_high == 0 and {} or {}) >= 3", LuaGrade("alt_uln", "> alt_uln"),
                   LuaGrade("alt_base", ">= 1.5 * alt_base")),
       CountByHand([](const Slot* const* column, std::size_t row) {
         const bool high = column[kHigh][row].integer == static_cast<std::int64_t>(Truth::kTrue);
         const double limit = column[high ? kAltBase : kAltUln][row].number;
         return column[kAlt][row].number > 5 * limit;
       })});
  return rules;
}

std::shared_ptr<const Catalog> MakeCatalog() {
  auto catalog = std::make_shared<Catalog>();
  for (std::size_t i = 0; i < kColumnCount; ++i) {
    catalog->items.push_back({.code = std::string(kColumns[i]),
                              .name = std::string(kColumns[i]),
                              .role = CatalogItem::Role::kAttribute,
                              .kind = i == kHigh ? ValueKind::kBoolean : ValueKind::kNumber});
  }
  catalog->Finish();
  return catalog;
}

// Adults as in rules.md 3.1: a few with a liver injury, one value in fifty missing.
Table MakeRows(std::size_t rows) {
  constexpr std::size_t kDifferent = std::size_t{1} << 18;
  std::mt19937_64 random(42);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  Table table(kColumnCount);
  for (auto& column : table) column.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (row >= kDifferent) {
      for (auto& column : table) column[row] = column[row - kDifferent];
      continue;
    }
    const bool injured = uniform(random) < 0.004;
    double values[kColumnCount] = {};
    values[kSbp] = 125 + 15 * normal(random);
    values[kDbp] = 78 + 10 * normal(random);
    values[kAltUln] = 40;
    values[kTbiliUln] = 1.2;
    values[kAltBase] = 30 * std::exp(0.4 * normal(random));
    values[kAlt] = values[kAltBase] * std::exp(0.3 * normal(random)) * (injured ? 6 : 1);
    values[kTbili] = 0.6 * std::exp(0.4 * normal(random)) * (injured ? 4 : 1);
    values[kQtcfBase] = 410 + 18 * normal(random);
    values[kQtcf] = values[kQtcfBase] + 14 * normal(random);
    if (uniform(random) < 0.02) {
      values[random() % 3] = std::numeric_limits<double>::quiet_NaN();
    }
    for (std::size_t i = 0; i < kHigh; ++i) table[i][row].number = values[i];
    const bool high = values[kAltBase] > values[kAltUln];
    table[kHigh][row].integer = static_cast<std::int64_t>(high ? Truth::kTrue : Truth::kFalse);
  }
  return table;
}

Condition CompileText(const std::string& text, const Catalog& catalog) {
  CheckerOptions options;
  options.catalog = &catalog;
  options.expected = Type::Of(TypeKind::kBool);
  auto condition = Condition::Compile(*Check(*Parse(text), options), catalog);
  return *std::move(condition);
}

std::uint64_t CountScalar(const Condition& condition, const Table& table, std::size_t rows) {
  std::vector<Slot> frame(condition.frame_size());
  condition.Prepare(frame.data());
  std::vector<const Slot*> columns;
  for (const Feature& feature : condition.features()) columns.push_back(table[feature.item].data());
  std::uint64_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) frame[i] = columns[i][row];
    count += condition.Run(frame.data()) == Truth::kTrue ? 1 : 0;
  }
  return count;
}

std::uint64_t CountVector(const Condition& condition,
                          const Table& table,
                          std::size_t rows,
                          VectorPath path) {
  std::uint64_t count = 0;
  std::vector<SlotColumn> columns(condition.features().size());
  std::uint64_t is_true[kBatchRows / 64];
  std::uint64_t is_false[kBatchRows / 64];
  for (std::size_t row = 0; row < rows; row += kBatchRows) {
    const std::size_t batch = std::min(kBatchRows, rows - row);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].values = table[condition.features()[i].item].data() + row;
    }
    RunProgramColumns(condition.vector(), columns, batch, path, is_true, is_false);
    for (std::size_t word = 0; word < (batch + 63) / 64; ++word) {
      count += static_cast<std::uint64_t>(__builtin_popcountll(is_true[word]));
    }
  }
  return count;
}

class RowScope final : public Scope {
 public:
  RowScope(const Catalog& catalog, const Table& table) : catalog_(catalog), table_(table) {}
  void MoveTo(std::size_t row) { row_ = row; }
  std::optional<Value> Find(std::string_view name) const override {
    if (!name.starts_with("subject.")) return std::nullopt;
    const CatalogItem* item = catalog_.FindAttribute(name.substr(8));
    if (item == nullptr) return std::nullopt;
    const std::uint32_t index = catalog_.IndexOf(*item);
    const Slot slot = table_[index][row_];
    if (index == kHigh) return Value(slot.integer == static_cast<std::int64_t>(Truth::kTrue));
    return std::isnan(slot.number) ? Value::Unknown() : Value(slot.number);
  }
  std::optional<Value> Call(std::string_view, std::span<const Value>) const override {
    return std::nullopt;
  }

 private:
  const Catalog& catalog_;
  const Table& table_;
  std::size_t row_ = 0;
};

std::uint64_t CountWalker(const Condition& condition,
                          const Catalog& catalog,
                          const Table& table,
                          std::size_t rows) {
  RowScope scope(catalog, table);
  std::uint64_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    scope.MoveTo(row);
    count += Evaluate(condition.expr(), scope).IsTrue() ? 1 : 0;
  }
  return count;
}

std::uint64_t CountLua(LuaPeer* lua,
                       const Condition& condition,
                       const Table& table,
                       std::size_t rows) {
  std::vector<std::uint32_t> items;
  for (const Feature& feature : condition.features()) items.push_back(feature.item);
  std::vector<double> arguments(items.size());
  std::uint64_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Slot slot = table[items[i]][row];
      arguments[i] = items[i] == kHigh ? static_cast<double>(slot.integer) : slot.number;
    }
    count += lua->Call(arguments) ? 1 : 0;
  }
  return count;
}

std::string LuaFunction(const BenchRule& rule, const Condition& condition) {
  std::string parameters;
  for (const Feature& feature : condition.features()) {
    if (!parameters.empty()) parameters += ", ";
    parameters += kColumns[feature.item];
  }
  return "return function(" + parameters + ") return " + rule.lua + " end";
}

// Median seconds of several runs.
double Median(int rounds, const std::function<void()>& run) {
  std::vector<double> seconds;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

struct Way {
  std::string name;
  // Counts what fires among the first rows.
  std::function<std::uint64_t(std::size_t rule, const Table& table, std::size_t rows)> count;
  bool slow = false;  // measured on fewer rows
};

struct Peers {
  std::vector<BenchRule> rules;
  std::vector<Condition> conditions;
  std::shared_ptr<const Catalog> catalog;
  std::vector<std::pair<std::string, std::unique_ptr<LuaPeer>>> luas;
};

std::vector<Way> WaysOf(const Peers& peers) {
  std::vector<Way> ways;
  ways.push_back({"by hand, C++", [&peers](std::size_t rule, const Table& table, std::size_t rows) {
                    return peers.rules[rule].by_hand(table, rows);
                  }});
  for (const VectorPath path : {VectorPath::kAvx2, VectorPath::kPortable}) {
    if (!HasVectorPath(path)) continue;
    ways.push_back({path == VectorPath::kAvx2 ? "vector, AVX2" : "vector, portable",
                    [&peers, path](std::size_t rule, const Table& table, std::size_t rows) {
                      return CountVector(peers.conditions[rule], table, rows, path);
                    }});
  }
  ways.push_back({"scalar", [&peers](std::size_t rule, const Table& table, std::size_t rows) {
                    return CountScalar(peers.conditions[rule], table, rows);
                  }});
  for (const auto& [name, lua] : peers.luas) {
    LuaPeer* const peer = lua.get();
    ways.push_back({name,
                    [&peers, peer](std::size_t rule, const Table& table, std::size_t rows) {
                      const Condition& condition = peers.conditions[rule];
                      peer->Load(LuaFunction(peers.rules[rule], condition));
                      return CountLua(peer, condition, table, rows);
                    },
                    true});
  }
  ways.push_back({"tree walker",
                  [&peers](std::size_t rule, const Table& table, std::size_t rows) {
                    return CountWalker(peers.conditions[rule], *peers.catalog, table, rows);
                  },
                  true});
  return ways;
}

// One line for each way: nanoseconds a row, and how many times the limit that is.
bool PrintTable(
    const Peers& peers, const Table& table, std::size_t rows, int repetitions, int rounds) {
  bool agree = true;
  std::vector<double> limits(peers.rules.size());
  fmt::print("{:<18}", "ns a row");
  for (const BenchRule& rule : peers.rules) fmt::print("{:>20}", rule.name);
  fmt::print("\n");
  for (const Way& way : WaysOf(peers)) {
    fmt::print("{:<18}", way.name);
    for (std::size_t rule = 0; rule < peers.rules.size(); ++rule) {
      const std::size_t used = way.slow ? std::min<std::size_t>(rows, 200'000) : rows;
      const int times = way.slow ? std::max(1, repetitions / 32) : repetitions;
      std::uint64_t fired = 0;
      const double seconds = Median(rounds, [&] {
        for (int i = 0; i < times; ++i) fired = way.count(rule, table, used);
      });
      agree = agree && fired == peers.rules[rule].by_hand(table, used);
      const double nanoseconds = seconds * 1e9 / static_cast<double>(used) / times;
      if (limits[rule] == 0) limits[rule] = nanoseconds;
      fmt::print("{:>12.2f}{:>7.1f}x", nanoseconds, nanoseconds / limits[rule]);
    }
    fmt::print("\n");
  }
  return agree;
}

}  // namespace

int main(int argc, char** argv) {
  const double millions = argc > 1 ? std::atof(argv[1]) : 10;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  Peers peers{.rules = Rules(), .catalog = MakeCatalog()};
  fmt::print("{:<18}", "compile, us");
  for (const BenchRule& rule : peers.rules) {
    peers.conditions.push_back(CompileText(rule.text, *peers.catalog));
    constexpr int kTimes = 200;
    const double seconds = Median(rounds, [&] {
      for (int i = 0; i < kTimes; ++i) CompileText(rule.text, *peers.catalog);
    });
    fmt::print("{:>20.1f}", seconds * 1e6 / kTimes);
  }
  fmt::print("   (parse, check, plan; objective 100)\n");
  for (const auto& [name, library] : {std::pair("Lua 5.4, C API", "liblua5.4.so.0"),
                                      std::pair("LuaJIT, C API", "libluajit-5.1.so.2")}) {
    auto lua = LuaPeer::Open(library);
    if (lua == nullptr) {
      fmt::print("{}: {} is not installed, left out\n", name, library);
    } else {
      peers.luas.emplace_back(name, std::move(lua));
    }
  }

  constexpr std::size_t kCached = 4096;
  const auto rows = static_cast<std::size_t>(millions * 1e6);
  const Table table = MakeRows(std::max(rows, kCached));
  fmt::print("\n{} rows in the second cache; x: times the rule by hand\n", kCached);
  bool agree = PrintTable(peers, table, kCached, 256, rounds);
  fmt::print("\n{} rows from memory\n", rows);
  agree = PrintTable(peers, table, rows, 1, rounds) && agree;
  fmt::print("\nevery way fires as often: {}\n", agree ? "yes" : "NO");
  return agree ? 0 : 1;
}
