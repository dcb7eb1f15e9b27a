// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/import/progress.h"
#include "app/import/rejects_file.h"
#include "app/import/retry.h"
#include "app/import/sinks.h"
#include "base/clock.h"
#include "base/result.h"
#include "formats/csv/demographics.h"
#include "formats/data_source.h"
#include "kit/task/sleep.h"
#include "kit/task/task.h"

namespace vedette::importing {

struct ImportOptions {
  std::string file;                 // its name in the rejects file
  bool abort_on_error = false;      // --on-error=abort: the first bad row ends the import
  bool dry_run = false;             // the server checks, and records nothing
  std::size_t consumers = 4;        // requests under way at a time
  std::size_t queue_batches = 8;    // read ahead of the consumers
  std::size_t batch_rows = 1000;    // a request
  std::size_t batch_events = 5000;  // the most a request may hold
  RetryPolicy retry;
};

// References outlive the importer.
struct ImportDependencies {
  RecordSink& sink;
  RejectsFile& rejects;
  Progress& progress;
  Sleeper& sleeper;
  const Clock& clock;
};

// What became of every row: rows_read = rows_accepted + rows_rejected + rows_not_sent.
struct ImportSummary {
  std::uint64_t rows_read = 0;
  std::uint64_t rows_accepted = 0;  // all their observations are recorded, now or before
  std::uint64_t rows_rejected = 0;
  std::uint64_t rows_not_sent = 0;  // only when the import ended early
  std::uint64_t observations = 0;   // of the accepted rows: recorded + duplicates
  std::uint64_t recorded = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t alerts_raised = 0;
  std::uint64_t retries = 0;
  double seconds = 0;
  bool dry_run = false;
  bool interrupted = false;       // by Stop
  std::optional<Error> ended_by;  // why it ended early, if not by Stop
};

// 0 when every row was accepted, 1 when rows were rejected, 2 when the import ended early.
int ExitCode(const ImportSummary& summary);

// A few lines for people.
std::string FormatSummary(const ImportSummary& summary);

// Brings a source's observations to a sink: one thread reads ahead into a bounded queue, several
// coroutines send. A batch that the server refuses is sent again without the rows it named; those
// go to the rejects file. Importing again is harmless: the keys are the same.
class Importer {
 public:
  Importer(ImportDependencies dependencies, ImportOptions options);
  ~Importer();
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  // Runs once, to the end of the source or an early end; does not react to cancellation, Stop does.
  Task<ImportSummary> Run(std::unique_ptr<formats::DataSource> source);

  // Ends the import early: what is under way is finished, nothing more is sent. From any thread.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct RegistrationSummary {
  std::uint64_t rows_read = 0;
  std::uint64_t rows_rejected = 0;
  std::uint64_t sites = 0;
  std::uint64_t created = 0;
  std::uint64_t existing = 0;
};

// Registers the sites and subjects of a DM file, up to 1,000 subjects a call; rows that are wrong
// or refused go to the rejects file. An error ends it: kInvalidArgument at the first bad row when
// `abort_on_error`. With `dry_run` the file is only read.
Task<Result<RegistrationSummary>> RegisterSubjects(formats::csv::Demographics demographics,
                                                   SubjectSink& sink,
                                                   RejectsFile& rejects,
                                                   Sleeper& sleeper,
                                                   ImportOptions options);

std::string FormatSummary(const RegistrationSummary& summary);

}  // namespace vedette::importing
