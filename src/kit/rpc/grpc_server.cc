// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "kit/config/section.h"
#include "kit/rpc/grpc_call.h"
#include "kit/rpc/ingress.h"
#include "kit/tls/pem_file.h"

namespace vedette::rpc {
namespace {

// Calls that wait, per method and poller, for a client to come.
constexpr int kArmed = 4;
constexpr int kMetadataBytes = 64 << 10;

// A service as gRPC's server knows it, without generated code: its methods take and give bytes.
class Registration final : public grpc::Service {
 public:
  explicit Registration(std::unique_ptr<GrpcService> offered) : offered_(std::move(offered)) {
    int index = 0;
    for (const Operation& operation : offered_->operations()) {
      AddMethod(new grpc::internal::RpcServiceMethod(
          operation.info->path.data(),
          operation.info->streams ? grpc::internal::RpcMethod::SERVER_STREAMING
                                  : grpc::internal::RpcMethod::NORMAL_RPC,
          nullptr));
      MarkMethodRaw(index++);
    }
  }

  const GrpcService& offered() const { return *offered_; }

  // The ways into its operations, when they are governed.
  void Enter(Ingress& ingress) {
    for (const Operation& operation : offered_->operations()) {
      entrances_.push_back(&ingress.At(*operation.info));
    }
  }
  Entrance* entrance(int index) const {
    return entrances_.empty() ? nullptr : entrances_[static_cast<std::size_t>(index)];
  }

  void Request(int index, GrpcCall& call, grpc::ServerCompletionQueue& queue) {
    RequestAsyncUnary(index, &call.context(), &call.request(), call.stream(), &queue, &queue,
                      call.Arm());
  }

 private:
  std::unique_ptr<GrpcService> offered_;
  std::vector<Entrance*> entrances_;
};

Result<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const GrpcServerOptions& options) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    return FailField(options.cert_file.empty() ? "cert_file" : "key_file",
                     "is missing: a certificate and its key go together");
  }
  if (options.cert_file.empty() && !options.client_ca_file.empty()) {
    return FailField("cert_file", "is missing: clients can show a certificate only over TLS");
  }
  if (options.cert_file.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl;
  VEDETTE_TRY(std::string key, tls::ReadPemFile(options.key_file));
  VEDETTE_TRY(std::string cert, tls::ReadPemFile(options.cert_file));
  ssl.pem_key_cert_pairs.push_back({std::move(key), std::move(cert)});
  if (!options.client_ca_file.empty()) {
    VEDETTE_TRY(ssl.pem_root_certs, tls::ReadPemFile(options.client_ca_file));
    ssl.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(ssl);
}

Error TooManyCalls() {
  return {.code = Code::kResourceExhausted,
          .message = "Too many calls are at work; try again.",
          .retry_after = std::chrono::seconds(1)};
}

Error Stopping() { return {.code = Code::kUnavailable, .message = "The server stops."}; }

// Takes reflection away, which every builder of a program has that links it.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

}  // namespace

void GrpcServerOptions::Describe(config::Section& section) {
  section.Field("address", address, {.text = "Where gRPC is served; port 0 takes a free one."});
  section.Field("cert_file", cert_file, {.text = "Certificate chain (PEM); with key_file: TLS."});
  section.Field("key_file", key_file, {.text = "Private key (PEM)."});
  section.Field("client_ca_file", client_ca_file,
                {.text = "Authority (PEM) that clients' certificates must come from."});
  section.Field("max_message_bytes", max_message_bytes,
                {.text = "Largest request in bytes.", .minimum = 1024, .maximum = 1 << 30});
  section.Field("max_calls", max_calls,
                {.text = "Calls at work at once; more are refused.", .minimum = 1, .maximum = 1e6});
  section.Field("poller_threads", poller_threads,
                {.text = "Threads that wait for the network; 0: one for every two cores.",
                 .minimum = 0,
                 .maximum = 64});
  section.Field("reflection", reflection,
                {.text = "Let anybody ask which services and messages there are, without a token, "
                         "as grpcurl does."});
}

struct GrpcServer::Impl {
  GrpcServerOptions options;
  GrpcServerDependencies dependencies;
  ServeDependencies serving;
  std::vector<std::unique_ptr<Registration>> services;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::thread> pollers;
  int port = 0;
  Gauge* calls_gauge = nullptr;

  std::mutex mutex;
  std::condition_variable idle;
  std::int64_t calls = 0;
  bool stopping = false;
  std::set<std::shared_ptr<GrpcCall>> streams;  // at work

  Impl(GrpcServerOptions taken, GrpcServerDependencies needed)
      : options(std::move(taken)),
        dependencies(std::move(needed)),
        serving{dependencies.authenticator, dependencies.clock, dependencies.tracer,
                dependencies.partners} {}

