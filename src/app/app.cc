// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "app/governance.h"
#include "app/identity_key_source.h"
#include "app/ops_routes.h"
#include "app/roles.h"
#include "app/status_sections.h"
#include "app/version.h"
#include "app/wiring.h"
#include "base/bytes.h"
#include "kit/auth/token_verifier.h"
#include "kit/profile/profile_routes.h"
#include "kit/rpc/rest.h"
#include "kit/service/ops_access.h"
#include "kit/service/status_routes.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"
#include "kit/telemetry/process_metrics.h"
#include "kit/telemetry/process_status.h"
#include "model/role_table.h"

namespace vedette::app {
namespace {

// What is left of traces when everything else has ended is sent for so long.
constexpr std::chrono::milliseconds kTelemetryGrace{2000};
// etcd forgets by itself who could not tell it in this time.
constexpr std::chrono::milliseconds kDeregisterGrace{2000};

std::size_t ThreadCount(const ProcessConfig& config) {
  if (config.threads > 0) return static_cast<std::size_t>(config.threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

std::string RandomSecret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
    throw std::runtime_error("the random generator of the operating system failed");
  }
  return Base64UrlEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Keys are kept there, so it is nobody else's.
Status MakeDataFolder(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool created = fs::create_directories(path, error);
  if (error) {
    return Fail(Code::kInvalidArgument,
                "cannot make the folder process.data_dir, " + path + ": " + error.message());
  }
  if (created) fs::permissions(path, fs::perms::owner_all, error);
  return {};
}

}  // namespace

struct App::Impl {
  Impl(AppConfig app_config,
       RoleSet role_set,
       const Clock& app_clock,
       Logger app_logger,
       LogHandles log_handles)
      : config(std::move(app_config)),
        roles(std::move(role_set)),
        clock(app_clock),
        logger(std::move(app_logger)),
        log(std::move(log_handles)),
        authorizer(DefaultRoleTable()),
        runtime(ThreadCount(config.process)) {}

  const AppConfig config;
  const RoleSet roles;
  const Clock& clock;
  Logger logger;
  const LogHandles log;
  MetricsRegistry metrics;
  HealthRegistry health;
  Authorizer authorizer;
  Runtime runtime;
  std::unique_ptr<Governance> governance;
  std::unique_ptr<Wiring> wiring;
  std::unique_ptr<Profiler> profiler;
  StatusRegistry status;
  TaskGroup tasks{logger};
  std::unique_ptr<IdentityKeySource> key_source;
  std::unique_ptr<TokenVerifier> verifier;
  std::unique_ptr<OpsAccess> ops_access;
  std::optional<MetricsAccess> metrics_access;
  std::unique_ptr<rpc::RestAdapter> rest;
  http::Router router;
  std::unique_ptr<http::Server> http_server;
  std::unique_ptr<rpc::GrpcServer> grpc_server;
  std::unique_ptr<discovery::Registrar> registrar;
  std::atomic<bool> keys_known{false};
  bool stopped = false;

