// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/client/api_sinks.h"
#include "app/commands/command.h"
#include "app/import/importer.h"
#include "app/import/progress.h"
#include "app/import/rejects_file.h"
#include "formats/byte_source.h"
#include "formats/csv/open.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"

namespace vedette::app {
namespace {

// Ctrl-C: the running importer finishes what is under way; a second one ends the process. Made
// before any other thread, which would take the signal instead.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGUSR1);  // ends the waiting thread
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::thread([this] { Wait(); });
  }
  ~Interrupt() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Watch(importing::Importer* importer) {
    const std::lock_guard lock(mutex_);
    importer_ = importer;
    if (importer != nullptr && interrupted_) importer->Stop();
  }
  bool interrupted() {
    const std::lock_guard lock(mutex_);
    return interrupted_;
  }

 private:
  void Wait() {
    int signal = 0;
    while (sigwait(&signals_, &signal) == 0 && signal != SIGUSR1) {
      const std::lock_guard lock(mutex_);
      if (interrupted_) _exit(128 + signal);
      interrupted_ = true;
      if (importer_ != nullptr) importer_->Stop();
    }
  }

  sigset_t signals_;
  std::thread thread_;
  std::mutex mutex_;
  importing::Importer* importer_ = nullptr;
  bool interrupted_ = false;
};

struct Job {
  const Clock& clock;
  Runtime& runtime;
  Session& session;
  std::string study_id;
  importing::ImportOptions options;
  importing::RejectsFile& rejects;
  RealSleeper& sleeper;
  formats::csv::RecordOptions records;
};

Result<std::unique_ptr<formats::ByteSource>> OpenText(const std::string& path) {
  VEDETTE_TRY(std::unique_ptr<formats::ByteSource> bytes, formats::OpenFileSource(path));
  return formats::MakeTextSource(std::move(bytes));
}

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// The same data, packed or not, keep their keys.
std::string SourceNameOf(const std::string& path) {
  const std::string name = NameOf(path);
  return name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
}

Result<int> RegisterFrom(const std::string& path, Job& job) {
  VEDETTE_TRY(std::unique_ptr<formats::ByteSource> text, OpenText(path));
  VEDETTE_TRY(formats::csv::Demographics demographics,
              formats::csv::ReadDemographics(std::move(text)));
  ApiSubjectSink sink(job.session, job.study_id);
  importing::ImportOptions options = job.options;
  options.file = NameOf(path);
  VEDETTE_TRY(const importing::RegistrationSummary summary,
              Await<Result<importing::RegistrationSummary>>(job.runtime, [&] {
                return importing::RegisterSubjects(std::move(demographics), sink, job.rejects,
                                                   job.sleeper, options);
              }));
  std::printf("%s\n%s\n", path.c_str(), importing::FormatSummary(summary).c_str());
  return summary.rows_rejected > 0 ? 1 : 0;
}

Result<int> ImportFile(const std::string& path, Job& job, Interrupt& interrupt) {
  VEDETTE_TRY(std::unique_ptr<formats::ByteSource> text, OpenText(path));
  formats::csv::CsvOptions csv;
  csv.vital_signs.source = SourceNameOf(path);
  csv.records = job.records;
  VEDETTE_TRY(std::unique_ptr<formats::DataSource> source,
              formats::csv::OpenCsv(std::move(text), csv));
  ApiRecordSink sink(job.session, job.study_id, "file:" + NameOf(path));
  importing::ConsoleProgress progress(stderr, isatty(STDERR_FILENO) != 0, job.clock);
  importing::ImportOptions options = job.options;
  options.file = NameOf(path);
  importing::Importer importer({sink, job.rejects, progress, job.sleeper, job.clock}, options);
  interrupt.Watch(&importer);
  const auto summary =
      Await<importing::ImportSummary>(job.runtime, [&] { return importer.Run(std::move(source)); });
  interrupt.Watch(nullptr);
  std::printf("%s\n%s\n", path.c_str(), importing::FormatSummary(summary).c_str());
  return importing::ExitCode(summary);
}

Result<int> RunJob(const Arguments& arguments, Job& job, Interrupt& interrupt) {
  int worst = 0;
  if (arguments.Has("demographics")) {
    VEDETTE_TRY(worst, RegisterFrom(arguments.Get("demographics"), job));
  }
  if (!arguments.positional().empty()) {
    VEDETTE_TRY(job.records, Await<Result<formats::csv::RecordOptions>>(job.runtime, [&] {
                  return ReadRecordOptions(job.session, job.study_id);
                }));
  }
  for (const std::string& path : arguments.positional()) {
    if (interrupt.interrupted() || worst == 2) break;
    VEDETTE_TRY(const int code, ImportFile(path, job, interrupt));
    worst = std::max(worst, code);
  }
  VEDETTE_CHECK_OK(job.rejects.Finish());
  if (job.rejects.count() > 0) {
    std::printf("%llu rejected rows are named in %s\n",
                static_cast<unsigned long long>(job.rejects.count()), job.rejects.path().c_str());
  }
  return interrupt.interrupted() ? 2 : worst;
}

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  if (arguments.Get("study").empty()) {
    return Fail(Code::kInvalidArgument, "which study? Give --study ID");
  }
  if (arguments.positional().empty() && !arguments.Has("demographics")) {
    return Fail(Code::kInvalidArgument, "which files? Give one or more CSV files");
  }
  const std::string on_error = arguments.Get("on-error");
  if (on_error != "skip" && on_error != "abort") {
    return Fail(Code::kInvalidArgument, "--on-error is skip or abort");
  }
  VEDETTE_TRY(const std::int64_t consumers, arguments.GetInt("consumers", 1, 64));
  VEDETTE_TRY(LogInDetails details, ReadLogInDetails(arguments));
  Interrupt interrupt;
  VEDETTE_TRY(const std::unique_ptr<Session> session, Session::Create(std::move(details), clock));
  VEDETTE_TRY(importing::RejectsFile rejects,
              importing::RejectsFile::Create(arguments.Get("rejects")));
  importing::ImportOptions options;
  options.abort_on_error = on_error == "abort";
  options.dry_run = arguments.Has("dry-run");
  options.consumers = static_cast<std::size_t>(consumers);
  Runtime runtime(1);
  RealSleeper sleeper;
  Job job{clock, runtime, *session, arguments.Get("study"), options, rejects, sleeper};
  return RunJob(arguments, job, interrupt);
}

}  // namespace

Command ImportCommand() {
  Command command{{"import", "FILE…",
                   "Imports CSV files, plain or gzip: SDTM findings (VS, LB, …), records whose "
                   "columns the study has items for (DM, AE, CM, EX, SV, …), or vital signs "
                   "(patient_id, record_time, heart_rate, blood_pressure). Importing the same file "
                   "again adds nothing.",
                   ConnectionOptions()},
                  Run};
  const std::vector<Option> own = {
      {"study", "ID", "the study"},
      {"demographics", "FILE", "first register the sites and subjects of this SDTM DM file"},
      {"on-error", "skip|abort", "what a bad row does", "skip"},
      {"rejects", "FILE", "where bad rows are named, with line, column and reason", "rejects.csv"},
      {"dry-run", "", "check everything, change nothing"},
      {"consumers", "N", "requests under way at a time", "4"}};
  command.spec.options.insert(command.spec.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace vedette::app