  void Arm(Registration& service, int index, grpc::ServerCompletionQueue& queue) {
    const Operation& operation = service.offered().operations()[static_cast<std::size_t>(index)];
    auto call = std::make_shared<GrpcCall>(
        operation, service.offered().api(),
        [this, &service, index, &queue](std::shared_ptr<GrpcCall> arrived, bool ok) {
          if (ok) OnArrived(std::move(arrived), service, index, queue);
        });
    service.Request(index, *call, queue);
  }

  void OnArrived(std::shared_ptr<GrpcCall> call,
                 Registration& service,
                 int index,
                 grpc::ServerCompletionQueue& queue) {
    bool overloaded = false;
    bool late = false;
    {
      // Counted before the queue is used again: Shutdown closes the queues when the count is zero.
      const std::lock_guard lock(mutex);
      overloaded = ++calls > options.max_calls;
      if (call->operation().info->streams) {
        late = stopping;
        if (!late) streams.insert(call);
      }
    }
    calls_gauge->Add(1);
    Arm(service, index, queue);
    if (overloaded || late) {
      call->Fail(overloaded ? TooManyCalls() : Stopping());
      return OnEnded(*call);
    }
    Canceller& canceller = call->canceller();
    Spawn(
        dependencies.runtime.Next(),
        [this, call, entrance = service.entrance(index)] { return Serve(call, entrance, serving); },
        [this, call](std::exception_ptr exception) {
          // Guards let nothing through, so this is a task that was cancelled, or a defect here.
          if (exception) call->Fail({Code::kInternal, "The call was broken off."});
          OnEnded(*call);
        },
        canceller);
  }

  void OnEnded(GrpcCall& call) {
    calls_gauge->Add(-1);
    const std::lock_guard lock(mutex);
    streams.erase(call.shared_from_this());
    if (--calls == 0) idle.notify_all();
  }

  // A stream has no end to wait for; who listens goes on elsewhere.
  void EndStreams() {
    std::set<std::shared_ptr<GrpcCall>> open;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      open = streams;
    }
    for (const auto& call : open) {
      call->Fail(Stopping());
      call->canceller().Cancel();
    }
  }

  static void Poll(grpc::ServerCompletionQueue& queue) {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) Tag::TakeBack(tag, ok);
  }

  Status Start() {
    VEDETTE_TRY(auto credentials, MakeCredentials(options));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options.address, credentials, &port);
    if (!options.reflection) builder.SetOption(std::make_unique<WithoutReflection>());
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytes);
    // Our channels ping every 30 s, with or without data.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    for (const auto& service : services) builder.RegisterService(service.get());
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::int64_t count =
        options.poller_threads != 0 ? options.poller_threads : std::max(1U, cores / 2);
    for (std::int64_t i = 0; i < count; ++i) queues.push_back(builder.AddCompletionQueue());
    server = builder.BuildAndStart();
    if (server == nullptr) {
      return Fail(Code::kUnavailable, "The gRPC address " + options.address + " cannot be served.");
    }
    for (const auto& queue : queues) {
      for (const auto& service : services) {
        const int methods = static_cast<int>(service->offered().operations().size());
        for (int i = 0; i < methods; ++i) {
          for (int n = 0; n < kArmed; ++n) Arm(*service, i, *queue);
        }
      }
      pollers.emplace_back([&queue = *queue] { Poll(queue); });
    }
    return {};
  }

  void Shutdown(std::chrono::milliseconds grace) {
    if (server == nullptr) return;
    server->GetHealthCheckService()->Shutdown();
    EndStreams();
    server->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                  gpr_time_from_millis(grace.count(), GPR_TIMESPAN)));
    {
      std::unique_lock lock(mutex);
      idle.wait(lock, [this] { return calls == 0; });
    }
    for (const auto& queue : queues) queue->Shutdown();
    for (std::thread& poller : pollers) poller.join();
    pollers.clear();
    server.reset();
    queues.clear();
  }
};

GrpcServer::GrpcServer(GrpcServerOptions options, GrpcServerDependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(dependencies))) {
  impl_->calls_gauge =
      &impl_->dependencies.metrics.GetGauge("vedette_rpc_server_calls", "gRPC calls at work now.");
}

GrpcServer::~GrpcServer() { Shutdown(std::chrono::milliseconds(0)); }

void GrpcServer::Add(std::unique_ptr<GrpcService> service) {
  impl_->services.push_back(std::make_unique<Registration>(std::move(service)));
  if (Ingress* ingress = impl_->dependencies.ingress) impl_->services.back()->Enter(*ingress);
}

Status GrpcServer::Start() { return impl_->Start(); }

std::int64_t GrpcServer::calls() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->calls;
}

std::string GrpcServer::address() const {
  const std::string& asked = impl_->options.address;
  return asked.substr(0, asked.rfind(':')) + ":" + std::to_string(impl_->port);
}

void GrpcServer::SetServing(bool serving) {
  if (impl_->server == nullptr) return;
  impl_->server->GetHealthCheckService()->SetServingStatus(serving);
}

void GrpcServer::Shutdown(std::chrono::milliseconds grace) { impl_->Shutdown(grace); }

}  // namespace vedette::rpc