  Status Govern();
  Task<Status> Build();
  void BuildOps();
  Status BuildGateway();
  void BuildRpc();
  Task<void> AwaitKeys();
  Status OpenPorts();
  Task<Status> Register();
  void ClosePorts();
};

Status App::Impl::Govern() {
  VEDETTE_TRY(metrics_access, MetricsAccess::Load(config.metrics));
  VEDETTE_TRY(
      governance,
      Governance::Create(
          config,
          {.clock = clock, .metrics = metrics, .runtime = runtime, .logger = logger, .log = log}));
  wiring = std::make_unique<Wiring>(
      config, roles, Platform{clock, logger, metrics, health, authorizer, runtime, *governance});
  return {};
}

void App::Impl::BuildRpc() {
  grpc_server = std::make_unique<rpc::GrpcServer>(
      config.rpc, rpc::GrpcServerDependencies{.runtime = runtime,
                                              .authenticator = *verifier,
                                              .clock = clock,
                                              .metrics = metrics,
                                              .logger = logger,
                                              .ingress = &governance->ingress(),
                                              .tracer = &governance->tracer(),
                                              .partners = governance->partners()});
  for (auto& service : wiring->TakeGrpcServices()) grpc_server->Add(std::move(service));
}

Task<Status> App::Impl::Build() {
  AddProcessMetrics(metrics, kVersion);
  VEDETTE_CO_CHECK_OK(MakeDataFolder(config.process.data_dir));
  VEDETTE_CO_CHECK_OK(co_await wiring->Build());
  key_source = std::make_unique<IdentityKeySource>(*wiring->apis().identity);
  verifier = std::make_unique<TokenVerifier>(*key_source, clock, metrics, logger);
  rest = std::make_unique<rpc::RestAdapter>(*verifier, rpc::RestOptions(), &governance->ingress(),
                                            governance->partners());
  health.AddCheck("tokens", [this]() -> Status {
    if (keys_known) return {};
    return Fail(Code::kUnavailable, "identity has not told its public keys yet");
  });
  BuildOps();
  if (roles.contains("gateway")) VEDETTE_CO_CHECK_OK(BuildGateway());
  BuildRpc();
  // Every operation that is offered has declared its feature now.
  VEDETTE_CO_CHECK_OK(governance->FollowLiveValues());
  co_return co_await wiring->Start();
}

void App::Impl::BuildOps() {
  ops_access = std::make_unique<OpsAccess>(config.ops, *verifier, authorizer, clock);
  profiler = std::make_unique<Profiler>(config.profile);
  AddProcessStatus(status, std::string(kVersion), {roles.begin(), roles.end()}, clock);
  status.Add("connections", "Connections", [this] {
    return StatusPairs{{{"HTTP", http_server ? http_server->connections() : 0},
                        {"gRPC calls", grpc_server ? grpc_server->calls() : 0}}};
  });
  AddStatusSections(status, *governance, *wiring);
  AddOpsRoutes(router, health, metrics, *metrics_access, *ops_access);
  AddStatusRoutes(router, *ops_access, status);
  AddProfileRoutes(router, *ops_access, *profiler);
}

Status App::Impl::BuildGateway() {
  Apis& apis = wiring->apis();
  auto module = std::make_unique<gateway::GatewayModule>(
      gateway::GatewayDependencies{*apis.identity, *apis.trial, *apis.subject, *apis.rule,
                                   *apis.monitor, *rest, logger.With({{"role", "gateway"}})},
      config.gateway);
  VEDETTE_CHECK_OK(module->AddRoutes(router));
  wiring->Add(std::move(module));
  return {};
}

// Identity may start after this process. Until it answered once, nobody's token can be checked
// here.
Task<void> App::Impl::AwaitKeys() {
  while (true) {
    const auto keys = co_await key_source->Fetch(Deadline::After(clock, std::chrono::seconds(5)));
    if (keys) break;
    co_await SleepFor(std::chrono::milliseconds(200));
  }
  keys_known = true;
}

Status App::Impl::OpenPorts() {
  VEDETTE_CHECK_OK(grpc_server->Start());
  http_server = std::make_unique<http::Server>(config.http, router, runtime, logger, metrics, clock,
                                               &governance->tracer());
  return http_server->Start();
}

// After listening, so that nobody is sent to a closed port.
Task<Status> App::Impl::Register() {
  registrar = governance->discovery().MakeRegistrar();
  for (const std::string& role : roles) {
    VEDETTE_CO_CHECK_OK(co_await registrar->Register(
        role, role == "gateway" ? http_server->Addr() : grpc_server->address()));
  }
  co_return Status();
}

void App::Impl::ClosePorts() {
  if (http_server) {
    runtime.RunBlocking([this] { return http_server->Stop(config.process.drain); });
    runtime.RunBlocking([this] { return rest->Stop(); });
  }
  if (grpc_server) grpc_server->Shutdown(config.process.drain);
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

App::~App() { Stop(); }

Result<std::unique_ptr<App>> App::New(AppConfig config,
                                      const Clock& clock,
                                      Logger logger,
                                      LogHandles log) {
  VEDETTE_TRY(RoleSet roles, ParseRoles(config.process.roles));
  VEDETTE_CHECK_OK(CheckWiring(roles, config));
  // Alone, a process needs no secret that others know.
  if (config.process.service_secret.Reveal().empty()) {
    config.process.service_secret = Sensitive<std::string>(RandomSecret());
  }
  config.identity.service_secret = config.process.service_secret;
  config.identity.data_dir = config.process.data_dir;
  config.subject.data_dir = config.process.data_dir;
  auto impl = std::make_unique<Impl>(std::move(config), std::move(roles), clock, std::move(logger),
                                     std::move(log));
  VEDETTE_CHECK_OK(impl->Govern());
  return std::unique_ptr<App>(new App(std::move(impl)));
}

Status App::Start() {
  Impl& impl = *impl_;
  Status status = Await<Status>(impl.runtime, [&] { return impl.Build(); });
  if (status) status = impl.OpenPorts();
  if (status) status = Await<Status>(impl.runtime, [&] { return impl.Register(); });
  if (!status) {
    Stop();
    return status;
  }
  impl.tasks.Spawn(impl.runtime.Next(), "await keys", [&impl] { return impl.AwaitKeys(); });
  impl.health.SetServing();
  impl.logger.Info("serving",
                   {{"http", impl.http_server->Addr()}, {"rpc", impl.grpc_server->address()}});
  return {};
}

void App::Stop() {
  Impl& impl = *impl_;
  if (std::exchange(impl.stopped, true)) return;
  const SteadyTime begin = impl.clock.SteadyNow();
  const auto step = [&](const char* name, const std::function<void()>& run) {
    run();
    impl.logger.Info("stopping",
                     {{"done", name},
                      {"after_ms", std::chrono::duration_cast<std::chrono::milliseconds>(
                                       impl.clock.SteadyNow() - begin)
                                       .count()}});
  };
  step("readiness off", [&] {
    impl.health.SetStopping();
    if (impl.grpc_server) impl.grpc_server->SetServing(false);
  });
  step("deregistered", [&] {
    if (impl.registrar) {
      impl.runtime.RunBlocking([&] {
        return impl.registrar->Deregister(begin +
                                          std::min(kDeregisterGrace, impl.config.process.drain));
      });
    }
  });
  step("others have noticed",
       [&] { std::this_thread::sleep_for(impl.config.process.shutdown_delay); });
  step("requests finished", [&] { impl.ClosePorts(); });
  step("tasks ended", [&] {
    impl.tasks.Cancel();
    impl.runtime.RunBlocking([&] { return impl.tasks.Join(); });
  });
  step("modules stopped, stores closed", [&] {
    if (impl.wiring) impl.runtime.RunBlocking([&] { return impl.wiring->Stop(); });
  });
  step("connections closed", [&] {
    if (impl.governance) {
      impl.runtime.RunBlocking([&] { return impl.governance->Close(); });
    }
  });
  step("telemetry flushed", [&] {
    if (impl.governance) impl.governance->FlushTelemetry(kTelemetryGrace);
  });
  impl.logger.Info("stopped");
}

std::uint16_t App::http_port() const { return impl_->http_server->port(); }

std::uint16_t App::rpc_port() const {
  const std::string address = impl_->grpc_server->address();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

}  // namespace vedette::app
