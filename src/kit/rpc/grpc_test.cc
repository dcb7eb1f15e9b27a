// SPDX-License-Identifier: Apache-2.0
//
// What only a network brings: deadlines, cancellation, overload, absence and shutdown.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "kit/rpc/testing/certificate.h"
#include "kit/rpc/testing/fixture.h"
#include "kit/task/parallel.h"
#include "kit/task/spawn.h"
#include "kit/testing/temp_dir.h"

namespace vedette::rpc::testing {
namespace {

using ::testing::HasSubstr;

v1::EchoRequest Request(const std::string& behaviour) {
  v1::EchoRequest request;
  request.set_study_id("S1");
  request.set_text("hello");
  request.set_age(41);
  request.set_behaviour(behaviour);
  return request;
}

Result<v1::EchoResponse> Echo(EchoFixture& fixture,
                              v1::EchoApi& api,
                              CallContext context,
                              const std::string& behaviour) {
  return Await<Result<v1::EchoResponse>>(fixture.runtime,
                                         [&] { return api.Echo(context, Request(behaviour)); });
}

bool WaitFor(EchoFixture& fixture, const Signal& signal) {
  return Await<bool>(fixture.runtime, [&] { return signal.Wait(); });
}

// A call that was started and goes on beside the test.
struct Background {
  Background(EchoFixture& fixture, v1::EchoApi& api, const std::string& behaviour) {
    Spawn(
        fixture.runtime.Next(), [this, &api, behaviour] { return Run(api, behaviour); },
        [this](std::exception_ptr) { ended.Set(); }, canceller);
  }
  Task<void> Run(v1::EchoApi& api, std::string behaviour) {
    result = co_await api.Echo(ContextOf("maria"), Request(behaviour));
  }

  Canceller canceller;
  Signal ended;
  std::optional<Result<v1::EchoResponse>> result;
};

Task<int> CallMany(EchoFixture& fixture, int count) {
  std::vector<Task<Result<v1::EchoResponse>>> calls;
  for (int i = 0; i < count; ++i) {
    calls.push_back(fixture.client->Echo(ContextOf("maria"), Request("")));
  }
  int good = 0;
  for (const auto& result : co_await WhenAll(std::move(calls))) good += result ? 1 : 0;
  co_return good;
}

TEST(GrpcTest, DeadlineReachesTheServiceAndEndsTheCallOnBothSides) {
  EchoFixture fixture;
  CallContext context = ContextOf("maria");
  context.deadline = Deadline::After(fixture.clock, std::chrono::milliseconds(200));
  const auto response = Echo(fixture, *fixture.client, context, "hang");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(response.error().message, "The echo service did not answer in time.");
  EXPECT_TRUE(WaitFor(fixture, fixture.service.gave_up));
  // And not the default, which is later by far.
  EXPECT_LT(fixture.service.last_deadline.load().time,
            context.deadline.time + std::chrono::seconds(5));
}

TEST(GrpcTest, PassedDeadlineDoesNotLeaveTheCaller) {
  EchoFixture fixture;
  CallContext context = ContextOf("maria");
  context.deadline = {fixture.clock.SteadyNow() - std::chrono::seconds(1)};
  for (v1::EchoApi* api : {fixture.guard.get(), fixture.client.get()}) {
    const auto response = Echo(fixture, *api, context, "");
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kDeadlineExceeded);
  }
  EXPECT_EQ(fixture.service.started, 0);
}

TEST(GrpcTest, CallWithoutDeadlineGetsTheContractsOrTheDefault) {
  EchoFixture fixture;
  const SteadyTime before = fixture.clock.SteadyNow();
  ASSERT_TRUE(Echo(fixture, *fixture.client, ContextOf("maria"), ""));
  ASSERT_TRUE(fixture.service.last_deadline.load().IsSet());
  EXPECT_GT(fixture.service.last_deadline.load().time, before + std::chrono::seconds(8));
  EXPECT_LT(fixture.service.last_deadline.load().time, before + std::chrono::seconds(30));
}

TEST(GrpcTest, CancellingTheCallerCancelsTheService) {
  EchoFixture fixture;
  Background call(fixture, *fixture.client, "hang");
  ASSERT_TRUE(WaitFor(fixture, fixture.service.hanging));
  call.canceller.Cancel();
  EXPECT_TRUE(WaitFor(fixture, call.ended));
  EXPECT_TRUE(WaitFor(fixture, fixture.service.gave_up));
  EXPECT_EQ(fixture.service.cancelled, 1);
}

TEST(GrpcTest, AbsentPeerIsUnavailableInWords) {
  EchoFixture fixture;
  const std::string address = fixture.server->address();
  fixture.server->Shutdown(std::chrono::seconds(1));
  const auto client = fixture.MakeClient(address);
  const auto response = Echo(fixture, *client, ContextOf("maria"), "");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), (Error{Code::kUnavailable, "The echo service cannot be reached."}));
}

