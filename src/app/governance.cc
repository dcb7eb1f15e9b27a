// SPDX-License-Identifier: Apache-2.0
#include "app/governance.h"

#include <algorithm>
#include <utility>

#include "app/version.h"
#include "base/uuid.h"
#include "kit/cache/stores.h"
#include "kit/config/file_source.h"
#include "kit/limit/local_limiter.h"
#include "kit/redis/open.h"
#include "kit/telemetry/json_log.h"

namespace vedette::app {
namespace {

constexpr std::size_t kSlowOperations = 100;

LiveValues StartValues(const AppConfig& config) {
  return {.log_level = config.process.log_level,
          .log_sampling = config.live.log_sampling,
          .slow_after = config.live.slow_after,
          .limits = config.ingress.limits,
          .features_off = {},
          .features_on = {}};
}

std::string RolesText(const AppConfig& config) {
  std::string text;
  for (const std::string& role : config.process.roles) text += (text.empty() ? "" : ",") + role;
  return text;
}

}  // namespace

Governance::Governance(const AppConfig& config, Dependencies dependencies)
    : config_(config),
      dependencies_(std::move(dependencies)),
      poller_(std::make_shared<rpc::ClientPoller>()),
      breakers_(config.breaker, dependencies_.clock, random_, dependencies_.metrics),
      cpu_(config.shed_cpu, dependencies_.clock),
      shedder_(config.shed, cpu_, dependencies_.clock, dependencies_.metrics),
      degradation_(&shedder_, dependencies_.metrics),
      slow_(config.live.slow_after, kSlowOperations, dependencies_.clock) {}

Governance::~Governance() = default;

Result<std::unique_ptr<Governance>> Governance::Create(const AppConfig& config,
                                                       Dependencies dependencies) {
  Runtime& runtime = dependencies.runtime;
  std::unique_ptr<Governance> governance(new Governance(config, std::move(dependencies)));
  if (Status opened = governance->Open(); !opened) {
    // What has begun to connect may not be destroyed before it is closed.
    runtime.RunBlocking([&] { return governance->Close(); });
    return Fail(std::move(opened).error());
  }
  return governance;
}

Status Governance::OpenTracer() {
  if (config_.telemetry.endpoint.empty()) {
    tracer_ = std::make_unique<NullTracer>();
    return {};
  }
  VEDETTE_TRY(auto exporter, MakeGrpcSpanExporter(config_.telemetry, dependencies_.clock));
  auto otlp = std::make_unique<OtlpTracer>(
      config_.telemetry,
      TelemetryResource{.service_name = "vedette",
                        .service_version = std::string(kVersion),
                        .service_instance_id = NewUuid(dependencies_.clock.Now()).ToString()},
      OtlpTracerDependencies{.exporter = std::move(exporter),
                             .clock = dependencies_.clock,
                             .random = random_,
                             .metrics = dependencies_.metrics,
                             .logger = dependencies_.logger});
  otlp_ = otlp.get();
  tracer_ = std::move(otlp);
  return {};
}

Status Governance::OpenRedis() {
  if (config_.redis.url.empty()) {
    limiter_ = std::make_unique<LocalLimiter>(config_.limiter.max_keys, dependencies_.clock,
                                              &dependencies_.metrics);
    nonces_ = std::make_unique<LocalNonceStore>(dependencies_.clock);
    return {};
  }
  VEDETTE_TRY(redis_, redis::MakeClient(config_.redis, dependencies_.runtime,
                                        {.logger = dependencies_.logger,
                                         .metrics = dependencies_.metrics,
                                         .tracer = *tracer_,
                                         .clock = dependencies_.clock,
                                         .random = random_,
                                         .name = "vedette-" + RolesText(config_)}));
  auto limiter = std::make_unique<RedisLimiter>(
      config_.limiter,
      RedisLimiter::Dependencies{.client = *redis_,
                                 .runtime = dependencies_.runtime,
                                 .logger = dependencies_.logger,
                                 .metrics = dependencies_.metrics,
                                 .clock = dependencies_.clock,
                                 .replicas = [this] { return config_.limiter.replicas; }});
  redis_limiter_ = limiter.get();
  limiter_ = std::move(limiter);
  nonces_ = std::make_unique<RedisNonceStore>(*redis_);
  cache_ = std::make_unique<cache::RedisStore>("vedette:", *redis_);
  return {};
}

Status Governance::Open() {
  VEDETTE_CHECK_OK(OpenTracer());
  VEDETTE_CHECK_OK(OpenRedis());
  ingress_ = std::make_unique<rpc::Ingress>(
      config_.ingress, rpc::IngressDependencies{.clock = dependencies_.clock,
                                                .random = random_,
                                                .metrics = dependencies_.metrics,
                                                .shedder = &shedder_,
                                                .degradation = &degradation_,
                                                .limiter = limiter_.get(),
                                                .scope = RolesText(config_) + "/"});
  VEDETTE_TRY(partners_, rpc::PartnerSignatures::Load(config_.partners, dependencies_.clock,
                                                      *nonces_, dependencies_.metrics));
  VEDETTE_TRY(discovery_,
              discovery::Discovery::Create(config_.discovery, {.clock = dependencies_.clock,
                                                               .random = random_,
                                                               .metrics = dependencies_.metrics,
                                                               .logger = dependencies_.logger}));
  live_ = std::make_unique<config::LiveConfig<LiveValues>>(
      StartValues(config_), dependencies_.metrics, dependencies_.logger, dependencies_.clock);
  return {};
}

Status Governance::FollowLiveValues() {
  applied_ = live_->Subscribe([this](const LiveValues& values) { Apply(values); });
  if (!config_.live.file.empty()) {
    live_->Follow(std::make_unique<config::FileSource>(config_.live.file));
  }
  if (!config_.live.etcd_key.empty()) {
    VEDETTE_TRY(auto source, discovery_->MakeLiveSource(config_.live.etcd_key));
    live_->Follow(std::move(source));
  }
  return {};
}

// The features that operations of this process name. Processes share their live values, so one of
// another role may be among them.
std::vector<std::string> Governance::Known(std::vector<std::string> features) const {
  const std::vector<Degradation::Feature> declared = degradation_.Snapshot();
  std::erase_if(features, [&](const std::string& feature) {
    if (std::ranges::find(declared, feature, &Degradation::Feature::name) != declared.end()) {
      return false;
    }
    dependencies_.logger.Info("a live value names a feature that is not offered here",
                              {{"feature", feature}});
    return true;
  });
  return features;
}

void Governance::Apply(const LiveValues& values) {
  const LogHandles& log = dependencies_.log;
  if (log.control) {
    log.control->SetMinimum(LogLevelFromName(values.log_level).value_or(LogLevel::kInfo));
  }
  if (log.sampling) log.sampling->Set(values.log_sampling);
  slow_.SetThreshold(values.slow_after);
  // Each refuses what it cannot take and then stays as it was.
  for (const Status& status :
       {ingress_->SetLimits(values.limits),
        degradation_.SetManual(Known(values.features_off), Known(values.features_on))}) {
    if (!status) {
      dependencies_.logger.Warning("a live value is not applied",
                                   {{"reason", status.error().message}});
    }
  }
}

Task<void> Governance::Close() {
  applied_.reset();
  if (live_) live_->Stop();
  if (redis_limiter_ != nullptr) co_await redis_limiter_->Close();
  if (redis_) co_await redis_->Close();
}

void Governance::FlushTelemetry(std::chrono::milliseconds grace) {
  if (otlp_ != nullptr) otlp_->Stop(grace);
}

}  // namespace vedette::app
