// SPDX-License-Identifier: Apache-2.0
#include "app/wiring.h"

#include <utility>

namespace vedette::app {
namespace {

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ",") + text;
  return joined;
}

}  // namespace

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

Wiring::Wiring(const AppConfig& config, const RoleSet& roles, Platform platform)
    : config_(config), roles_(roles), platform_(std::move(platform)) {}

Task<Result<db::Database*>> Wiring::OpenDatabase(std::string role) {
  VEDETTE_CO_TRY(std::unique_ptr<db::Database> database,
                 co_await db::Open(config_.database, role, platform_.runtime, LoggerOf(role),
                                   platform_.metrics, &platform_.governance.tracer()));
  databases_.push_back(std::move(database));
  co_return databases_.back().get();
}

template <class Api>
Status Wiring::Connect(std::string_view role,
                       std::unique_ptr<Api>& api,
                       std::unique_ptr<Api> (*make_client)(std::shared_ptr<rpc::Channel>)) {
  if (config_.peers.Of(role).empty()) return {};
  Governance& governance = platform_.governance;
  VEDETTE_TRY(auto resolver, governance.discovery().MakeResolver(Joined(config_.peers.Of(role))));
  VEDETTE_TRY(
      std::shared_ptr<rpc::Channel> channel,
      rpc::Channel::Create(config_.peers.ChannelTo(role), {.poller = governance.poller(),
                                                           .credentials = credential_,
                                                           .clock = platform_.clock,
                                                           .random = governance.random(),
                                                           .metrics = platform_.metrics,
                                                           .tracer = governance.tracer(),
                                                           .breakers = governance.breakers(),
                                                           .resolver = std::move(resolver)}));
  channels_.push_back(channel);
  api = make_client(std::move(channel));
  return {};
}

template <class Api, class ModuleType>
void Wiring::Offer(std::string_view role,
                   std::unique_ptr<Api>& api,
                   std::unique_ptr<ModuleType> module,
                   std::unique_ptr<Api> (*make_guard)(Api&, rpc::GuardDependencies)) {
  api = make_guard(module->api(), {.authorizer = platform_.authorizer,
                                   .metrics = platform_.metrics,
                                   .clock = platform_.clock,
                                   .logger = LoggerOf(role),
                                   .default_timeout = config_.ingress.default_timeout,
                                   .tracer = &platform_.governance.tracer(),
                                   .slow_operations = &platform_.governance.slow_operations()});
  platform_.health.AddCheck(std::string(role), [raw = module.get()] { return raw->Ready(); });
  modules_.push_back(std::move(module));
}

Task<Status> Wiring::BuildIdentity() {
  if (!Runs("identity")) {
    VEDETTE_CO_CHECK_OK(Connect("identity", apis_.identity, identity::v1::MakeIdentityClient));
  } else {
    VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("identity"));
    Offer("identity", apis_.identity,
          std::make_unique<identity::IdentityModule>(
              identity::IdentityDependencies{*database, platform_.clock, platform_.authorizer,
                                             LoggerOf("identity"), platform_.metrics},
              config_.identity),
          identity::v1::MakeIdentityGuard);
  }
  credential_ = std::make_shared<ServiceCredential>(
      *apis_.identity, "vedette", config_.process.service_secret, platform_.clock);
  co_return Status();
}

Task<Status> Wiring::BuildTrial() {
  if (!Runs("trial")) co_return Connect("trial", apis_.trial, trial::v1::MakeTrialClient);
  VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("trial"));
  auto module = std::make_unique<trial::TrialModule>(
      trial::TrialDependencies{.database = *database,
                               .clock = platform_.clock,
                               .authorizer = platform_.authorizer,
                               .logger = LoggerOf("trial"),
                               .metrics = &platform_.metrics,
                               .shared_cache = platform_.governance.cache_store()},
      config_.trial);
  trial_ = module.get();
  Offer("trial", apis_.trial, std::move(module), trial::v1::MakeTrialGuard);
  co_return Status();
}

Task<Status> Wiring::BuildSubject() {
  if (!Runs("subject")) co_return Connect("subject", apis_.subject, subject::v1::MakeSubjectClient);
  VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("subject"));
  Offer("subject", apis_.subject,
        std::make_unique<subject::SubjectModule>(
            subject::SubjectDependencies{*database, platform_.clock, platform_.authorizer,
                                         LoggerOf("subject"), *apis_.trial},
            config_.subject),
        subject::v1::MakeSubjectGuard);
  co_return Status();
}

