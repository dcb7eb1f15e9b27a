// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "kit/auth/principal.h"
#include "kit/breaker/breaker.h"
#include "kit/limit/limiter.h"
#include "kit/rpc/operation.h"
#include "kit/shed/degradation.h"
#include "kit/shed/shedder.h"
#include "kit/telemetry/metrics.h"

namespace vedette::rpc {

// The budgets of callers. Each user has one for each rate class, each address one for what needs no
// token. Vedette's own services have none.
struct LimitOptions {
  RateLimit capture{.rate = 2000, .burst = 4000};
  RateLimit interactive{.rate = 200, .burst = 400};
  RateLimit report{.rate = 20, .burst = 40};
  RateLimit open{.rate = 50, .burst = 200};
  // "risk.Predict=5/10": of each caller, for this operation alone, beside the class's budget.
  std::vector<std::string> operations;

  void Describe(config::Section& section);
};

struct IngressOptions {
  BreakerOptions breaker;
  LimitOptions limits;
  std::int64_t max_streams = 10'000;
  std::int64_t max_streams_per_caller = 16;
  std::chrono::milliseconds default_timeout = std::chrono::seconds(10);
  // Proxies in front of us that append to X-Forwarded-For; 0: the connection's address counts.
  std::int64_t trusted_proxies = 0;

  void Describe(config::Section& section);
};

// What an ingress is made of; all outlive it. A null part is left out.
struct IngressDependencies {
  const Clock& clock;
  RandomSource& random;
  MetricsRegistry& metrics;
  Shedder* shedder = nullptr;
  Degradation* degradation = nullptr;
  Limiter* limiter = nullptr;
  // Processes of one scope share budgets; a call that is passed on to another is charged there too.
  std::string scope = {};
};

// What the end of a served call says about the operation: kInternal, kDeadlineExceeded,
// kUnavailable and kUnimplemented are failures. Neither are kCancelled, kResourceExhausted, an
// error that says when to come back (a refusal), and a deadline that the client itself had
// shortened: else a client in a hurry could close the route for all others.
Outcome ServedOutcome(const Error* error, bool shortened);

// What a caller is told about the budget a call was taken from, as the header fields of
// draft-ietf-httpapi-ratelimit-headers-10: quota, window and remaining in calls and seconds.
struct BudgetReport {
  std::string_view policy;  // "capture", "open", "trial.GetStudy"
  std::int64_t quota = 0;
  std::int64_t window = 0;
  std::int64_t remaining = 0;
  std::int64_t reset = 0;

  std::string PolicyField() const;  // RateLimit-Policy: "capture";q=4000;w=2
  std::string StateField() const;   // RateLimit: "capture";r=3999;t=1
};

// Which client's budget a call without a token is taken from: the address, of IPv6 the /64 that one
// subscriber has. `forwarded` is X-Forwarded-For; of it the entry counts that the outermost of
// `trusted` proxies wrote.
std::string ClientAddress(std::string_view peer, std::string_view forwarded, std::int64_t trusted);

class Entrance;
class StreamPlace;

// One call that was let in. Movable; ending it untold counts as neither success nor failure.
class Permit {
 public:
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();

  // The deadline that was set is the client's own, tighter than the contract's.
  void set_shortened(bool shortened) { shortened_ = shortened; }
  // A stream is set up: its answer was given; what remains is its place among the streams.
  void Established();
  // The first call counts; `error` is null for success.
  void End(const Error* error);

  // Of the tightest budget that the call was taken from, or that refused it.
  const std::optional<BudgetReport>& budget() const { return budget_; }

 private:
  friend class Entrance;
  Permit();

  std::optional<Breaker::Permit> breaker_;
  std::optional<Shedder::Permit> shed_;
  std::unique_ptr<StreamPlace> place_;
  std::optional<BudgetReport> budget_;
  bool shortened_ = false;
};

// The way into one operation, whatever the transport. Thread-safe.
class Entrance {
 public:
  // Before anything of the request is read: breaker of the operation, degradation by its feature,
  // shedding by its rate class. kUnavailable with retry_after when refused.
  Result<Permit> Enter();

  // Once the caller is known (null: nobody): budgets, and a place among the streams for an
  // operation that streams. kResourceExhausted with retry_after when refused. `address` is what
  // ClientAddress said.
  Task<Status> Limit(Permit& permit,
                     std::shared_ptr<const Principal> principal,
                     std::string address,
                     Deadline deadline);

  // The deadline of a call that began now: the contract's, or the default; of a stream none.
  // `asked` may shorten it; `shortened` says whether it did.
  Deadline DeadlineFor(Deadline asked, bool& shortened) const;

  const MethodInfo& info() const;

 private:
  friend class Ingress;
  struct Impl;
  explicit Entrance(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;

 public:
  ~Entrance();
};

// Governs what comes in, for REST and gRPC alike: one per process. Its refusals are not failures of
// what it protects. Thread-safe.
class Ingress {
 public:
  // std::invalid_argument for limits that SetLimits would refuse.
  Ingress(IngressOptions options, IngressDependencies dependencies);
  ~Ingress();

  // The same for every route and transport of one operation, whose feature is then declared. At
  // set-up; `info` outlives it.
  Entrance& At(const MethodInfo& info);

  // Live. kInvalidArgument, and nothing changed, for an entry that cannot be read.
  Status SetLimits(LimitOptions limits);

  const IngressOptions& options() const;
  const Clock& clock() const;

  struct OperationState {
    std::string_view label;
    RateClass rate_class = RateClass::kInteractive;
    std::string_view feature;
    std::optional<Breaker::State> breaker;
  };
  struct State {
    std::vector<OperationState> operations;  // by label
    LimitOptions limits;
    std::int64_t streams = 0;
  };
  State Snapshot() const;

  struct Shared;

 private:
  std::unique_ptr<Shared> shared_;
};

}  // namespace vedette::rpc
