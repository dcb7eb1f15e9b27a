// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "kit/http/sse.h"
#include "kit/http/test_server.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"

namespace vedette::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Task<Response> Answer(Response response) { co_return response; }

// A route that streams what `stream` writes.
void AddStream(TestServer& server,
               std::function<Task<void>(ResponseStream&)> stream,
               std::chrono::milliseconds heartbeat = std::chrono::milliseconds(0)) {
  server.router.Add("GET", "/stream",
                    [=](Request) { return Answer(EventStreamResponse(stream, heartbeat)); });
}

std::uint64_t Ends(TestServer& server, std::string reason) {
  return CounterValue(server.metrics, "vedette_http_stream_ends_total", {{"reason", reason}});
}

Task<void> ThreeEvents(ResponseStream& stream) {
  for (int i = 1; i <= 3; ++i) {
    co_await stream.Write(FormatServerSentEvent("alert", "n" + std::to_string(i)));
  }
}

Task<Result<std::vector<std::string>>> ReadEvents(Endpoint endpoint) {
  VEDETTE_CO_TRY(auto connection, co_await ClientConnection::Connect(endpoint, Patience()));
  VEDETTE_CO_TRY(auto head, co_await connection.Open({.target = "/stream"}, Patience()));
  std::vector<std::string> data = {std::string(head.headers.Get("content-type").value_or(""))};
  for (;;) {
    VEDETTE_CO_TRY(auto event, co_await connection.NextEvent(Patience()));
    if (!event) co_return data;
    data.push_back(event->event + "=" + event->data);
  }
}

TEST(ServerStreamTest, DeliversEventsAndEndsProperly) {
  TestServer server;
  AddStream(server, ThreeEvents);
  server.Start();
  const auto events = Await<Result<std::vector<std::string>>>(
      server.runtime, [&] { return ReadEvents({"127.0.0.1", server.port()}); });
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_THAT(*events, testing::ElementsAre("text/event-stream; charset=utf-8", "alert=n1",
                                            "alert=n2", "alert=n3"));
  server.Stop();
  EXPECT_EQ(Ends(server, "done"), 1U);
}

// Tells when the coroutine that holds it ends.
struct Ending {
  std::promise<void>& promise;
  ~Ending() { promise.set_value(); }
};

Task<void> WaitLong(ResponseStream& stream, std::promise<void>& ended) {
  const Ending ending{ended};
  co_await stream.Write(FormatServerSentEvent("", "first"));
  co_await Signal().Wait();
  co_await stream.Write("never sent");
}

TEST(ServerStreamTest, AClientThatLeavesCancelsTheStream) {
  std::promise<void> ended;
  TestServer server;
  AddStream(server, [&](ResponseStream& stream) { return WaitLong(stream, ended); });
  server.Start();
  RawSocket socket(server.port());
  socket.Send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(socket.ReadUntil("first"), HasSubstr("data: first"));
  socket.Close();
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  server.Stop();
  EXPECT_EQ(Ends(server, "client"), 1U);
  EXPECT_EQ(server.metrics.GetGauge("vedette_http_streams", "").Value(), 0.0);
}

TEST(ServerStreamTest, StopEndsStreams) {
  std::promise<void> ended;
  TestServer server;
  AddStream(server, [&](ResponseStream& stream) { return WaitLong(stream, ended); });
  server.Start();
  RawSocket socket(server.port());
  socket.Send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(socket.ReadUntil("first"), HasSubstr("data: first"));
  server.Stop();
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  const std::string rest = socket.ReadAll();
  EXPECT_THAT(rest, HasSubstr("0\r\n\r\n"));
  EXPECT_THAT(rest, Not(HasSubstr("never sent")));
  EXPECT_EQ(Ends(server, "server"), 1U);
}

TEST(ServerStreamTest, AQuietStreamHasAHeartbeat) {
  ServerOptions options;
  options.header_timeout = std::chrono::milliseconds(40);  // the sweep is as often as it needs
  std::promise<void> ended;
  TestServer server(options);
  AddStream(
      server, [&](ResponseStream& stream) { return WaitLong(stream, ended); },
      std::chrono::milliseconds(10));
  server.Start();
  RawSocket socket(server.port());
  socket.Send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(socket.ReadUntil("3\r\n:\n\n\r\n"), HasSubstr("data: first"));
  EXPECT_EQ(socket.ReadUntil("3\r\n:\n\n\r\n"), "3\r\n:\n\n\r\n");
}

Task<void> WriteUntilRefused(ResponseStream& stream, std::promise<int>& written) {
  int count = 0;
  while (co_await stream.Write(std::string(64 * 1024, 'x'))) ++count;
  written.set_value(count);
}

TEST(ServerStreamTest, AClientThatDoesNotReadEndsItsStreamAlone) {
  ServerOptions options;
  options.write_timeout = std::chrono::milliseconds(40);
  std::promise<int> written;
  TestServer server(options);
  AddStream(server, [&](ResponseStream& stream) { return WriteUntilRefused(stream, written); });
  server.Start();
  RawSocket socket(server.port());
  socket.Send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(server.Fetch({.target = "/hello"}).body, "hello");
  const SteadyTime patience = Patience();
  while (Ends(server, "client") == 0 && server.clock.SteadyNow() < patience) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Ends(server, "client"), 1U);
}

Task<void> WriteThenThrow(ResponseStream& stream) {
  co_await stream.Write("data: x\n\n");
  throw std::runtime_error("inside");
}

TEST(ServerStreamTest, AFailingStreamIsCutNotEnded) {
  TestServer server;
  AddStream(server, WriteThenThrow);
  server.Start();
  const std::string answer = server.Exchange("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("data: x"));
  EXPECT_THAT(answer, Not(HasSubstr("0\r\n\r\n")));
  EXPECT_THAT(answer, Not(HasSubstr("inside")));
  server.Stop();
  EXPECT_EQ(Ends(server, "error"), 1U);
  EXPECT_TRUE(server.log->HasMessage("a request handler failed"));
}

TEST(ServerStreamTest, HeadAndHttp10) {
  TestServer server;
  AddStream(server, ThreeEvents);
  server.Start();
  EXPECT_EQ(server.Fetch({.method = "HEAD", .target = "/stream"}).status, 200);
  const std::string answer = server.Exchange("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nevent: alert\ndata: n1\n\nevent: alert\n"));
}

}  // namespace
}  // namespace vedette::http
