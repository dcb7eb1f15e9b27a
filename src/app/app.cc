// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <openssl/rand.h>
#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/monitor/v1/monitor.vedette.h>
#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

#include "app/identity_key_source.h"
#include "app/ops_routes.h"
#include "app/roles.h"
#include "app/service_credential.h"
#include "app/version.h"
#include "base/bytes.h"
#include "kit/auth/token_verifier.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/guard.h"
#include "kit/rpc/rest.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/task/task_group.h"
#include "kit/telemetry/health.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/process_metrics.h"
#include "model/role_table.h"

namespace vedette::app {
namespace {

std::size_t ThreadCount(const ProcessConfig& config) {
  if (config.threads > 0) return static_cast<std::size_t>(config.threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

std::string RandomSecret() {
  std::array<unsigned char, 32> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
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

// Every role that a chosen role calls is chosen too, or has an address.
Status CheckWiring(const RoleSet& roles, const AppConfig& config) {
  for (const std::string& role : roles) {
    for (const std::string_view called : RolesCalledBy(role)) {
      if (roles.contains(called) || !config.peers.Of(called).empty()) continue;
      return Fail(Code::kInvalidArgument,
                  "role " + role + " calls " + std::string(called) +
                      ", which this process does not run: give its address in peers." +
                      std::string(called));
    }
  }
  const bool split = roles.size() != kRoles.size();
  if (split && config.process.service_secret.Reveal().empty()) {
    return Fail(Code::kInvalidArgument,
                "a process that runs some of the roles needs process.service_secret, the same in "
                "all processes of the system");
  }
  return {};
}

}  // namespace

struct App::Impl {
  Impl(AppConfig app_config, RoleSet role_set, const Clock& app_clock, Logger app_logger)
      : config(std::move(app_config)),
        roles(std::move(role_set)),
        clock(app_clock),
        logger(std::move(app_logger)),
        authorizer(DefaultRoleTable()),
        runtime(ThreadCount(config.process)) {}

  AppConfig config;
  const RoleSet roles;
  const Clock& clock;
  Logger logger;
  MetricsRegistry metrics;
  HealthRegistry health;
  Authorizer authorizer;
  Runtime runtime;

  std::shared_ptr<rpc::ClientPoller> poller;
  std::shared_ptr<ServiceCredential> credential;
  std::vector<std::unique_ptr<db::Database>> databases;
  std::vector<std::unique_ptr<Module>> modules;  // in the order of their start
  std::vector<std::unique_ptr<rpc::GrpcService>> grpc_services;
  // The guard of the module here, or a client.
  std::unique_ptr<identity::v1::IdentityApi> identity;
  std::unique_ptr<trial::v1::TrialApi> trial;
  std::unique_ptr<subject::v1::SubjectApi> subject;
  std::unique_ptr<rule::v1::RuleApi> rule;
  std::unique_ptr<monitor::v1::MonitorApi> monitor;
  std::unique_ptr<IdentityKeySource> key_source;
  std::unique_ptr<TokenVerifier> verifier;
  std::unique_ptr<rpc::RestAdapter> rest;
  http::Router router;
  std::unique_ptr<http::Server> http_server;
  std::unique_ptr<rpc::GrpcServer> grpc_server;
  std::atomic<bool> keys_known{false};
  TaskGroup tasks{logger};
  std::size_t started_modules = 0;
  bool stopped = false;

  bool Runs(std::string_view role) const { return roles.contains(role); }
  Logger LoggerOf(std::string_view role) const { return logger.With({{"role", role}}); }
  rpc::GuardDependencies Guarding(std::string_view role) {
    return {authorizer, metrics, clock, LoggerOf(role)};
  }

  Task<Status> Build();
  Task<Status> BuildModules();
  Task<Status> BuildGateway();
  Task<void> AwaitKeys();
  Task<Status> StartModules();
  Task<void> StopModules();
  Status OpenPorts();
  void ClosePorts();

  Task<Result<db::Database*>> OpenDatabase(std::string role);
  Result<std::shared_ptr<rpc::Channel>> ChannelTo(std::string_view role);
  template <class Api>
  Status Connect(std::string_view role,
                 std::unique_ptr<Api>& port,
                 std::unique_ptr<Api> (*make_client)(std::shared_ptr<rpc::Channel>));
  template <class Api, class ModuleType>
  void Offer(std::string_view role,
             std::unique_ptr<Api>& port,
             std::unique_ptr<ModuleType> module,
             std::unique_ptr<Api> (*make_guard)(Api&, rpc::GuardDependencies),
             std::unique_ptr<rpc::GrpcService> (*make_service)(Api&));
};

Task<Result<db::Database*>> App::Impl::OpenDatabase(std::string role) {
  VEDETTE_CO_TRY(std::unique_ptr<db::Database> database,
                 co_await db::Open(config.database, role, runtime, LoggerOf(role), metrics));
  databases.push_back(std::move(database));
  co_return databases.back().get();
}

Result<std::shared_ptr<rpc::Channel>> App::Impl::ChannelTo(std::string_view role) {
  if (!poller) poller = std::make_shared<rpc::ClientPoller>();
  rpc::ChannelOptions options;
  options.service = role;
  options.addresses = config.peers.Of(role);
  options.tls = config.peers.tls;
  options.ca_file = config.peers.ca_file;
  options.cert_file = config.peers.cert_file;
  options.key_file = config.peers.key_file;
  options.server_name = config.peers.server_name;
  return rpc::Channel::Create(std::move(options), poller, credential, clock);
}

template <class Api>
Status App::Impl::Connect(std::string_view role,
                          std::unique_ptr<Api>& port,
                          std::unique_ptr<Api> (*make_client)(std::shared_ptr<rpc::Channel>)) {
  if (config.peers.Of(role).empty()) return {};
  VEDETTE_TRY(std::shared_ptr<rpc::Channel> channel, ChannelTo(role));
  port = make_client(std::move(channel));
  return {};
}

template <class Api, class ModuleType>
void App::Impl::Offer(std::string_view role,
                      std::unique_ptr<Api>& port,
                      std::unique_ptr<ModuleType> module,
                      std::unique_ptr<Api> (*make_guard)(Api&, rpc::GuardDependencies),
                      std::unique_ptr<rpc::GrpcService> (*make_service)(Api&)) {
  port = make_guard(module->api(), Guarding(role));
  grpc_services.push_back(make_service(*port));
  health.AddCheck(std::string(role), [raw = module.get()] { return raw->Ready(); });
  modules.push_back(std::move(module));
}

Task<Status> App::Impl::BuildModules() {
  if (Runs("identity")) {
    VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("identity"));
    Offer("identity", identity,
          std::make_unique<identity::IdentityModule>(
              identity::IdentityDependencies{*database, clock, authorizer, LoggerOf("identity"),
                                             metrics},
              config.identity),
          identity::v1::MakeIdentityGuard, identity::v1::MakeIdentityGrpcService);
  } else {
    VEDETTE_CO_CHECK_OK(Connect("identity", identity, identity::v1::MakeIdentityClient));
  }
  credential = std::make_shared<ServiceCredential>(*identity, "vedette",
                                                   config.process.service_secret, clock);

  if (Runs("trial")) {
    VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("trial"));
    Offer("trial", trial,
          std::make_unique<trial::TrialModule>(
              trial::TrialDependencies{*database, clock, authorizer, LoggerOf("trial")},
              config.trial),
          trial::v1::MakeTrialGuard, trial::v1::MakeTrialGrpcService);
  } else {
    VEDETTE_CO_CHECK_OK(Connect("trial", trial, trial::v1::MakeTrialClient));
  }
  if (Runs("subject")) {
    VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("subject"));
    Offer(
        "subject", subject,
        std::make_unique<subject::SubjectModule>(
            subject::SubjectDependencies{*database, clock, authorizer, LoggerOf("subject"), *trial},
            config.subject),
        subject::v1::MakeSubjectGuard, subject::v1::MakeSubjectGrpcService);
  } else {
    VEDETTE_CO_CHECK_OK(Connect("subject", subject, subject::v1::MakeSubjectClient));
  }
  if (Runs("rule")) {
    VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("rule"));
    Offer("rule", rule,
          std::make_unique<rule::RuleModule>(
              rule::RuleDependencies{*database, clock, authorizer, LoggerOf("rule"), *trial},
              config.rule),
          rule::v1::MakeRuleGuard, rule::v1::MakeRuleGrpcService);
  } else {
    VEDETTE_CO_CHECK_OK(Connect("rule", rule, rule::v1::MakeRuleClient));
  }
  if (Runs("monitor")) {
    VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("monitor"));
    Offer("monitor", monitor,
          std::make_unique<monitor::MonitorModule>(
              monitor::MonitorDependencies{*database, clock, authorizer, LoggerOf("monitor"),
                                           metrics, runtime, *trial, *subject, *rule},
              config.monitor),
          monitor::v1::MakeMonitorGuard, monitor::v1::MakeMonitorGrpcService);
  } else {
    VEDETTE_CO_CHECK_OK(Connect("monitor", monitor, monitor::v1::MakeMonitorClient));
  }
  co_return Status();
}

