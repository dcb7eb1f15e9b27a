// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/discovery.h"

#include <functional>
#include <mutex>
#include <utility>

#include "base/uuid.h"
#include "kit/discovery/address.h"
#include "kit/discovery/api_url.h"
#include "kit/discovery/background.h"
#include "kit/discovery/dns_resolver.h"
#include "kit/discovery/etcd_client.h"
#include "kit/discovery/etcd_registrar.h"
#include "kit/discovery/etcd_resolver.h"
#include "kit/discovery/etcd_source.h"
#include "kit/discovery/kubernetes_resolver.h"
#include "kit/discovery/static_resolver.h"

namespace vedette::discovery {

struct Discovery::Impl {
  using StateReader = std::function<std::optional<ResolverState>()>;

  DiscoveryOptions options;
  DiscoveryDeps deps;
  ApiUrl api;

  std::mutex mutex = {};  // of what follows
  std::shared_ptr<Background> background = {};
  std::shared_ptr<EtcdClient> etcd = {};
  std::vector<StateReader> readers = {};

  bool HasEtcd() const { return !options.etcd.endpoints.empty(); }

  std::shared_ptr<Background> BackgroundOf() {
    const std::scoped_lock lock(mutex);
    if (background == nullptr) background = std::make_shared<Background>(deps.logger);
    return background;
  }

  Result<std::shared_ptr<EtcdClient>> Etcd() {
    const std::scoped_lock lock(mutex);
    if (!HasEtcd()) {
      return Fail(Code::kFailedPrecondition, "discovery.etcd.endpoints names no etcd.");
    }
    if (etcd == nullptr) {
      VEDETTE_TRY(etcd, EtcdClient::Create(options.etcd, deps.clock));
    }
    return etcd;
  }

  template <class Kind>
  std::shared_ptr<Resolver> Known(std::shared_ptr<Kind> resolver) {
    const std::scoped_lock lock(mutex);
    readers.push_back([weak = std::weak_ptr<Kind>(resolver)]() -> std::optional<ResolverState> {
      const auto alive = weak.lock();
      if (!alive) return std::nullopt;
      return alive->State();
    });
    return resolver;
  }
};

Discovery::Discovery(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Discovery::~Discovery() = default;

Result<std::unique_ptr<Discovery>> Discovery::Create(DiscoveryOptions options, DiscoveryDeps deps) {
  VEDETTE_TRY(ApiUrl api, ParseApiUrl(options.kubernetes.api_url));
  if (!IsName(options.prefix)) return FailField("prefix", "must be a name without slashes");
  std::unique_ptr<Discovery> discovery(
      new Discovery(std::make_unique<Impl>(std::move(options), std::move(deps), std::move(api))));
  if (discovery->impl_->HasEtcd()) VEDETTE_CHECK_OK(discovery->impl_->Etcd());
  return discovery;
}

Result<std::shared_ptr<Resolver>> Discovery::MakeResolver(const std::string& text) {
  VEDETTE_TRY(Target target, ParseTarget(text));
  const DiscoveryDeps& deps = impl_->deps;
  switch (target.kind) {
    case Target::Kind::kStatic:
      return impl_->Known(std::make_shared<StaticResolver>(text, std::move(target.addresses),
                                                           deps.metrics, deps.logger, deps.clock));
    case Target::Kind::kEtcd: {
      VEDETTE_TRY(auto client, impl_->Etcd());
      return impl_->Known(std::make_shared<EtcdResolver>(
          text, ServicePrefix(impl_->options.prefix, target.name), std::move(client),
          impl_->BackgroundOf(), deps.random, deps.metrics, deps.clock));
    }
    case Target::Kind::kKubernetes:
      return impl_->Known(std::make_shared<KubernetesResolver>(
          text, KubernetesService{target.scope, target.name, target.port}, impl_->api,
          impl_->options.kubernetes, impl_->BackgroundOf(), deps.random, deps.metrics, deps.clock));
    case Target::Kind::kDns: {
      auto background = impl_->BackgroundOf();
      return impl_->Known(std::make_shared<DnsResolver>(
          text, target.name, target.port, impl_->options.dns_refresh,
          SystemDnsLookup(background->names()), background, deps.random, deps.metrics, deps.clock));
    }
  }
  return Fail(Code::kInternal, "The target's kind is not known.");
}

std::unique_ptr<Registrar> Discovery::MakeRegistrar() {
  auto client = impl_->Etcd();
  if (!client) return std::make_unique<NullRegistrar>();
  const DiscoveryDeps& deps = impl_->deps;
  return std::make_unique<EtcdRegistrar>(
      EtcdRegistrarOptions{.prefix = impl_->options.prefix,
                           .lease = impl_->options.lease,
                           .advertise = impl_->options.advertise,
                           .instance = NewUuid(deps.clock.Now()).ToString()},
      *std::move(client), impl_->BackgroundOf(), deps.random, deps.metrics, deps.environment);
}

Result<std::unique_ptr<config::LiveSource>> Discovery::MakeLiveSource(const std::string& key) {
  VEDETTE_TRY(auto client, impl_->Etcd());
  if (key.empty()) return FailField("key", "must not be empty");
  return std::make_unique<EtcdSource>(key, std::move(client), impl_->BackgroundOf(),
                                      impl_->deps.random);
}

std::vector<ResolverState> Discovery::Snapshot() const {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<ResolverState> states;
  std::erase_if(impl_->readers, [&](const Impl::StateReader& read) {
    auto state = read();
    if (!state) return true;
    states.push_back(*std::move(state));
    return false;
  });
  return states;
}

}  // namespace vedette::discovery
