// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/identity/v1/identity.vedette.h>
#include <vedette/monitor/v1/monitor.vedette.h>
#include <vedette/rule/v1/rule.vedette.h>
#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/governance.h"
#include "app/roles.h"
#include "app/service_credential.h"
#include "base/clock.h"
#include "base/log.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/grpc_service.h"
#include "kit/rpc/guard.h"
#include "kit/service/module.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/health.h"
#include "kit/telemetry/metrics.h"

namespace vedette::app {

// What a process gives to its modules.
struct Platform {
  const Clock& clock;
  Logger logger;
  MetricsRegistry& metrics;
  HealthRegistry& health;
  const Authorizer& authorizer;
  Runtime& runtime;
  Governance& governance;
};

// Every role's interface as this process sees it: the guard of the module here, or a client of the
// peer; null for a role that is neither.
struct Apis {
  std::unique_ptr<identity::v1::IdentityApi> identity;
  std::unique_ptr<trial::v1::TrialApi> trial;
  std::unique_ptr<subject::v1::SubjectApi> subject;
  std::unique_ptr<rule::v1::RuleApi> rule;
  std::unique_ptr<monitor::v1::MonitorApi> monitor;
};

// Whether every role that a chosen role calls is chosen too or has an address, and a split system
// has its secret; kInvalidArgument says what is missing.
Status CheckWiring(const RoleSet& roles, const AppConfig& config);

// The modules of the chosen roles with their stores, each holding the interfaces it calls. The
// references outlive it; Stop before its destruction.
class Wiring {
 public:
  Wiring(const AppConfig& config, const RoleSet& roles, Platform platform);

  // Opens the stores and makes the modules. Once.
  Task<Status> Build();
  // A further module, started after those that are there.
  void Add(std::unique_ptr<Module> module);

  // In order; the first failure ends it.
  Task<Status> Start();
  // In reverse order, those that Start came to; then closes the stores. Harmless when repeated.
  Task<void> Stop();

  Apis& apis() { return apis_; }
  // What this process offers through gRPC: its own roles and, at the edge, the others too, which
  // are passed on. Once.
  std::vector<std::unique_ptr<rpc::GrpcService>> TakeGrpcServices();

  // For the status page. Thread-safe once built.
  std::vector<rpc::ChannelState> Channels() const;
  std::vector<db::DatabaseState> Databases() const;
  std::vector<cache::CacheSnapshot> Caches() const;
  std::optional<queue::OutboxRelay::State> Outbox() const;  // nullopt without the role monitor
  std::optional<queue::JobRunner::State> Jobs() const;      // nullopt without the role rule

 private:
  bool Runs(std::string_view role) const { return roles_.contains(role); }
  Logger LoggerOf(std::string_view role) const { return platform_.logger.With({{"role", role}}); }
  Task<Result<db::Database*>> OpenDatabase(std::string role);

  Task<Status> BuildIdentity();
  Task<Status> BuildTrial();
  Task<Status> BuildSubject();
  Task<Status> BuildRule();
  Task<Status> BuildMonitor();

  template <class Api>
  Status Connect(std::string_view role,
                 std::unique_ptr<Api>& api,
                 std::unique_ptr<Api> (*make_client)(std::shared_ptr<rpc::Channel>));
  template <class Api, class ModuleType>
  void Offer(std::string_view role,
             std::unique_ptr<Api>& api,
             std::unique_ptr<ModuleType> module,
             std::unique_ptr<Api> (*make_guard)(Api&, rpc::GuardDependencies));

  const AppConfig& config_;
  const RoleSet& roles_;
  const Platform platform_;
  std::shared_ptr<ServiceCredential> credential_;
  std::vector<std::shared_ptr<rpc::Channel>> channels_;
  std::vector<std::unique_ptr<db::Database>> databases_;
  std::vector<std::unique_ptr<Module>> modules_;  // in the order of their start
  std::size_t started_ = 0;
  const trial::TrialModule* trial_ = nullptr;  // among modules_, if they run here
  const rule::RuleModule* rule_ = nullptr;
  const monitor::MonitorModule* monitor_ = nullptr;
  Apis apis_;
};

}  // namespace vedette::app
