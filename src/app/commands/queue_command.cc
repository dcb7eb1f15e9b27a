// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "app/commands/command.h"
#include "app/config.h"
#include "kit/db/open.h"
#include "kit/queue/job_queue.h"
#include "kit/queue/outbox_held.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/process_status.h"

namespace vedette::app {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::int64_t kMostShown = 1000;

Deadline Patience(const Clock& clock) { return Deadline::After(clock, std::chrono::seconds(10)); }

Task<Result<int>> PrintDead(db::Database& database, const Clock& clock) {
  queue::JobQueue jobs(database, clock);
  VEDETTE_CO_TRY(const auto dead, co_await jobs.DeadJobs(kMostShown, Patience(clock)));
  for (const queue::DeadJob& job : dead) {
    std::printf("%s  %-24s %s  %lld attempts  %s\n", job.id.ToString().c_str(), job.kind.c_str(),
                FormatTime(job.died_at).c_str(), static_cast<long long>(job.attempts),
                std::string(Describe(job.error).name).c_str());
  }
  co_return 0;
}

Task<Result<int>> ChangeDead(db::Database& database,
                             const Clock& clock,
                             std::string text,
                             bool again) {
  VEDETTE_CO_TRY(const Uuid id, Uuid::Parse(text));
  queue::JobQueue jobs(database, clock);
  VEDETTE_CO_CHECK_OK(again ? co_await jobs.Requeue(id, Patience(clock))
                            : co_await jobs.Discard(id, Patience(clock)));
  std::printf("%s: job %s\n", again ? "requeued" : "discarded", id.ToString().c_str());
  co_return 0;
}

Task<Result<int>> PrintHeld(db::Database& database, const Clock& clock) {
  VEDETTE_CO_TRY(const auto held,
                 co_await queue::HeldMessages(database, kMostShown, Patience(clock)));
  for (const queue::HeldMessage& message : held) {
    std::printf("%lld  %-28s since %s  %lld failures  next %s\n",
                static_cast<long long>(message.sequence), message.topic.c_str(),
                FormatTime(message.created_at).c_str(), static_cast<long long>(message.failures),
                FormatTime(message.next_attempt).c_str());
  }
  co_return 0;
}

Task<Result<int>> Skip(db::Database& database, const Clock& clock, std::string text) {
  std::int64_t sequence = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    co_return Fail(Code::kInvalidArgument, "a message is named by its number");
  }
  VEDETTE_CO_CHECK_OK(co_await queue::SkipMessage(database, sequence, Patience(clock)));
  std::printf("skipped: message %lld\n", static_cast<long long>(sequence));
  co_return 0;
}

Task<Result<int>> Act(db::Database& database,
                      const Clock& clock,
                      std::string action,
                      std::string what) {
  if (action == "dead") co_return co_await PrintDead(database, clock);
  if (action == "requeue" || action == "discard") {
    co_return co_await ChangeDead(database, clock, std::move(what), action == "requeue");
  }
  if (action == "held") co_return co_await PrintHeld(database, clock);
  co_return co_await Skip(database, clock, std::move(what));
}

Task<Result<int>> OpenAndAct(db::DatabaseConfig config,
                             std::string role,
                             Runtime& runtime,
                             const Clock& clock,
                             std::string action,
                             std::string what) {
  MetricsRegistry metrics;
  VEDETTE_CO_TRY(const auto database,
                 co_await db::Open(std::move(config), role, runtime, Logger(), metrics));
  auto outcome = co_await Act(*database, clock, std::move(action), std::move(what));
  co_await database->Close();
  co_return outcome;
}

// The service whose jobs or messages an action is about; empty for no action.
std::string RoleOf(const std::string& action, std::size_t words) {
  if (words == 1 && action == "dead") return "rule";
  if (words == 2 && (action == "requeue" || action == "discard")) return "rule";
  if (words == 1 && action == "held") return "monitor";
  if (words == 2 && action == "skip") return "monitor";
  return "";
}

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  const std::vector<std::string>& words = arguments.positional();
  const std::string action = words.empty() ? "" : words[0];
  const std::string role = RoleOf(action, words.size());
  if (role.empty()) {
    return Fail(Code::kInvalidArgument,
                "say dead, requeue JOB, discard JOB, held, or skip MESSAGE");
  }
  std::vector<std::string> overrides = arguments.GetAll("set");
  if (arguments.Has("data")) {
    overrides.push_back("database.url=" + std::string(kSqlite) + arguments.Get("data"));
  }
  VEDETTE_TRY(AppConfig config, LoadConfig(arguments.Get("config"), overrides));
  const std::string& url = config.database.url;
  // To open a file that is not there would make one.
  if (url.starts_with(kSqlite) &&
      !std::filesystem::exists(std::filesystem::path(url.substr(kSqlite.size())) /
                               (role + ".db"))) {
    return Fail(Code::kNotFound, "there is no " + role + ".db in that folder");
  }
  Runtime runtime(1);
  return Await<Result<int>>(runtime, [&] {
    return OpenAndAct(config.database, role, runtime, clock, action,
                      words.size() > 1 ? words[1] : "");
  });
}

}  // namespace

Command QueueCommand() {
  return {{"queue",
           "ACTION [JOB|MESSAGE]",
           "Looks after background work, in the database of a system that may be running:\n"
           "  dead      jobs that were given up\n"
           "  requeue   JOB: begins it anew\n"
           "  discard   JOB: forgets it\n"
           "  held      messages that cannot be published and hold back those of their subject\n"
           "  skip      MESSAGE: deletes it unpublished, so that the others go on",
           {{"config", "FILE", "settings of the system"},
            {"data", "DIR", "folder of its SQLite files; overrides database.url"},
            {"set", "PATH=VALUE", "overrides a setting", {}, true}}},
          Run};
}

}  // namespace vedette::app
