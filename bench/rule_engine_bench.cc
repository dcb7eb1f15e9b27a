// SPDX-License-Identifier: Apache-2.0
// The live rule engine on ten million operations: forty items, twelve temporal rules, three in a
// hundred late, corrected or withdrawn. Beside it the same rule asked of SQLite again, prepared and
// indexed in memory. VEDETTE_BENCH_OPS: another number of operations.
#include <fmt/format.h>
#include <malloc.h>
#include <sqlite3.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "rules/live/engine.h"
#include "rules/live/testing/operation_stream.h"

namespace {

using namespace vedette::rules;
using testing::OperationStream;

constexpr std::uint32_t kSubjects = 5'000;
constexpr double kOperationLimit = 400;  // ns
constexpr double kSubjectLimit = 3'000;  // bytes, bounded
constexpr double kRebuildLimit = 5e6;    // events a second

// Seconds of processor time of this thread: others may use the machine.
double Processor() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}
double SecondsSince(double start) { return Processor() - start; }

std::size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct LiveFigures {
  double ns = 0;  // an operation
  double evaluations = 0;
  double bytes = 0;  // a subject, as the engine counts
  double heap = 0;   // a subject, as the allocator does
  double observations = 0;
  std::uint64_t transitions = 0;
  std::uint64_t refused = 0;  // changes that would have needed the log
};

LiveFigures RunLive(const OperationStream& stream, bool bounded) {
  const std::size_t heap_before = HeapBytes();
  Engine engine(testing::OperationCatalog(), testing::CompileAll(testing::TemporalRules()),
                {.bounded = bounded});
  std::vector<SubjectHandle> handles;
  for (const std::string& id : stream.subjects) {
    handles.push_back(engine.Subject(id, "01"));
    engine.Load(handles.back(), {}, testing::kStreamStart);
  }
  LiveFigures figures;
  std::vector<Transition> transitions;
  const auto start = Processor();
  for (const OperationStream::Batch& batch : stream.batches) {
    const auto changes = stream.Changes(batch);
    const SubjectHandle handle = handles[batch.subject];
    figures.refused += engine.NeedsLoad(handle, changes) ? 1 : 0;
    engine.Apply(handle, changes, batch.received, &transitions);
    figures.transitions += transitions.size();
    transitions.clear();
  }
  const double seconds = SecondsSince(start);
  const EngineStatistics statistics = engine.Statistics();
  const auto operations = static_cast<double>(stream.batches.size());
  figures.ns = seconds * 1e9 / operations;
  figures.evaluations = static_cast<double>(statistics.evaluations) / operations;
  figures.bytes = static_cast<double>(statistics.bytes) / kSubjects;
  figures.heap = static_cast<double>(HeapBytes() - heap_before) / kSubjects;
  figures.observations = static_cast<double>(statistics.observations) / kSubjects;
  return figures;
}

// Events a second of loading every subject from its current observations.
double RunRebuild(const OperationStream& stream) {
  std::vector<std::vector<std::uint32_t>> by_subject(kSubjects);
  for (const OperationStream::Batch& batch : stream.batches) {
    if (stream.changes[batch.begin].first_version) {
      by_subject[batch.subject].push_back(batch.begin);
    }
  }
  Engine engine(testing::OperationCatalog(), testing::CompileAll(testing::TemporalRules()), {});
  const vedette::rules::Seconds now = stream.batches.back().received;
  std::vector<Change> current;
  double seconds = 0;
  double events = 0;
  for (std::uint32_t subject = 0; subject < kSubjects; ++subject) {
    current.clear();
    for (const std::uint32_t change : by_subject[subject]) {
      current.push_back(stream.changes[change]);
    }
    const auto start = Processor();
    engine.Load(engine.Subject(stream.subjects[subject], "01"), current, now);
    seconds += SecondsSince(start);
    events += static_cast<double>(current.size());
  }
  return events / seconds;
}