Task<Status> App::Impl::BuildGateway() {
  AddOpsRoutes(router, health, metrics);
  if (!Runs("gateway")) co_return Status();
  auto module = std::make_unique<gateway::GatewayModule>(
      gateway::GatewayDependencies{*identity, *trial, *subject, *rule, *monitor, *rest,
                                   LoggerOf("gateway")},
      config.gateway);
  VEDETTE_CO_CHECK_OK(module->AddRoutes(router));
  modules.push_back(std::move(module));
  // The edge takes gRPC for every role; what runs elsewhere is passed on.
  if (!Runs("identity")) grpc_services.push_back(identity::v1::MakeIdentityGrpcService(*identity));
  if (!Runs("trial")) grpc_services.push_back(trial::v1::MakeTrialGrpcService(*trial));
  if (!Runs("subject")) grpc_services.push_back(subject::v1::MakeSubjectGrpcService(*subject));
  if (!Runs("rule")) grpc_services.push_back(rule::v1::MakeRuleGrpcService(*rule));
  if (!Runs("monitor")) grpc_services.push_back(monitor::v1::MakeMonitorGrpcService(*monitor));
  co_return Status();
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

Task<Status> App::Impl::Build() {
  AddProcessMetrics(metrics, kVersion);
  VEDETTE_CO_CHECK_OK(MakeDataFolder(config.process.data_dir));
  VEDETTE_CO_CHECK_OK(co_await BuildModules());
  key_source = std::make_unique<IdentityKeySource>(*identity);
  verifier = std::make_unique<TokenVerifier>(*key_source, clock, metrics, logger);
  rest = std::make_unique<rpc::RestAdapter>(*verifier);
  health.AddCheck("tokens", [this]() -> Status {
    if (keys_known) return {};
    return Fail(Code::kUnavailable, "identity has not told its public keys yet");
  });
  co_return co_await BuildGateway();
}

Task<Status> App::Impl::StartModules() {
  for (const auto& module : modules) {
    ++started_modules;  // one whose start failed is stopped too
    VEDETTE_CO_CHECK_OK(co_await module->Start());
  }
  co_return Status();
}

Task<void> App::Impl::StopModules() {
  while (started_modules > 0) co_await modules[--started_modules]->Stop();
  for (const auto& database : databases) co_await database->Close();
}

Status App::Impl::OpenPorts() {
  grpc_server = std::make_unique<rpc::GrpcServer>(
      config.rpc, rpc::GrpcServerDependencies{runtime, *verifier, clock, metrics, logger});
  for (auto& service : grpc_services) grpc_server->Add(std::move(service));
  VEDETTE_CHECK_OK(grpc_server->Start());
  http_server =
      std::make_unique<http::Server>(config.http, router, runtime, logger, metrics, clock);
  return http_server->Start();
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

Result<std::unique_ptr<App>> App::New(AppConfig config, const Clock& clock, Logger logger) {
  VEDETTE_TRY(RoleSet roles, ParseRoles(config.process.roles));
  VEDETTE_CHECK_OK(CheckWiring(roles, config));
  // Alone, a process needs no secret that others know.
  if (config.process.service_secret.Reveal().empty()) {
    config.process.service_secret = Sensitive<std::string>(RandomSecret());
  }
  config.identity.service_secret = config.process.service_secret;
  config.identity.data_dir = config.process.data_dir;
  config.subject.data_dir = config.process.data_dir;
  return std::unique_ptr<App>(new App(
      std::make_unique<Impl>(std::move(config), std::move(roles), clock, std::move(logger))));
}

Status App::Start() {
  Impl& impl = *impl_;
  Status status = Await<Status>(impl.runtime, [&] { return impl.Build(); });
  if (status) status = Await<Status>(impl.runtime, [&] { return impl.StartModules(); });
  if (status) status = impl.OpenPorts();
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
  impl.logger.Info("stopping");
  impl.health.SetStopping();
  if (impl.grpc_server) impl.grpc_server->SetServing(false);
  std::this_thread::sleep_for(impl.config.process.shutdown_delay);
  impl.ClosePorts();
  impl.tasks.Cancel();
  impl.runtime.RunBlocking([&] { return impl.tasks.Join(); });
  impl.runtime.RunBlocking([&] { return impl.StopModules(); });
  impl.logger.Info("stopped");
}

std::uint16_t App::http_port() const { return impl_->http_server->port(); }

std::uint16_t App::rpc_port() const {
  const std::string address = impl_->grpc_server->address();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

}  // namespace vedette::app