TEST(GrpcTest, PeerThatComesBackIsFound) {
  EchoFixture first;
  const std::string address = first.server->address();
  ASSERT_TRUE(Echo(first, *first.client, ContextOf("maria"), ""));
  first.server->Shutdown(std::chrono::seconds(1));
  ASSERT_FALSE(Echo(first, *first.client, ContextOf("maria"), ""));
  GrpcServerOptions options;
  options.address = address;
  GrpcServer second(options,
                    {first.runtime, first.tokens, first.clock, first.metrics, first.logger});
  second.Add(v1::MakeEchoGrpcService(*first.guard));
  ASSERT_TRUE(second.Start());
  const SteadyTime limit = first.clock.SteadyNow() + std::chrono::seconds(20);
  bool found = false;
  while (!found && first.clock.SteadyNow() < limit) {
    found = Echo(first, *first.client, ContextOf("maria"), "").has_value();
  }
  EXPECT_TRUE(found);
  second.Shutdown(std::chrono::seconds(1));
}

TEST(GrpcTest, OverloadIsRefusedWithAHint) {
  GrpcServerOptions options;
  options.max_calls = 1;
  EchoFixture fixture(options);
  Background call(fixture, *fixture.client, "hang");
  ASSERT_TRUE(WaitFor(fixture, fixture.service.hanging));
  const auto refused = Echo(fixture, *fixture.client, ContextOf("maria"), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
  call.canceller.Cancel();
  EXPECT_TRUE(WaitFor(fixture, call.ended));
  EXPECT_TRUE(WaitFor(fixture, fixture.service.gave_up));
}

TEST(GrpcTest, ShutdownCancelsWhatHangsAfterItsGrace) {
  EchoFixture fixture;
  Background call(fixture, *fixture.client, "hang");
  ASSERT_TRUE(WaitFor(fixture, fixture.service.hanging));
  fixture.server->Shutdown(std::chrono::milliseconds(50));
  EXPECT_TRUE(fixture.service.gave_up.IsSet());
  EXPECT_TRUE(WaitFor(fixture, call.ended));
  ASSERT_TRUE(call.result);
  ASSERT_FALSE(*call.result);
  EXPECT_EQ(call.result->error().code, Code::kUnavailable);
}

TEST(GrpcTest, ShutdownDoesNotWaitForStreams) {
  EchoFixture fixture;
  const Signal ended;
  Status end;
  Canceller canceller;
  Spawn(
      fixture.runtime.Next(),
      [&]() -> Task<void> {
        v1::CountRequest request;
        request.set_study_id("S1");
        request.set_behaviour("hang");
        struct Listener final : StreamWriter<v1::Tick> {
          Task<bool> Write(v1::Tick) override { co_return true; }
        } ticks;
        end = co_await fixture.client->Count(ContextOf("central"), request, ticks);
      },
      [&](std::exception_ptr) { ended.Set(); }, canceller);
  ASSERT_TRUE(WaitFor(fixture, fixture.service.hanging));
  fixture.server->Shutdown(std::chrono::hours(1));
  EXPECT_TRUE(fixture.service.gave_up.IsSet());
  EXPECT_TRUE(WaitFor(fixture, ended));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error(), (Error{Code::kUnavailable, "The server stops."}));
}

