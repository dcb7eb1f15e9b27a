// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "app/live_values.h"
#include "app/metrics_access.h"
#include "base/sensitive.h"
#include "kit/breaker/breaker_registry.h"
#include "kit/config/section.h"
#include "kit/db/open.h"
#include "kit/discovery/options.h"
#include "kit/http/server.h"
#include "kit/limit/options.h"
#include "kit/profile/profiler.h"
#include "kit/redis/options.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/grpc_server.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/partner_signatures.h"
#include "kit/service/ops_access.h"
#include "kit/shed/cpu_reader.h"
#include "kit/shed/shedder.h"
#include "kit/telemetry/otlp/telemetry_options.h"
#include "services/gateway/module.h"
#include "services/identity/module.h"
#include "services/monitor/module.h"
#include "services/rule/module.h"
#include "services/subject/module.h"
#include "services/trial/module.h"

namespace vedette::app {

// The process itself.
struct ProcessConfig {
  std::vector<std::string> roles = {"all"};
  std::string data_dir = "./data";
  std::int64_t threads = 0;
  std::string log_level = "info";
  std::chrono::milliseconds drain = std::chrono::seconds(10);
  std::chrono::milliseconds shutdown_delay{0};
  Sensitive<std::string> service_secret;

  void Describe(config::Section& section);
};

// Where the roles that run in other processes are, and how they are called. Each role is a list of
// addresses, or one target as discovery::Discovery::MakeResolver takes it ("etcd:trial").
struct PeersConfig {
  std::vector<std::string> identity;
  std::vector<std::string> trial;
  std::vector<std::string> subject;
  std::vector<std::string> rule;
  std::vector<std::string> monitor;
  bool tls = false;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;
  std::chrono::milliseconds keepalive_interval = std::chrono::seconds(10);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(3);
  std::int64_t stale_cache_bytes = 16 << 20;
  rpc::RetryOptions retry;
  EjectionOptions ejection;

  void Describe(config::Section& section);
  const std::vector<std::string>& Of(std::string_view role) const;
  // The way to a role, without its addresses.
  rpc::ChannelOptions ChannelTo(std::string_view role) const;
};

// Everything a process can be told, a section a module.
struct AppConfig {
  ProcessConfig process;
  http::ServerOptions http;
  rpc::GrpcServerOptions rpc;
  PeersConfig peers;
  discovery::DiscoveryOptions discovery;
  rpc::IngressOptions ingress;
  rpc::PartnerOptions partners;
  ShedOptions shed;
  CpuReaderOptions shed_cpu;
  BreakerRegistryOptions breaker;
  redis::RedisOptions redis;
  LimiterOptions limiter;
  TelemetryOptions telemetry;
  ProfileOptions profile;
  OpsOptions ops;
  MetricsOptions metrics;
  LiveOptions live;
  db::DatabaseConfig database;
  identity::IdentityConfig identity;
  trial::TrialConfig trial;
  subject::SubjectConfig subject;
  rule::RuleConfig rule;
  monitor::MonitorConfig monitor;
  gateway::GatewayConfig gateway;

  // Calls `visit(name, config, text)` for each section, in the order of the documentation.
  template <class Visitor>
  void VisitSections(Visitor visit) {
    visit("process", process, "The process itself.");
    visit("http", http, "The HTTP port: REST, live feed, page, health and metrics.");
    visit("rpc", rpc, "The gRPC port.");
    visit("peers", peers, "Where the roles are that this process does not run.");
    visit("discovery", discovery, "How processes find each other.");
    visit("ingress", ingress, "What calls are let in.");
    visit("partners", partners, "Callers who sign their requests.");
    visit("shed", shed, "What is refused while the processors are busy.");
    visit("cpu", shed_cpu, "How busy the processors are.");
    visit("breaker", breaker, "When what fails too often is left alone: peers, databases.");
    visit("redis", redis, "Redis, for what replicas share: budgets, caches, nonces.");
    visit("limiter", limiter, "Where budgets are counted.");
    visit("telemetry", telemetry, "Traces.");
    visit("profile", profile, "Profiles of the process.");
    visit("ops", ops, "Who may look into the process: /debug.");
    visit("metrics", metrics, "Who may read /metrics.");
    visit("live", live, "Values that change while the process runs.");
    visit("database", database, "The store of every role in this process.");
    visit("identity", identity, "Users and tokens.");
    visit("trial", trial, "Studies.");
    visit("subject", subject, "Subjects and their sealed data.");
    visit("rule", rule, "Rules.");
    visit("monitor", monitor, "The event log and alerts.");
    visit("gateway", gateway, "The edge.");
  }
};

// Reads a file (empty path: defaults alone) and then `overrides`, each "section.key=value". The
// error names every problem with its line.
Result<AppConfig> LoadConfig(const std::string& path, const std::vector<std::string>& overrides);

// docs/config.md.
std::string ConfigReference();

}  // namespace vedette::app
