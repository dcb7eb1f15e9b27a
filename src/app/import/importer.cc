// SPDX-License-Identifier: Apache-2.0
#include "app/import/importer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "app/import/batch_queue.h"
#include "app/import/violations.h"
#include "kit/task/signal.h"
#include "kit/task/task_group.h"

namespace vedette::importing {
namespace {

using Events = std::vector<formats::Observation>;

// Rows are runs of observations of one line.
std::uint64_t CountRows(std::span<const formats::Observation> events) {
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i == 0 || events[i].line != events[i - 1].line) ++rows;
  }
  return rows;
}

// Where `events` can be cut so that at most `max_rows` rows and `max_events` events come before; at
// least one row.
std::size_t CutAt(std::span<const formats::Observation> events,
                  std::size_t max_rows,
                  std::size_t max_events) {
  std::size_t rows = 0;
  std::size_t cut = 0;
  for (std::size_t i = 0; i <= events.size(); ++i) {
    if (i < events.size() && (i == 0 || events[i].line == events[i - 1].line)) continue;
    if (cut > 0 && i > max_events) break;
    cut = i;
    if (++rows == max_rows || i == events.size()) break;
  }
  return cut;
}

}  // namespace

// Everything but the reading thread's part runs on the executor of Run.
struct Importer::State {
  State(ImportDependencies d, ImportOptions o)
      : dependencies(d),
        options(std::move(o)),
        queue(options.queue_batches),
        retrier(d.sleeper, options.retry, stopped) {
    summary.dry_run = options.dry_run;
  }

  void Read();
  void StopReading();
  Task<void> Consume();
  Task<void> ConsumeAll();
  Task<void> Send(Events events);
  Task<Result<RecordOutcome>> Record(std::span<const formats::Observation> events);
  Events WithoutRefused(Events events, const Error& error);
  bool Reject(const formats::RowReject& reject);
  void End(Error error);
  void NotSent(std::span<const formats::Observation> events);
  void ShowProgress(bool finished);
  bool Ended() const { return stopped || summary.ended_by.has_value(); }

  ImportDependencies dependencies;
  ImportOptions options;
  std::unique_ptr<formats::DataSource> source;
  std::atomic<bool> stopped{false};
  BatchQueue queue;
  Retrier retrier;
  ImportSummary summary;
  bool lost_count = false;  // a consumer was torn out of its batch
  SteadyTime started{};

  // Written by the reading thread.
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> rows_read{0};
  std::optional<std::uint64_t> bytes_total;  // before the thread starts
  std::optional<Error> read_error;           // before read_done
  BatchPtr unsent;                           // before read_done: read, but the queue was closed
  Signal read_done;
};

void Importer::State::Read() {
  try {
    while (!stopped) {
      BatchPtr batch = queue.Take();
      const Result<bool> more = source->NextBatch(*batch);
      if (!more) read_error = more.error();
      if (!more || !*more) break;
      bytes_read = source->progress().bytes_read;
      rows_read += batch->rows;
      if (!queue.Push(batch)) {
        unsent = std::move(batch);
        break;
      }
    }
  } catch (const std::exception&) {
    read_error = Error{Code::kInternal, "Reading the file failed."};
  }
  queue.Finish();
  read_done.Set();
}

// Nothing more is sent; the batches that were read ahead are counted.
void Importer::State::StopReading() {
  for (const BatchPtr& batch : queue.Close()) summary.rows_not_sent += batch->rows;
}

void Importer::State::End(Error error) {
  if (!summary.ended_by) summary.ended_by = std::move(error);
}

void Importer::State::NotSent(std::span<const formats::Observation> events) {
  summary.rows_not_sent += CountRows(events);
}

// False when the import is to end.
bool Importer::State::Reject(const formats::RowReject& reject) {
  ++summary.rows_rejected;
  if (Status written = dependencies.rejects.Add(options.file, reject); !written) {
    End(std::move(written).error());
    return false;
  }
  if (!options.abort_on_error) return true;
  std::string where = "Line " + std::to_string(reject.line);
  if (!reject.column.empty()) where += ", " + reject.column;
  End({Code::kInvalidArgument, where + ": " + reject.reason});
  return false;
}

