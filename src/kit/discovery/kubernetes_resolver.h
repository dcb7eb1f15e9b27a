// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "kit/discovery/api_url.h"
#include "kit/discovery/background.h"
#include "kit/discovery/https_stream.h"
#include "kit/discovery/instance_feed.h"
#include "kit/discovery/options.h"
#include "kit/discovery/resolver.h"

namespace vedette::discovery {

struct KubernetesService {
  std::string name_space;
  std::string service;
  std::string port;  // a number, or a port's name
};

// Lists and watches the EndpointSlices of a service; needs a role that may `list` and `watch`
// endpointslices. The account's token is read from its file for each request, for it rotates.
class KubernetesResolver final : public Resolver {
 public:
  KubernetesResolver(std::string target,
                     KubernetesService service,
                     ApiUrl api,
                     KubernetesOptions options,
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
