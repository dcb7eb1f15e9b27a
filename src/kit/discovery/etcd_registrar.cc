// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_registrar.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <ranges>
#include <utility>
#include <vector>

#include "kit/discovery/backoff.h"
#include "kit/discovery/etcd_resolver.h"
#include "kit/discovery/follow.h"
#include "kit/task/signal.h"

namespace vedette::discovery {
namespace {

using Entries = std::map<std::string, std::string>;  // address by key

constexpr int kKeepAlivesPerLease = 3;
constexpr std::size_t kLeasesKnown = 8;

}  // namespace

struct EtcdRegistrar::State {
  State(EtcdRegistrarOptions given,
        std::shared_ptr<EtcdClient> the_client,
        Executor the_executor,
        Logger the_logger,
        RandomSource& the_random,
        MetricsRegistry& metrics,
        config::EnvLookup env,
        std::function<std::string()> interface_address_of)
      : options(std::move(given)),
        client(std::move(the_client)),
        executor(the_executor),
        logger(std::move(the_logger)),
        random(the_random),
        environment(std::move(env)),
        interface_address(std::move(interface_address_of)),
        registered(metrics.GetGauge("vedette_discovery_registered",
                                    "Services of this process that etcd knows.")),
        registrations(metrics.GetCounter("vedette_discovery_registrations_total",
                                         "Times that everything was put under a new lease.")),
        failures(metrics.GetCounter("vedette_discovery_registration_failures_total",
                                    "Failed steps of registering and of keeping the lease.")),
        group(logger) {}

  const EtcdRegistrarOptions options;
  const std::shared_ptr<EtcdClient> client;
  const Executor executor;
  const Logger logger;
  RandomSource& random;
  const config::EnvLookup environment;
  const std::function<std::string()> interface_address;
  Gauge& registered;
  Counter& registrations;
  Counter& failures;
  TaskGroup group;

  std::mutex mutex;  // of what follows
  Entries entries;
  std::vector<std::int64_t> leases;  // granted, and not known to have ended; the newest last
  Signal wake;                       // set when entries changed
  bool started = false;
  bool stopped = false;

  Entries Wanted() {
    const std::scoped_lock lock(mutex);
    if (wake.IsSet()) wake = Signal();
    return entries;
  }

  Signal Wake() {
    const std::scoped_lock lock(mutex);
    return wake;
  }

  Task<Status> Put(const Entries& wanted, std::int64_t lease) {
    for (const auto& [key, address] : wanted) {
      VEDETTE_CO_CHECK_OK(co_await client->PutLeased(key, address, lease));
    }
    registered.Set(static_cast<double>(wanted.size()));
    co_return Status();
  }

  // One that cannot be revoked now ends by itself, for nobody keeps it alive.
  Task<Status> Revoke(std::int64_t lease, SteadyTime limit) {
    Status status = co_await client->Revoke(lease, limit);
    const std::scoped_lock lock(mutex);
    std::erase(leases, lease);
    co_return status;
  }

  // A new lease with every key under it; the leases before are given back.
  Task<Result<std::int64_t>> Renew(Entries wanted) {
    std::vector<std::int64_t> before;
    {
      const std::scoped_lock lock(mutex);
      before = leases;
    }
    VEDETTE_CO_TRY(const std::int64_t lease,
                   co_await client->Grant(std::chrono::ceil<std::chrono::seconds>(options.lease)));
    {
      const std::scoped_lock lock(mutex);
      // More than a few have long expired.
      if (leases.size() == kLeasesKnown) leases.erase(leases.begin());
      leases.push_back(lease);
    }
    VEDETTE_CO_CHECK_OK(co_await Put(wanted, lease));
    registrations.Add();
    logger.Info("registered in etcd", {{"services", wanted.size()}});
    // What cannot be given back at once is left to its end: the new lease must be kept alive.
    const SteadyTime limit = SystemClock().SteadyNow() + options.lease / kKeepAlivesPerLease;
    for (const std::int64_t old : before | std::views::reverse) {
      if (!co_await Revoke(old, limit)) break;
    }
    co_return lease;
  }

  // One beat: the lease is alive, and every key is still under it.
  Task<Status> Check(const Entries& wanted, std::int64_t lease) {
    VEDETTE_CO_CHECK_OK(co_await client->KeepAlive(lease));
    VEDETTE_CO_TRY(const EtcdLease found, co_await client->Lookup(lease));
    const bool all = std::ranges::all_of(wanted, [&](const auto& entry) {
      return std::ranges::find(found.keys, entry.first) != found.keys.end();
    });
    if (!all) co_return Fail(Code::kNotFound, "A key of this process is gone.");
    co_return Status();
  }

