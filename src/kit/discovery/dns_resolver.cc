// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/dns_resolver.h"

#include <utility>

#include "kit/discovery/address.h"
#include "kit/discovery/follow.h"
#include "kit/task/sleep.h"

namespace vedette::discovery {
namespace {

// The system asks again after five when its first question was lost.
constexpr std::chrono::seconds kLookupTime{10};

Task<Result<Instances>> Lookup(std::shared_ptr<const NameLookups> names,
                               std::string host,
                               std::string port) {
  VEDETTE_CO_TRY(const std::vector<std::string> addresses,
                 co_await names->Find(host, SystemClock().SteadyNow() + kLookupTime));
  Instances instances;
  for (const std::string& address : addresses) {
    instances.push_back(HostPort{address, port}.ToString());
  }
  co_return instances;
}

// Asks until an answer fails to come.
Task<Error> Round(std::shared_ptr<InstanceFeed> feed,
                  DnsLookup lookup,
                  std::string host,
                  std::string port,
                  std::chrono::milliseconds refresh,
                  Backoff& backoff) {
  for (;;) {
    Result<Instances> found = co_await lookup(host, port);
    if (!found) co_return found.error();
    backoff.Reset();
    feed->Publish(*std::move(found));
    co_await SleepFor(refresh);
  }
}

}  // namespace

DnsLookup SystemDnsLookup(std::shared_ptr<const NameLookups> names) {
  return [names = std::move(names)](std::string host, std::string port) {
    return Lookup(names, std::move(host), std::move(port));
  };
}

DnsResolver::DnsResolver(std::string target,
                         std::string host,
                         std::string port,
                         std::chrono::milliseconds refresh,
                         DnsLookup lookup,
                         std::shared_ptr<Background> background,
                         RandomSource& random,
                         MetricsRegistry& metrics,
                         const Clock& clock)
    : feed_(std::make_shared<InstanceFeed>(target, metrics, background->logger(), clock)),
      loop_(std::move(background),
            "discovery " + target,
            [feed = feed_,
             lookup = std::move(lookup),
             host = std::move(host),
             port = std::move(port),
             refresh,
             &random] {
              return FollowForEver(feed, random, [=](Backoff& backoff) {
                return Round(feed, lookup, host, port, refresh, backoff);
              });
            }) {}

}  // namespace vedette::discovery
