// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/random.h"
#include "kit/discovery/background.h"
#include "kit/discovery/etcd_client.h"
#include "kit/discovery/instance_feed.h"
#include "kit/discovery/resolver.h"

namespace vedette::discovery {

// The instances of a service as etcd knows them by key. Pure.
class EtcdInstances {
 public:
  void Load(const EtcdRange& range);  // in place of all before
  void Apply(const std::vector<EtcdEvent>& events);
  // Values that are no address are left out.
  Instances List() const;

 private:
  std::map<std::string, std::string> by_key_;
};

// Where a service's keys stand: "prefix/service/".
std::string ServicePrefix(std::string_view prefix, std::string_view service);

// Loads the keys of a service and watches them from the next revision on; whenever the watch ends
// (etcd away, history compacted, token out of date), loads again and tells what differs.
class EtcdResolver final : public Resolver {
 public:
  EtcdResolver(std::string target,
               std::string key_prefix,
               std::shared_ptr<EtcdClient> client,
               std::shared_ptr<Background> background,
               RandomSource& random,
               MetricsRegistry& metrics,
               const Clock& clock);

  Instances Current() const override { return feed_->Current(); }
  std::unique_ptr<Subscription> Subscribe(std::function<void(const Instances&)> changed) override {
    return feed_->Subscribe(std::move(changed));
  }
  ResolverState State() const { return feed_->State(); }

 private:
  std::shared_ptr<InstanceFeed> feed_;
  BackgroundLoop loop_;
};

}  // namespace vedette::discovery
