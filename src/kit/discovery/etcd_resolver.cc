// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_resolver.h"

#include <utility>

#include "kit/discovery/address.h"
#include "kit/discovery/follow.h"

namespace vedette::discovery {
namespace {

// From the load to the end of the watch, which always comes with an error.
Task<Error> Round(std::shared_ptr<EtcdClient> client,
                  std::string key_prefix,
                  std::shared_ptr<InstanceFeed> feed,
                  Backoff& backoff) {
  EtcdInstances instances;
  const Result<EtcdRange> loaded = co_await client->List(key_prefix);
  if (!loaded) co_return loaded.error();
  instances.Load(*loaded);
  feed->Publish(instances.List());
  const auto watch = co_await client->WatchPrefix(key_prefix, loaded->revision + 1);
  if (!watch) co_return watch.error();
  backoff.Reset();
  for (;;) {
    const auto events = co_await (*watch)->Next();
    if (!events) co_return events.error();
    instances.Apply(*events);
    feed->Publish(instances.List());
  }
}

}  // namespace

void EtcdInstances::Load(const EtcdRange& range) {
  by_key_.clear();
  for (const EtcdItem& item : range.items) by_key_[item.key] = item.value;
}

void EtcdInstances::Apply(const std::vector<EtcdEvent>& events) {
  for (const EtcdEvent& event : events) {
    if (event.deleted) {
      by_key_.erase(event.item.key);
    } else {
      by_key_[event.item.key] = event.item.value;
    }
  }
}

Instances EtcdInstances::List() const {
  Instances list;
  for (const auto& [key, value] : by_key_) {
    if (const auto address = ParseHostPort(value)) list.push_back(address->ToString());
  }
  return list;
}

std::string ServicePrefix(std::string_view prefix, std::string_view service) {
  return std::string(prefix) + "/" + std::string(service) + "/";
}

EtcdResolver::EtcdResolver(std::string target,
                           std::string key_prefix,
                           std::shared_ptr<EtcdClient> client,
                           std::shared_ptr<Background> background,
                           RandomSource& random,
                           MetricsRegistry& metrics,
                           const Clock& clock)
    : feed_(std::make_shared<InstanceFeed>(target, metrics, background->logger(), clock)),
      loop_(
          std::move(background),
          "discovery " + target,
          [client = std::move(client), key_prefix = std::move(key_prefix), feed = feed_, &random] {
            return FollowForEver(feed, random, [=](Backoff& backoff) {
              return Round(client, key_prefix, feed, backoff);
            });
          }) {}

}  // namespace vedette::discovery
