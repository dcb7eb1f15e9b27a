// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/auth/authenticator.h"
#include "kit/rpc/grpc_service.h"
#include "kit/task/runtime.h"
#include "kit/telemetry/metrics.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette {
class Tracer;
}  // namespace vedette

namespace vedette::rpc {

class Ingress;
class PartnerSignatures;

struct GrpcServerOptions {
  std::string address = "127.0.0.1:9090";  // port 0 takes a free one
  std::string cert_file;                   // with key_file: TLS
  std::string key_file;
  std::string client_ca_file;  // clients must then show a certificate of this authority
  std::int64_t max_message_bytes = 16 << 20;
  std::int64_t max_calls = 4096;    // at work at once; more are kResourceExhausted
  std::int64_t poller_threads = 0;  // 0: one for every two cores
  bool reflection = false;          // tells anybody which services there are

  void Describe(config::Section& section);
};

// What the server needs; the references outlive it.
struct GrpcServerDependencies {
  Runtime& runtime;
  Authenticator& authenticator;
  const Clock& clock;
  MetricsRegistry& metrics;
  Logger logger;
  Ingress* ingress = nullptr;                   // null: calls are not governed
  Tracer* tracer = nullptr;                     // null: no spans
  const PartnerSignatures* partners = nullptr;  // their callers must sign, so they come by REST
};

// Offers services through gRPC, with the standard health service. Each call is a coroutine on one
// executor of the runtime; the client's deadline travels with it, and its leaving cancels it.
class GrpcServer {
 public:
  GrpcServer(GrpcServerOptions options, GrpcServerDependencies dependencies);
  ~GrpcServer();  // Shutdown without grace

  // Before Start. The service's api outlives the server.
  void Add(std::unique_ptr<GrpcService> service);

  // kUnavailable when the address cannot be bound, kInvalidArgument for unreadable TLS files.
  Status Start();

  // "127.0.0.1:9090", with the real port. After Start.
  std::string address() const;
  std::int64_t calls() const;  // at work now

  // What the health service says; true from Start on.
  void SetServing(bool serving);

  // Takes no new calls, ends streams with kUnavailable, waits for other calls at work up to
  // `grace`, cancels the rest and waits for their end. Blocks: not on a thread of the runtime,
  // which must still run. Harmless when called twice.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::rpc
