// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/discovery/instance_feed.h"
#include "kit/discovery/resolver.h"

namespace vedette::discovery {

// A resolver whose list is given, at the start or by Set.
class StaticResolver final : public Resolver {
 public:
  StaticResolver(std::string target,
                 Instances instances,
                 MetricsRegistry& metrics,
                 Logger logger,
                 const Clock& clock)
      : feed_(std::move(target), metrics, std::move(logger), clock) {
    feed_.Publish(std::move(instances));
  }

  void Set(Instances instances) { feed_.Publish(std::move(instances)); }

  Instances Current() const override { return feed_.Current(); }
  std::unique_ptr<Subscription> Subscribe(std::function<void(const Instances&)> changed) override {
    return feed_.Subscribe(std::move(changed));
  }
  ResolverState State() const { return feed_.State(); }

 private:
  InstanceFeed feed_;
};

}  // namespace vedette::discovery
