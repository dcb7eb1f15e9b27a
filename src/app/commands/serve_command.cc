// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "app/app.h"
#include "app/commands/command.h"
#include "app/version.h"
#include "kit/telemetry/json_log.h"

namespace vedette::app {
namespace {

std::vector<std::string> Overrides(const Arguments& arguments) {
  std::vector<std::string> overrides;
  if (arguments.Has("data")) {
    overrides.push_back("process.data_dir=" + arguments.Get("data"));
    overrides.push_back("database.url=sqlite:" + arguments.Get("data"));
  }
  if (arguments.Has("roles")) overrides.push_back("process.roles=" + arguments.Get("roles"));
  for (std::string& text : arguments.GetAll("set")) overrides.push_back(std::move(text));
  return overrides;
}

// Blocked in every thread, so that sigwait takes them here.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

Result<int> Run(const Arguments& arguments, const Clock& clock) {
  VEDETTE_TRY(AppConfig config, LoadConfig(arguments.Get("config"), Overrides(arguments)));
  const LogLevel level = LogLevelFromName(config.process.log_level).value_or(LogLevel::kInfo);
  const LogHandles log{.control = std::make_shared<LogControl>(level),
                       .sampling = std::make_shared<SamplingLogSink>(
                           std::make_shared<JsonLogSink>(STDERR_FILENO), config.live.log_sampling)};
  const Logger logger(log.sampling, clock, log.control);
  const sigset_t signals = BlockStopSignals();
  // Standard error is for our JSON lines; what goes wrong in gRPC reaches them as errors of calls.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  logger.Info("starting", {{"version", kVersion}});
  VEDETTE_TRY(const std::unique_ptr<App> app, App::New(std::move(config), clock, logger, log));
  VEDETTE_CHECK_OK(app->Start());
  int signal = 0;
  sigwait(&signals, &signal);
  logger.Info("signal received", {{"signal", signal}});
  // A second one ends the process at once.
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  app->Stop();
  return 0;
}

}  // namespace

Command ServeCommand() {
  return {{"serve",
           "",
           "Runs the system, or some of its roles, until SIGTERM or Ctrl-C.",
           {{"config", "FILE", "settings (see `vedette config docs`)"},
            {"roles", "A,B", "roles to run; overrides process.roles"},
            {"data", "DIR",
             "folder of keys and SQLite files; overrides process.data_dir and "
             "database.url"},
            {"set", "PATH=VALUE", "overrides a setting", {}, true}}},
          Run};
}

}  // namespace vedette::app
