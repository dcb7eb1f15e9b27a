// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "kit/discovery/background.h"
#include "kit/discovery/instance_feed.h"
#include "kit/discovery/name_lookups.h"
#include "kit/discovery/resolver.h"

namespace vedette::discovery {

// The addresses of a name, each with `port`. Not blocking, and bounded in time.
using DnsLookup = std::function<Task<Result<Instances>>(std::string host, std::string port)>;
// As the system's resolver gives them, within ten seconds.
DnsLookup SystemDnsLookup(std::shared_ptr<const NameLookups> names);

// Every address of a name, asked again every `refresh`: the system tells no time-to-live, and a
// headless service's name changes with its pods. A name that is not found is as good as an empty
// list: the last good one is kept.
class DnsResolver final : public Resolver {
 public:
  DnsResolver(std::string target,
              std::string host,
              std::string port,
              std::chrono::milliseconds refresh,
              DnsLookup lookup,
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
