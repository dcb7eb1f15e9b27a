// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/config/environment.h"
#include "kit/config/live_source.h"
#include "kit/discovery/options.h"
#include "kit/discovery/resolver.h"
#include "kit/telemetry/metrics.h"

namespace vedette::discovery {

// What discovery stands on. All outlive it.
struct DiscoveryDeps {
  const Clock& clock;
  RandomSource& random;
  MetricsRegistry& metrics;
  Logger logger;
  config::EnvLookup environment = config::ProcessEnvironment();
};

// A line of the status page.
struct ResolverState {
  std::string target;
  Instances instances;
  bool connected = false;       // the source answers now
  bool kept_last_good = false;  // the source answered with nothing; the list is the one before
  Timestamp last_contact{};
};

// Makes what finds services and what tells where they are. Its threads start with the first thing
// that needs them: none for static addresses. What it made may outlive it; destroy it on a thread
// that is not discovery's own. Thread-safe.
class Discovery {
 public:
  // kInvalidArgument for unreadable TLS files or endpoints that are none.
  static Result<std::unique_ptr<Discovery>> Create(DiscoveryOptions options, DiscoveryDeps deps);
  ~Discovery();

  // A target is one of
  //   static:10.0.0.1:9090,10.0.0.2:9090   or the plain list
  //   etcd:trial                           what registered under this service
  //   kubernetes:namespace/service:port    its EndpointSlices; port is a number or a port's name
  //   dns:name:port                        every address of the name
  // kInvalidArgument for anything else, kFailedPrecondition for etcd without endpoints.
  Result<std::shared_ptr<Resolver>> MakeResolver(const std::string& target);

  // Registers in etcd; without endpoints, a registrar that has nobody to tell.
  std::unique_ptr<Registrar> MakeRegistrar();

  // The value of one etcd key as the text of a live configuration. kFailedPrecondition without
  // endpoints.
  Result<std::unique_ptr<config::LiveSource>> MakeLiveSource(const std::string& key);

  std::vector<ResolverState> Snapshot() const;

 private:
  struct Impl;
  explicit Discovery(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Kind and rest of a target, for what else wants to read one: {"etcd", "trial"}. A text without a
// known kind in front is a static list.
struct Target {
  enum class Kind { kStatic, kEtcd, kKubernetes, kDns };
  Kind kind = Kind::kStatic;
  std::vector<std::string> addresses;  // static
  std::string name;                    // service or host name
  std::string scope;                   // Kubernetes: the namespace
  std::string port;                    // Kubernetes, DNS
};
Result<Target> ParseTarget(const std::string& text);

}  // namespace vedette::discovery
