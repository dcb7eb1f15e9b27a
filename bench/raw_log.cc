// SPDX-License-Identifier: Apache-2.0
#include "raw_log.h"

#include <atomic>

#include "base/sha256.h"
#include "kit/db/group_writer.h"
#include "kit/task/task_group.h"
#include "services/monitor/log_tables.h"
#include "services/monitor/store.h"

namespace vedette::bench {
namespace {

using monitor::PreparedEvent;
using Writer = db::GroupWriter<PreparedEvent, bool>;

PreparedEvent MakeEvent(std::uint64_t number, Timestamp now) {
  PreparedEvent prepared;
  Event& event = prepared.event;
  event.id = NewUuid(now);
  event.study_id = "LOAD";
  event.site_id = "1";
  event.subject_id = "0198f3a2-0000-7000-8000-00000000" + std::to_string(1000 + number % 200);
  event.subject_number = "S-" + std::to_string(1000 + number % 200);
  event.item = "SYSBP";
  event.value = NumberValue{118, Comparator::kNone};
  event.unit = "mmHg";
  event.time = {now, 0, TimePrecision::kMicrosecond};
  event.source = "bench";
  event.actor = "0198f3a2-0000-7000-8000-000000000001";
  const Sha256Digest digest = Sha256(std::to_string(number));
  std::copy_n(digest.begin(), 16, prepared.key.begin());
  std::copy_n(digest.begin() + 16, 16, prepared.content.begin());
  return prepared;
}

Task<Result<std::vector<Result<bool>>>> InsertGroup(db::Transaction& transaction,
                                                    std::vector<PreparedEvent> events,
                                                    const Clock& clock) {
  const monitor::Lineage first_version;
  std::vector<monitor::NewEvent> inserts;
  for (const PreparedEvent& event : events) inserts.push_back({&event, &first_version});
  VEDETTE_CO_TRY(const std::vector<bool> inserted,
                 co_await monitor::InsertEvents(transaction, std::move(inserts), clock.Now()));
  co_return std::vector<Result<bool>>(inserted.begin(), inserted.end());
}

Task<void> Insert(Writer& writer,
                  const Clock& clock,
                  SteadyTime end,
                  std::atomic<std::uint64_t>& next,
                  std::atomic<std::uint64_t>& done) {
  while (clock.SteadyNow() < end) {
    const auto written = co_await writer.Submit(MakeEvent(next++, clock.Now()),
                                                Deadline{end + std::chrono::seconds(10)});
    if (written) ++done;
  }
}

}  // namespace

double RawGroupCommit(testkit::DatabaseKind kind, int clients, double seconds) {
  const SystemClock clock;
  Runtime runtime(2);
  const testkit::TestDatabase database =
      testkit::OpenTestDatabase(kind, runtime, monitor::Migrations());
  Writer writer(*database, runtime.At(0), Logger(), {.name = "raw"},
                [&](db::Transaction& transaction, std::vector<PreparedEvent> events) {
                  return InsertGroup(transaction, std::move(events), clock);
                });
  std::atomic<std::uint64_t> next = 0;
  std::atomic<std::uint64_t> done = 0;
  const SteadyTime start = clock.SteadyNow();
  const SteadyTime end = start + std::chrono::duration_cast<SteadyTime::duration>(
                                     std::chrono::duration<double>(seconds));
  TaskGroup group{Logger()};
  for (int i = 0; i < clients; ++i) {
    group.Spawn(runtime.Next(), "client", [&] { return Insert(writer, clock, end, next, done); });
  }
  runtime.RunBlocking([&] { return group.Join(); });
  const double elapsed = std::chrono::duration<double>(clock.SteadyNow() - start).count();
  runtime.RunBlocking([&] { return writer.Close(); });
  return static_cast<double>(done) / elapsed;
}

}  // namespace vedette::bench