Task<Result<RecordOutcome>> Importer::State::Record(std::span<const formats::Observation> events) {
  co_return co_await CallWithRetry<RecordOutcome>(
      retrier, [this, events] { return dependencies.sink.Record(events, options.dry_run); });
}

// Rejects every row with an event that the error names, and gives the others; all of them when it
// names none.
Events Importer::State::WithoutRefused(Events events, const Error& error) {
  const auto faults = FaultsByElement(error, "events", events.size());
  if (!faults) return events;
  std::set<std::uint64_t> lines;
  for (const auto& [index, fault] : *faults) {
    const formats::Observation& event = events[index];
    if (!lines.insert(event.line).second) continue;
    Reject({event.line, source->ColumnOf(fault.field, event), fault.reason,
            std::string(event.idempotency_key)});
  }
  std::erase_if(events,
                [&lines](const formats::Observation& event) { return lines.contains(event.line); });
  return events;
}

// Sends what may be one request; after a refusal the rest of it, or its halves.
Task<void> Importer::State::Send(Events events) {
  std::vector<Events> waiting;
  waiting.push_back(std::move(events));
  while (!waiting.empty()) {
    Events next = std::move(waiting.back());
    waiting.pop_back();
    if (next.empty()) continue;
    if (Ended()) {
      NotSent(next);
      continue;
    }
    const Result<RecordOutcome> outcome = co_await Record(next);
    const std::uint64_t rows = CountRows(next);
    if (outcome) {
      if (outcome->recorded + outcome->duplicates != static_cast<std::int64_t>(next.size())) {
        summary.rows_not_sent += rows;
        End({Code::kInternal, "The server did not account for every observation of a batch."});
        continue;
      }
      summary.rows_accepted += rows;
      summary.observations += next.size();
      summary.recorded += static_cast<std::uint64_t>(outcome->recorded);
      summary.duplicates += static_cast<std::uint64_t>(outcome->duplicates);
      summary.alerts_raised += static_cast<std::uint64_t>(outcome->alerts_raised);
      ShowProgress(false);
      continue;
    }
    const Error& error = outcome.error();
    const std::size_t size = next.size();
    next = WithoutRefused(std::move(next), error);
    if (next.size() < size) {
      waiting.push_back(std::move(next));
    } else if (error.code == Code::kPayloadTooLarge && rows > 1) {
      const std::size_t cut = CutAt(next, static_cast<std::size_t>(rows / 2), next.size());
      waiting.emplace_back(next.begin() + static_cast<std::ptrdiff_t>(cut), next.end());
      next.resize(cut);
      waiting.push_back(std::move(next));
    } else if (error.code == Code::kPayloadTooLarge) {
      Reject({next[0].line, "", error.message, std::string(next[0].idempotency_key)});
    } else {
      NotSent(next);
      // A wait cut short by Stop is no failure of its own.
      if (!stopped) End(error);
    }
  }
}

Task<void> Importer::State::Consume() {
  while (true) {
    std::optional<BatchPtr> batch = co_await queue.Pop();
    if (!batch) co_return;
    bool go_on = !Ended();
    for (const formats::RowReject& reject : (*batch)->rejects) {
      if (go_on) {
        go_on = Reject(reject);
      } else {
        ++summary.rows_not_sent;
      }
    }
    std::span<const formats::Observation> left = (*batch)->observations;
    while (!left.empty()) {
      const std::size_t cut = CutAt(left, options.batch_rows, options.batch_events);
      co_await Send(Events(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(cut)));
      left = left.subspan(cut);
    }
    ShowProgress(false);
    queue.Recycle(std::move(*batch));
    if (Ended()) StopReading();
  }
}

// A defect in one consumer ends the import instead of losing rows silently.
Task<void> Importer::State::ConsumeAll() {
  try {
    co_await Consume();
  } catch (const std::exception&) {
    End({Code::kInternal, "Sending failed by a defect."});
    lost_count = true;
    StopReading();
  }
}

