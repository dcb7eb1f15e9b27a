// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "app/config.h"
#include "app/live_values.h"
#include "app/log_handles.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "kit/auth/nonce_store.h"
#include "kit/breaker/breaker_registry.h"
#include "kit/cache/cache_store.h"
#include "kit/config/live.h"
#include "kit/discovery/discovery.h"
#include "kit/limit/limiter.h"
#include "kit/limit/redis_limiter.h"
#include "kit/redis/client.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/ingress.h"
#include "kit/rpc/partner_signatures.h"
#include "kit/shed/cpu_reader.h"
#include "kit/shed/degradation.h"
#include "kit/shed/shedder.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"
#include "kit/telemetry/otlp/otlp_tracer.h"
#include "kit/telemetry/slow_operations.h"
#include "kit/telemetry/tracer.h"

namespace vedette::app {

// What governs a process, made once and shared by all its roles: what it traces with, whom it lets
// in, what it calls others through, and the values that change while it runs. The references
// outlive it; Close before its destruction.
class Governance {
 public:
  struct Dependencies {
    const Clock& clock;
    MetricsRegistry& metrics;
    Runtime& runtime;
    Logger logger;
    LogHandles log;
  };

  // kInvalidArgument for settings that cannot be used: files, URLs, endpoints.
  static Result<std::unique_ptr<Governance>> Create(const AppConfig& config,
                                                    Dependencies dependencies);
  ~Governance();

  RandomSource& random() { return random_; }
  Tracer& tracer() { return *tracer_; }
  BreakerRegistry& breakers() { return breakers_; }
  Shedder& shedder() { return shedder_; }
  Degradation& degradation() { return degradation_; }
  rpc::Ingress& ingress() { return *ingress_; }
  rpc::PartnerSignatures* partners() { return partners_.get(); }
  discovery::Discovery& discovery() { return *discovery_; }
  redis::Client* redis() { return redis_.get(); }            // null: there is none
  cache::CacheStore* cache_store() { return cache_.get(); }  // null: in process
  SlowOperations& slow_operations() { return slow_; }
  const CpuReader& cpu() const { return cpu_; }
  std::shared_ptr<rpc::ClientPoller> poller() { return poller_; }
  config::LiveConfig<LiveValues>& live() { return *live_; }
  OtlpTracer* otlp() { return otlp_; }
  RedisLimiter* redis_limiter() { return redis_limiter_; }

  // Takes live values from their sources. Once, when every feature is declared.
  Status FollowLiveValues();

  // After everything that uses it.
  Task<void> Close();
  // Sends the spans that are left, for at most `grace`. Blocks. After Close.
  void FlushTelemetry(std::chrono::milliseconds grace);

 private:
  Governance(const AppConfig& config, Dependencies dependencies);
  Status Open();
  Status OpenTracer();
  Status OpenRedis();
  void Apply(const LiveValues& values);
  std::vector<std::string> Known(std::vector<std::string> features) const;

  const AppConfig& config_;
  const Dependencies dependencies_;
  SystemRandom random_;
  std::shared_ptr<rpc::ClientPoller> poller_;
  std::unique_ptr<Tracer> tracer_;
  OtlpTracer* otlp_ = nullptr;
  BreakerRegistry breakers_;
  CgroupCpuReader cpu_;
  Shedder shedder_;
  Degradation degradation_;
  SlowOperations slow_;
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<cache::CacheStore> cache_;
  std::unique_ptr<Limiter> limiter_;
  RedisLimiter* redis_limiter_ = nullptr;
  std::unique_ptr<NonceStore> nonces_;
  std::unique_ptr<rpc::Ingress> ingress_;
  std::unique_ptr<rpc::PartnerSignatures> partners_;
  std::unique_ptr<discovery::Discovery> discovery_;
  std::unique_ptr<config::LiveConfig<LiveValues>> live_;
  std::unique_ptr<config::LiveConfig<LiveValues>::Subscription> applied_;
};

}  // namespace vedette::app