  // Keeps what Renew made, until it cannot be kept: the error is kNotFound then.
  Task<Error> Keep(Entries wanted, std::int64_t lease) {
    Backoff backoff(random);
    const auto beat = options.lease / kKeepAlivesPerLease;
    auto pause = beat;
    for (;;) {
      const Signal changed = Wake();
      if (co_await changed.WaitUntil(SystemClock().SteadyNow() + pause)) {
        wanted = Wanted();
        const Status put = co_await Put(wanted, lease);
        if (!put) co_return put.error();
      }
      const Status checked = co_await Check(wanted, lease);
      if (checked) {
        backoff.Reset();
        pause = beat;
        continue;
      }
      if (checked.error().code == Code::kNotFound) co_return checked.error();
      if (pause == beat) Warn("the etcd lease cannot be kept alive", checked.error());
      failures.Add();
      pause = std::min<std::chrono::milliseconds>(beat, backoff.Next());
    }
  }

  // From a new lease to its loss.
  Task<Error> Hold(Backoff& backoff) {
    Entries wanted = Wanted();
    const auto lease = co_await Renew(wanted);
    if (!lease) co_return lease.error();
    backoff.Reset();
    co_return co_await Keep(std::move(wanted), *lease);
  }

  Task<void> Run() {
    return FollowForEver(
        random, [this](Backoff& backoff) { return Hold(backoff); },
        [this](const Error& error) {
          registered.Set(0);
          failures.Add();
          Warn("not registered in etcd; registering again", error);
        });
  }

  void Warn(std::string_view message, const Error& error) const {
    logger.Warning(message, {{"error", error.message}});
  }
};

EtcdRegistrar::EtcdRegistrar(EtcdRegistrarOptions options,
                             std::shared_ptr<EtcdClient> client,
                             std::shared_ptr<Background> background,
                             RandomSource& random,
                             MetricsRegistry& metrics,
                             config::EnvLookup environment,
                             std::function<std::string()> interface_address)
    : background_(std::move(background)),
      state_(std::make_shared<State>(std::move(options),
                                     std::move(client),
                                     background_->executor(),
                                     background_->logger(),
                                     random,
                                     metrics,
                                     std::move(environment),
                                     std::move(interface_address))) {}

EtcdRegistrar::~EtcdRegistrar() {
  state_->group.Cancel();
  background_->runtime().RunBlocking([this] { return state_->group.Join(); });
}

Task<Status> EtcdRegistrar::Register(std::string service, std::string address) {
  const std::shared_ptr<State> state = state_;
  if (!IsName(service)) co_return FailField("service", "is no name");
  VEDETTE_CO_TRY(std::string advertised,
                 AdvertisedAddress(address, state->options.advertise, state->environment,
                                   state->interface_address));
  const std::scoped_lock lock(state->mutex);
  if (state->stopped) {
    co_return Fail(Code::kFailedPrecondition, "This process has deregistered.");
  }
  state->entries[ServicePrefix(state->options.prefix, service) + state->options.instance] =
      std::move(advertised);
  state->wake.Set();
  if (!std::exchange(state->started, true)) {
    state->group.Spawn(state->executor, "discovery registrar", [state] { return state->Run(); });
  }
  co_return Status();
}

Task<void> EtcdRegistrar::Deregister(SteadyTime deadline) {
  const std::shared_ptr<State> state = state_;
  {
    const std::scoped_lock lock(state->mutex);
    if (std::exchange(state->stopped, true)) co_return;
  }
  state->group.Cancel();
  co_await state->group.Join();
  state->registered.Set(0);
  // Revoked also after a put whose answer was not awaited: whichever comes first over there, the
  // key is gone in the end.
  std::vector<std::int64_t> leases;
  {
    const std::scoped_lock lock(state->mutex);
    leases = state->leases;
  }
  for (const std::int64_t lease : leases | std::views::reverse) {
    const Status revoked = co_await state->Revoke(lease, deadline);
    if (revoked) continue;
    state->Warn("not deregistered from etcd; the registration ends with its lease",
                revoked.error());
    co_return;
  }
  if (!leases.empty()) state->logger.Info("deregistered from etcd");
}

Task<Status> NullRegistrar::Register(std::string, std::string) { co_return Status(); }
Task<void> NullRegistrar::Deregister(SteadyTime) { co_return; }

}  // namespace vedette::discovery
