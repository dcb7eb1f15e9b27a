// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/dns_resolver.h"

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "kit/discovery/address.h"
#include "kit/discovery/follow.h"
#include "kit/task/sleep.h"

namespace vedette::discovery {
namespace {

constexpr asio::use_awaitable_t<Executor> kAwait;

Task<Result<Instances>> Lookup(std::string host, std::string port) {
  asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(co_await asio::this_coro::executor);
  boost::system::error_code error;
  const auto found =
      co_await resolver.async_resolve(host, port, asio::redirect_error(kAwait, error));
  if (error == asio::error::host_not_found || error == asio::error::no_data) {
    co_return Instances();
  }
  if (error) co_return Fail(Code::kUnavailable, "The name cannot be looked up now.");
  Instances instances;
  for (const auto& entry : found) {
    instances.push_back(HostPort{entry.endpoint().address().to_string(), port}.ToString());
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

DnsLookup SystemDnsLookup() { return Lookup; }

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