TEST(GrpcTest, UserWithoutTokenDoesNotBorrowTheServicesCredential) {
  EchoFixture fixture;
  CallContext context = ContextOf("maria");
  context.bearer_token = nullptr;
  const auto response = Echo(fixture, *fixture.client, context, "");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnauthenticated);
}

TEST(GrpcTest, RejectedTokenKeepsItsReason) {
  EchoFixture fixture;
  CallContext context = ContextOf("maria");
  context.bearer_token = std::make_shared<const std::string>("expired");
  const auto response = Echo(fixture, *fixture.client, context, "");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error(), (Error{Code::kUnauthenticated, "The token has expired."}));
}

TEST(GrpcTest, ThousandsOfViolationsArrive) {
  EchoFixture fixture;
  v1::EchoRequest request = Request("");
  for (int i = 0; i < 5000; ++i) request.mutable_everything()->add_parts();
  const auto response = Await<Result<v1::EchoResponse>>(
      fixture.runtime, [&] { return fixture.client->Echo(ContextOf("maria"), request); });
  ASSERT_FALSE(response);
  ASSERT_EQ(response.error().violations.size(), 5000U);
  EXPECT_EQ(response.error().violations[4999].field, "everything.parts[4999].itemCode");
}

TEST(GrpcTest, ManyCallsAtOnce) {
  EchoFixture fixture;
  const int all = Await<int>(fixture.runtime, [&] { return CallMany(fixture, 500); });
  EXPECT_EQ(all, 500);
}

TEST(GrpcTest, MessageOverTheLimitIsRefused) {
  GrpcServerOptions options;
  options.max_message_bytes = 2048;
  EchoFixture fixture(options);
  v1::EchoRequest request = Request("");
  request.mutable_everything()->set_text(std::string(4096, 'x'));
  const auto response = Await<Result<v1::EchoResponse>>(
      fixture.runtime, [&] { return fixture.client->Echo(ContextOf("maria"), request); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kResourceExhausted);
  EXPECT_EQ(fixture.service.started, 0);
}

TEST(GrpcTest, TlsChecksBothSides) {
  const testkit::TempDir folder;
  const std::string key = (folder.path() / "key.pem").string();
  const std::string cert = (folder.path() / "cert.pem").string();
  const std::string other_key = (folder.path() / "other_key.pem").string();
  const std::string other_cert = (folder.path() / "other_cert.pem").string();
  ASSERT_TRUE(WriteCertificate(key, cert));
  ASSERT_TRUE(WriteCertificate(other_key, other_cert));
  EchoFixture fixture({.cert_file = cert, .key_file = key, .client_ca_file = cert});
  const auto call = [&](ChannelOptions options) {
    options.service = "echo";
    options.addresses = {fixture.server->address()};
    options.tls = true;
    options.server_name = "localhost";
    const auto channel = Channel::Create(options, fixture.poller, nullptr, fixture.clock);
    const auto client = v1::MakeEchoClient(channel.value());
    return Echo(fixture, *client, ContextOf("maria"), "");
  };
  const auto good = call({.ca_file = cert, .cert_file = cert, .key_file = key});
  EXPECT_TRUE(good) << good.error().message;
  EXPECT_FALSE(call({.ca_file = other_cert, .cert_file = cert, .key_file = key}));
  EXPECT_FALSE(call({.ca_file = cert, .cert_file = other_cert, .key_file = other_key}));
  EXPECT_FALSE(Echo(fixture, *fixture.client, ContextOf("maria"), ""));  // without TLS
}

// A call as a stranger makes it, without a contract.
grpc::Status CallRaw(const std::string& address,
                     const std::string& method,
                     const std::string& request,
                     grpc::ByteBuffer& response) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const grpc::Slice bytes(request);
  auto reader = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&bytes, 1), &queue);
  reader->StartCall();
  grpc::Status status;
  reader->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

