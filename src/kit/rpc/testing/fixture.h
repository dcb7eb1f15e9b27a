// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kit/http/router.h"
#include "kit/rpc/channel.h"
#include "kit/rpc/grpc_server.h"
#include "kit/rpc/guard.h"
#include "kit/rpc/rest.h"
#include "kit/rpc/testing/echo_service.h"
#include "kit/rpc/testing/rest_echo.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/slow_operations.h"
#include "kit/testing/log_capture.h"

namespace vedette::rpc::testing {

// The token "service", for calls of the system itself.
class FixedCredential final : public CredentialSource {
 public:
  Task<Result<std::string>> Token() override { co_return std::string("service"); }
};

// What governs the service, if anything.
struct EchoGovernance {
  Ingress* ingress = nullptr;
  Tracer* tracer = nullptr;
  const PartnerSignatures* partners = nullptr;
};

// The echo service behind its guard, offered in every way there is.
struct EchoFixture {
  explicit EchoFixture(GrpcServerOptions options = {}, EchoGovernance governed_by = {})
      : governance(governed_by) {
    options.address = "127.0.0.1:0";
    server = std::make_unique<GrpcServer>(
        std::move(options),
        GrpcServerDependencies{runtime, tokens, clock, metrics, logger, governance.ingress,
                               governance.tracer, governance.partners});
    server->Add(v1::MakeEchoGrpcService(*guard));
    if (const Status started = server->Start(); !started) {
      throw std::runtime_error(started.error().message);
    }
    v1::AddEchoRoutes(router, *guard, adapter);
    client = MakeClient(server->address());
  }
  ~EchoFixture() { server->Shutdown(std::chrono::seconds(5)); }

  std::unique_ptr<v1::EchoApi> MakeClient(const std::string& address) {
    auto channel = Channel::Create({.service = "echo", .addresses = {address}}, poller,
                                   std::make_shared<FixedCredential>(), clock);
    return v1::MakeEchoClient(channel.value());
  }

  const EchoGovernance governance;
  SystemClock clock;
  MetricsRegistry metrics;
  std::shared_ptr<LogCapture> log = std::make_shared<LogCapture>();
  Logger logger{log, clock, LogLevel::kDebug};
  Runtime runtime{2};
  Authorizer authorizer = EchoAuthorizer();
  TokenTable tokens;
  EchoService service;
  SlowOperations slow_operations{std::chrono::nanoseconds(0), 10, clock};  // takes all calls
  std::unique_ptr<v1::EchoApi> guard = v1::MakeEchoGuard(service,
                                                         {.authorizer = authorizer,
                                                          .metrics = metrics,
                                                          .clock = clock,
                                                          .logger = logger,
                                                          .tracer = governance.tracer,
                                                          .slow_operations = &slow_operations});
  RestAdapter adapter{tokens, {}, governance.ingress, governance.partners};
  http::Router router;
  RestEcho rest{router};
  std::shared_ptr<ClientPoller> poller = std::make_shared<ClientPoller>();
  std::unique_ptr<GrpcServer> server;
  std::unique_ptr<v1::EchoApi> client;
};

}  // namespace vedette::rpc::testing
