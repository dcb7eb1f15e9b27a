// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "kit/config/environment.h"
#include "kit/discovery/address.h"
#include "kit/discovery/background.h"
#include "kit/discovery/etcd_client.h"
#include "kit/discovery/resolver.h"
#include "kit/telemetry/metrics.h"

namespace vedette::discovery {

struct EtcdRegistrarOptions {
  std::string prefix = "vedette";
  std::chrono::milliseconds lease = std::chrono::seconds(10);  // rounded up to seconds
  std::string advertise;                                       // see AdvertisedAddress
  std::string instance;                                        // this process's id, unique
};

// Holds keys prefix/service/instance = address under one lease, which it keeps alive every third of
// its time. When the lease has expired or a key is gone, everything is put again under a new lease
// and the old one is revoked: no key is ever put without a lease or under one that may have ended,
// so none outlives the process by more than the lease's time. Destroying it without Deregister
// leaves the keys to expire.
class EtcdRegistrar final : public Registrar {
 public:
  EtcdRegistrar(EtcdRegistrarOptions options,
                std::shared_ptr<EtcdClient> client,
                std::shared_ptr<Background> background,
                RandomSource& random,
                MetricsRegistry& metrics,
                config::EnvLookup environment,
                std::function<std::string()> interface_address = InterfaceAddress);
  ~EtcdRegistrar() override;

  // A second registration of one service replaces the first. kInvalidArgument for a name or an
  // address that is none, kFailedPrecondition after Deregister.
  Task<Status> Register(std::string service, std::string address) override;
  Task<void> Deregister(SteadyTime deadline) override;

 private:
  struct State;
  std::shared_ptr<Background> background_;  // not in State, which may end on the background
  std::shared_ptr<State> state_;
};

// Where nobody needs to be told.
class NullRegistrar final : public Registrar {
 public:
  Task<Status> Register(std::string service, std::string address) override;
  Task<void> Deregister(SteadyTime deadline) override;
};

}  // namespace vedette::discovery