void Importer::State::ShowProgress(bool finished) {
  const std::chrono::duration<double> elapsed = dependencies.clock.SteadyNow() - started;
  const ProgressSnapshot snapshot{summary.rows_accepted + summary.rows_rejected,
                                  summary.rows_rejected, bytes_read, bytes_total, elapsed.count()};
  summary.seconds = elapsed.count();
  if (finished) {
    dependencies.progress.Finish(snapshot);
  } else {
    dependencies.progress.Update(snapshot);
  }
}

Importer::Importer(ImportDependencies dependencies, ImportOptions options)
    : state_(std::make_unique<State>(dependencies, std::move(options))) {}

Importer::~Importer() = default;

void Importer::Stop() {
  state_->stopped = true;
  // A consumer that waits for a batch, and the reader that waits for room, hear of it here; what is
  // in the queue is counted by the consumers, which send nothing more.
  state_->queue.Finish();
}

Task<ImportSummary> Importer::Run(std::unique_ptr<formats::DataSource> source) {
  State& state = *state_;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  state.source = std::move(source);
  state.bytes_total = state.source->progress().bytes_total;
  state.started = state.dependencies.clock.SteadyNow();
  const Executor executor = co_await CurrentExecutor();

  std::thread reader([&state] { state.Read(); });
  TaskGroup consumers{Logger()};
  for (std::size_t i = 0; i < std::max<std::size_t>(state.options.consumers, 1); ++i) {
    consumers.Spawn(executor, "import consumer", [&state] { return state.ConsumeAll(); });
  }
  co_await consumers.Join();
  // The reader may wait for room that nobody makes any more.
  state.StopReading();
  co_await state.read_done.Wait();
  reader.join();

  ImportSummary& summary = state.summary;
  if (state.unsent) summary.rows_not_sent += state.unsent->rows;
  summary.rows_read = state.rows_read;
  if (state.lost_count) {
    summary.rows_not_sent = summary.rows_read - summary.rows_accepted - summary.rows_rejected;
  }
  summary.retries = state.retrier.retries();
  summary.interrupted = state.stopped;
  if (state.read_error) state.End(*state.read_error);
  state.ShowProgress(true);
  co_return summary;
}

int ExitCode(const ImportSummary& summary) {
  if (summary.ended_by || summary.interrupted) return 2;
  return summary.rows_rejected > 0 ? 1 : 0;
}

std::string FormatSummary(const ImportSummary& summary) {
  std::string text =
      fmt::format("{} rows read = {} {} + {} rejected", GroupDigits(summary.rows_read),
                  GroupDigits(summary.rows_accepted), summary.dry_run ? "acceptable" : "accepted",
                  GroupDigits(summary.rows_rejected));
  if (summary.rows_not_sent > 0) {
    text += fmt::format(" + {} not sent", GroupDigits(summary.rows_not_sent));
  }
  text += fmt::format("\n{} observations = {} {} + {} there already\n",
                      GroupDigits(summary.observations), GroupDigits(summary.recorded),
                      summary.dry_run ? "new" : "recorded", GroupDigits(summary.duplicates));
  text += fmt::format("{} alerts {}\n", GroupDigits(summary.alerts_raised),
                      summary.dry_run ? "would be raised" : "raised");
  text += fmt::format("{:.1f} s", summary.seconds);
  if (summary.seconds > 0) {
    text +=
        fmt::format(", {} rows/s", GroupDigits(static_cast<std::uint64_t>(
                                       static_cast<double>(summary.rows_read) / summary.seconds)));
  }
  if (summary.retries > 0) text += fmt::format(", {} retries", GroupDigits(summary.retries));
  text += '\n';
  if (summary.ended_by) {
    text += "Ended early: " + summary.ended_by->message + "\n";
    for (const FieldViolation& violation : summary.ended_by->violations) {
      text += "  " + violation.field + ": " + violation.description + "\n";
    }
  } else if (summary.interrupted) {
    text += "Interrupted. What was accepted stays; importing again adds only the rest.\n";
  }
  return text;
}

}  // namespace vedette::importing
