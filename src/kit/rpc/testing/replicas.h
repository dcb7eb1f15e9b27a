// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/testing/v1/echo.vedette.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kit/breaker/breaker_registry.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/grpc_server.h"
#include "kit/rpc/guard.h"
#include "kit/rpc/testing/echo_service.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/testing/eventually.h"
#include "kit/testing/log_capture.h"
#include "kit/testing/recording_tracer.h"

namespace vedette::rpc::testing {

// An instance of the echo service that a test makes ill.
class ReplicaService final : public v1::EchoApi {
 public:
  // One that is frozen once holds its next call and is well for those after.
  enum class Mood { kWell, kFrozen, kFrozenOnce, kSlow, kFailing };

  std::atomic<Mood> mood = Mood::kWell;
  Error failure{Code::kUnavailable, "The database is away."};  // set before it is failing
  std::atomic<int> started = 0;
  std::atomic<int> cancelled = 0;  // of those that a frozen one held

  Task<Result<v1::EchoResponse>> Echo(CallContext context, v1::EchoRequest request) override {
    VEDETTE_CO_CHECK_OK(co_await Behave());
    v1::EchoResponse response;
    *response.mutable_request() = std::move(request);
    response.set_caller(context.principal->subject);
    co_return response;
  }
  Task<Result<v1::EchoResponse>> EchoOnSite(CallContext, v1::EchoOnSiteRequest) override {
    co_return Fail(Code::kUnimplemented, "Not here.");
  }
  Task<Result<v1::WhoAmIResponse>> WhoAmI(CallContext, v1::WhoAmIRequest) override {
    co_return Fail(Code::kUnimplemented, "Not here.");
  }
  Task<Result<v1::PingResponse>> Ping(CallContext, v1::PingRequest) override {
    VEDETTE_CO_CHECK_OK(co_await Behave());
    co_return v1::PingResponse();
  }
  Task<Result<v1::PingResponse>> Internal(CallContext, v1::PingRequest) override {
    co_return Fail(Code::kUnimplemented, "Not here.");
  }
  Task<Status> Count(CallContext,
                     v1::CountRequest request,
                     StreamWriter<v1::Tick>& writer) override {
    if (request.behaviour() != "fail-late") VEDETTE_CO_CHECK_OK(co_await Behave());
    if (!co_await writer.Accept()) co_return Fail(Code::kCancelled, "The receiver left.");
    if (request.behaviour() == "fail-late") VEDETTE_CO_CHECK_OK(co_await Behave());
    for (std::int64_t i = 1; i <= request.limit(); ++i) {
      v1::Tick tick;
      tick.set_sequence(i);
      if (!co_await writer.Write(tick)) co_return Fail(Code::kCancelled, "The receiver left.");
    }
    co_return Status();
  }

 private:
  Task<Status> Behave() {
    ++started;
    Mood present = Mood::kFrozenOnce;
    mood.compare_exchange_strong(present, Mood::kWell);  // else it becomes what it is
    switch (present) {
      case Mood::kFailing:
        co_return Fail(failure);
      case Mood::kFrozenOnce:
      case Mood::kFrozen: {
        const Signal never;
        co_await never.Wait();
        ++cancelled;
        co_return Fail(Code::kCancelled, "The caller left.");
      }
      case Mood::kSlow:
        co_await SleepFor(std::chrono::milliseconds(20));
        co_return Status();
      case Mood::kWell:
        break;
    }
    co_return Status();
  }
};

// Several instances of the echo service, each with its own server, and a way to them.
struct Replicas {
  using Mood = ReplicaService::Mood;

  struct Replica {
    explicit Replica(Replicas& all, const std::string& listen)
        : guard(v1::MakeEchoGuard(service,
                                  {.authorizer = all.authorizer,
                                   .metrics = metrics,
                                   .clock = all.clock,
                                   .logger = all.logger})),
          server({.address = listen},
                 GrpcServerDependencies{.runtime = all.runtime,
                                        .authenticator = all.tokens,
                                        .clock = all.clock,
                                        .metrics = metrics,
                                        .logger = all.logger,
                                        .tracer = &tracer}) {
      server.Add(v1::MakeEchoGrpcService(*guard));
      if (const Status begun = server.Start(); !begun) {
        throw std::runtime_error(begun.error().message);
      }
      address = server.address();
    }
    ~Replica() { Kill(); }

    void Kill() { server.Shutdown(std::chrono::milliseconds(0)); }

    MetricsRegistry metrics;
    RecordingTracer tracer;
    ReplicaService service;
    std::unique_ptr<v1::EchoApi> guard;
    GrpcServer server;
    std::string address;
  };

  explicit Replicas(int count) {
    for (int i = 0; i < count; ++i) Add();
  }
  Replica& Add() {
    replicas.push_back(std::make_unique<Replica>(*this, "127.0.0.1:0"));
    return *replicas.back();
  }
  ReplicaService& operator[](std::size_t i) { return replicas[i]->service; }

  std::shared_ptr<Channel> Connect(ChannelOptions options = {},
                                   std::shared_ptr<discovery::Resolver> resolver = nullptr) {
    options.service = "echo";
    if (options.addresses.empty()) {
      for (const auto& replica : replicas) options.addresses.push_back(replica->address);
    }
    return Channel::Create(std::move(options), {.poller = poller,
                                                .credentials = nullptr,
                                                .clock = clock,
                                                .random = random,
                                                .metrics = metrics,
                                                .tracer = tracer,
                                                .breakers = breakers,
                                                .resolver = std::move(resolver)})
        .value();
  }

  int started() const {
    int sum = 0;
    for (const auto& replica : replicas) sum += replica->service.started;
    return sum;
  }

  // Polls, but not for ever.
  bool Until(const std::function<bool()>& condition) const {
    return testkit::Eventually(condition);
  }

  // Until all instances are connected: then they are chosen by their merits.
  bool Ready(const Channel& channel) const {
    return Until([&] {
      for (const auto& instance : channel.Snapshot().instances) {
        if (instance.connection != "ready") return false;
      }
      return true;
    });
  }

  // Kills one and waits until the channel has noticed: what was sent before may have been done.
  bool KillNoticed(std::size_t i, const Channel& channel) const {
    replicas[i]->Kill();
    return Until([&] {
      for (const auto& instance : channel.Snapshot().instances) {
        if (instance.address == replicas[i]->address) return instance.connection != "ready";
      }
      return true;
    });
  }

  SystemClock clock;
  SeededRandom random{11};
  MetricsRegistry metrics;
  RecordingTracer tracer;
  BreakerRegistry breakers{{}, clock, random, metrics};
  std::shared_ptr<LogCapture> log = std::make_shared<LogCapture>();
  Logger logger{log, clock, LogLevel::kDebug};
  Runtime runtime{2};
  Authorizer authorizer = EchoAuthorizer();
  TokenTable tokens;
  std::shared_ptr<ClientPoller> poller = std::make_shared<ClientPoller>();
  std::vector<std::unique_ptr<Replica>> replicas;
};

}  // namespace vedette::rpc::testing