Task<Status> Wiring::BuildRule() {
  if (!Runs("rule")) co_return Connect("rule", apis_.rule, rule::v1::MakeRuleClient);
  VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("rule"));
  auto module = std::make_unique<rule::RuleModule>(
      rule::RuleDependencies{*database, platform_.clock, platform_.authorizer, LoggerOf("rule"),
                             platform_.runtime, *apis_.identity, *apis_.trial,
                             [this]() -> monitor::v1::MonitorApi& { return *apis_.monitor; },
                             platform_.metrics, &platform_.governance.tracer()},
      config_.rule);
  rule_ = module.get();
  Offer("rule", apis_.rule, std::move(module), rule::v1::MakeRuleGuard);
  co_return Status();
}

Task<Status> Wiring::BuildMonitor() {
  if (!Runs("monitor")) co_return Connect("monitor", apis_.monitor, monitor::v1::MakeMonitorClient);
  VEDETTE_CO_TRY(db::Database * database, co_await OpenDatabase("monitor"));
  auto module = std::make_unique<monitor::MonitorModule>(
      monitor::MonitorDependencies{*database, platform_.clock, platform_.authorizer,
                                   LoggerOf("monitor"), platform_.metrics, platform_.runtime,
                                   *apis_.trial, *apis_.subject, *apis_.rule, *apis_.identity,
                                   &platform_.governance.tracer()},
      config_.monitor);
  monitor_ = module.get();
  Offer("monitor", apis_.monitor, std::move(module), monitor::v1::MakeMonitorGuard);
  co_return Status();
}

Task<Status> Wiring::Build() {
  VEDETTE_CO_CHECK_OK(co_await BuildIdentity());
  VEDETTE_CO_CHECK_OK(co_await BuildTrial());
  VEDETTE_CO_CHECK_OK(co_await BuildSubject());
  VEDETTE_CO_CHECK_OK(co_await BuildRule());
  co_return co_await BuildMonitor();
}

void Wiring::Add(std::unique_ptr<Module> module) { modules_.push_back(std::move(module)); }

Task<Status> Wiring::Start() {
  for (const auto& module : modules_) {
    ++started_;  // one whose start failed is stopped too
    VEDETTE_CO_CHECK_OK(co_await module->Start());
  }
  co_return Status();
}

Task<void> Wiring::Stop() {
  while (started_ > 0) co_await modules_[--started_]->Stop();
  for (const auto& database : databases_) co_await database->Close();
}

std::vector<std::unique_ptr<rpc::GrpcService>> Wiring::TakeGrpcServices() {
  std::vector<std::unique_ptr<rpc::GrpcService>> services;
  const auto offered = [&](std::string_view role) { return Runs(role) || Runs("gateway"); };
  if (offered("identity")) {
    services.push_back(identity::v1::MakeIdentityGrpcService(*apis_.identity));
  }
  if (offered("trial")) services.push_back(trial::v1::MakeTrialGrpcService(*apis_.trial));
  if (offered("subject")) services.push_back(subject::v1::MakeSubjectGrpcService(*apis_.subject));
  if (offered("rule")) services.push_back(rule::v1::MakeRuleGrpcService(*apis_.rule));
  if (offered("monitor")) services.push_back(monitor::v1::MakeMonitorGrpcService(*apis_.monitor));
  return services;
}

std::vector<rpc::ChannelState> Wiring::Channels() const {
  std::vector<rpc::ChannelState> states;
  for (const auto& channel : channels_) states.push_back(channel->Snapshot());
  return states;
}

std::vector<cache::CacheSnapshot> Wiring::Caches() const {
  return trial_ == nullptr ? std::vector<cache::CacheSnapshot>() : trial_->CacheSnapshots();
}

std::optional<queue::OutboxRelay::State> Wiring::Outbox() const {
  if (monitor_ == nullptr) return std::nullopt;
  return monitor_->OutboxState();
}

std::optional<queue::JobRunner::State> Wiring::Jobs() const {
  if (rule_ == nullptr) return std::nullopt;
  return rule_->JobState();
}

std::vector<db::DatabaseState> Wiring::Databases() const {
  std::vector<db::DatabaseState> states;
  for (const auto& database : databases_) states.push_back(database->Snapshot());
  return states;
}

}  // namespace vedette::app