// grpc.health.v1.HealthCheckResponse.status is field 1.
std::string HealthStatus(const std::string& address) {
  grpc::ByteBuffer response;
  const grpc::Status status = CallRaw(address, "/grpc.health.v1.Health/Check", "", response);
  grpc::Slice bytes;
  if (!status.ok() || !response.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) {
    return status.error_message();
  }
  return *(bytes.begin() + 1) == 1 ? "SERVING" : "NOT_SERVING";
}

TEST(GrpcTest, HealthServiceSaysWhatItIsTold) {
  EchoFixture fixture;
  EXPECT_EQ(HealthStatus(fixture.server->address()), "SERVING");
  fixture.server->SetServing(false);
  EXPECT_EQ(HealthStatus(fixture.server->address()), "NOT_SERVING");
}

TEST(GrpcTest, StrangersAreNotToldWhichServicesThereAre) {
  EchoFixture fixture;
  grpc::ByteBuffer response;
  const std::string list_services("\x3a\x00", 2);
  const grpc::Status status = CallRaw(
      fixture.server->address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      list_services, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

Status StartWith(GrpcServerOptions options) {
  EchoFixture fixture;
  options.address = "127.0.0.1:0";
  GrpcServer server(
      options, {fixture.runtime, fixture.tokens, fixture.clock, fixture.metrics, fixture.logger});
  return server.Start();
}

TEST(GrpcTest, CertificateWithoutItsKeyIsRefused) {
  const Status started = StartWith({.cert_file = "/nowhere/cert.pem"});
  ASSERT_FALSE(started);
  ASSERT_EQ(started.error().violations.size(), 1U);
  EXPECT_EQ(started.error().violations[0].field, "key_file");
}

TEST(GrpcTest, ClientsCertificatesAreNotAskedForInClearText) {
  const Status started = StartWith({.client_ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(started);
  ASSERT_EQ(started.error().violations.size(), 1U);
  EXPECT_EQ(started.error().violations[0].field, "cert_file");
}

TEST(GrpcTest, UnreadableTlsFilesAreNamed) {
  const Status started =
      StartWith({.cert_file = "/nowhere/cert.pem", .key_file = "/nowhere/key.pem"});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("/nowhere/key.pem"));
}

TEST(GrpcTest, SeveralAddressesAreUsed) {
  EchoFixture one;
  EchoFixture other;
  const auto channel = Channel::Create(
      {.service = "echo", .addresses = {one.server->address(), other.server->address()}},
      one.poller, nullptr, one.clock);
  ASSERT_TRUE(channel);
  const auto client = v1::MakeEchoClient(*channel);
  const SteadyTime limit = one.clock.SteadyNow() + std::chrono::seconds(20);
  while ((one.service.started == 0 || other.service.started == 0) &&
         one.clock.SteadyNow() < limit) {
    ASSERT_TRUE(Echo(one, *client, ContextOf("maria"), ""));
  }
  EXPECT_GT(one.service.started, 0);
  EXPECT_GT(other.service.started, 0);
}

TEST(GrpcTest, AddressesMustMakeSense) {
  EchoFixture fixture;
  EXPECT_FALSE(Channel::Create({.service = "echo"}, fixture.poller, nullptr, fixture.clock));
  for (const std::string address : {"", "a", "a:0", "a:b", ":1", "[::1]", "a:1,b:1"}) {
    EXPECT_FALSE(Channel::Create({.service = "echo", .addresses = {"127.0.0.1:1", address}},
                                 fixture.poller, nullptr, fixture.clock))
        << address;
  }
}

}  // namespace
}  // namespace vedette::rpc::testing