// Nanoseconds of asking "heart rate 40 above its own mean of 7 days" at one observation.
double RunSqlite(const OperationStream& stream) {
  constexpr std::uint32_t kHeartRate = 9;
  constexpr std::size_t kRows = 1'000'000;
  constexpr std::size_t kQueries = 100'000;
  sqlite3* raw = nullptr;
  sqlite3_open(":memory:", &raw);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(raw, &sqlite3_close);
  sqlite3_exec(raw,
               "CREATE TABLE o(subject INT, item INT, time INT, value REAL);"
               "CREATE INDEX o_by ON o(subject, item, time, value); BEGIN",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(raw, "INSERT INTO o VALUES(?,?,?,?)", -1, &insert, nullptr);
  sqlite3_stmt* query = nullptr;
  sqlite3_prepare_v2(raw,
                     "SELECT ?4 - avg(value) > 40 FROM o WHERE subject = ?1 AND item = ?2 AND "
                     "time BETWEEN ?3 - 604800 AND ?3",
                     -1, &query, nullptr);
  const auto bind = [](sqlite3_stmt* statement, std::uint32_t subject, const Change& change) {
    sqlite3_bind_int(statement, 1, static_cast<int>(subject));
    sqlite3_bind_int(statement, 2, static_cast<int>(change.item));
    sqlite3_bind_int64(statement, 3, change.time);
    sqlite3_bind_double(statement, 4, change.number);
  };
  std::vector<std::pair<std::uint32_t, std::uint32_t>> asked;
  for (std::size_t i = 0; i < std::min(kRows, stream.batches.size()); ++i) {
    const OperationStream::Batch& batch = stream.batches[i];
    const Change& change = stream.changes[batch.begin];
    bind(insert, batch.subject, change);
    sqlite3_step(insert);
    sqlite3_reset(insert);
    if (change.item == kHeartRate && asked.size() < kQueries) {
      asked.emplace_back(batch.subject, batch.begin);
    }
  }
  sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr);
  const auto start = Processor();
  for (const auto& [subject, change] : asked) {
    bind(query, subject, stream.changes[change]);
    sqlite3_step(query);
    sqlite3_reset(query);
  }
  const double seconds = SecondsSince(start);
  sqlite3_finalize(insert);
  sqlite3_finalize(query);
  return seconds * 1e9 / static_cast<double>(asked.size());
}

void Print(std::string_view name, const LiveFigures& figures) {
  fmt::print(
      "{}: {:.0f} ns an operation, {:.2f} evaluations an operation, {:.0f} ns an evaluation; "
      "{:.1f} observations and {:.2f} kB a subject ({:.2f} kB by the allocator); {} transitions, "
      "{} operations beyond what is kept\n",
      name, figures.ns, figures.evaluations, figures.ns / figures.evaluations, figures.observations,
      figures.bytes / 1e3, figures.heap / 1e3, figures.transitions, figures.refused);
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main() {
  const char* given = std::getenv("VEDETTE_BENCH_OPS");
  const std::uint64_t operations =
      given == nullptr ? 10'000'000 : std::strtoull(given, nullptr, 10);
  const OperationStream stream = testing::GenerateOperations(
      {.subjects = kSubjects,
       .observations = static_cast<std::uint32_t>(operations / kSubjects),
       .seed = 7,
       .plain = true});
  fmt::print("{} operations on {} subjects, 40 items, 12 rules\n", stream.batches.size(),
             kSubjects);
  std::vector<double> ns;
  LiveFigures bounded;
  for (int run = 0; run < 3; ++run) {
    bounded = RunLive(stream, true);
    Print("bounded", bounded);
    ns.push_back(bounded.ns);
  }
  const LiveFigures unbounded = RunLive(stream, false);
  Print("all kept", unbounded);
  const double rebuild = RunRebuild(stream);
  const double sqlite = RunSqlite(stream);
  const double live = Median(ns);
  const double evaluation = live / bounded.evaluations;
  fmt::print("live: {:.0f} ns an operation, {:.2f} of the limit of {:.0f}\n", live,
             live / kOperationLimit, kOperationLimit);
  fmt::print("memory: {:.2f} kB a bounded subject, {:.2f} of the limit of {:.0f}\n",
             bounded.heap / 1e3, bounded.heap / kSubjectLimit, kSubjectLimit / 1e3);
  fmt::print("rebuild: {:.1f} M events a second, {:.2f} times the {:.0f} M asked for\n",
             rebuild / 1e6, rebuild / kRebuildLimit, kRebuildLimit / 1e6);
  fmt::print("SQLite in memory, one rule asked again: {:.0f} ns, {:.1f} times an evaluation\n",
             sqlite, sqlite / evaluation);
  return live <= kOperationLimit && bounded.heap <= kSubjectLimit && rebuild >= kRebuildLimit ? 0
                                                                                              : 1;
}
