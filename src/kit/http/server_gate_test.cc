// SPDX-License-Identifier: Apache-2.0
//
// What decides before a request is read and what happens when its client does not wait for the end:
// gates, spans, and work that is cancelled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

#include "kit/http/gzip.h"
#include "kit/http/sse.h"
#include "kit/http/test_server.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/testing/recording_tracer.h"

namespace vedette::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The statuses that passages were told, in order.
class Ends {
 public:
  void Add(int status) {
    const std::lock_guard lock(mutex_);
    statuses_.push_back(status);
  }
  std::vector<int> statuses() const {
    const std::lock_guard lock(mutex_);
    return statuses_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<int> statuses_;
};

class RecordedPassage final : public Passage {
 public:
  explicit RecordedPassage(Ends& ends) : ends_(ends) {}
  void End(int status) override { ends_.Add(status); }

 private:
  Ends& ends_;
};

// A server whose routes stand behind a gate that tells how requests ended.
class GatedServer : public TestServer {
 public:
  explicit GatedServer(ServerOptions server_options = {}) : TestServer(std::move(server_options)) {
    options.max_body_bytes = 1000;
    Add("POST", "/gated", [](Request request) { return AnswerText(std::move(request.body)); });
    Add("GET", "/hang", [this](Request) { return Hang(); });
    Add("GET", "/wait", [this](Request) { return WaitForRelease(); });
    Add("GET", "/throws", [](Request) -> Task<Response> { throw std::runtime_error("defect"); });
  }
  ~GatedServer() { Stop(); }

  void Add(std::string method, std::string pattern, Handler handler) {
    router.Add(std::move(method), std::move(pattern), std::move(handler),
               {.gate = [this](const Request& head) { return Enter(head); }});
  }

  Result<std::unique_ptr<Passage>> Enter(const Request& head) {
    ++asked;
    if (head.headers.Get("X-Refuse")) {
      Error error{Code::kUnavailable, "Not now."};
      error.retry_after = std::chrono::seconds(2);
      return Fail(std::move(error));
    }
    return std::make_unique<RecordedPassage>(ends);
  }

  Task<Response> Hang() {
    started.Set();
    const Signal never;
    const bool set = co_await never.Wait();
    cancelled.Set();
    co_return co_await AnswerText(set ? "set" : "cancelled");
  }

  Task<Response> WaitForRelease() {
    started.Set();
    co_await release.Wait();
    co_return co_await AnswerText("released");
  }

  // Waits until the server has told the ends of so many requests.
  std::vector<int> AwaitEnds(std::size_t count) {
    const SteadyTime patience = Patience();
    while (ends.statuses().size() < count && clock.SteadyNow() < patience) {
      std::this_thread::yield();
    }
    return ends.statuses();
  }
  void AwaitSignal(Signal& signal) {
    EXPECT_TRUE(Await<bool>(runtime, [&] { return signal.WaitUntil(Patience()); }));
  }

  Ends ends;
  std::atomic<int> asked = 0;
  Signal started;
  Signal cancelled;
  Signal release;
};

std::uint64_t Requests(TestServer& server, std::string method, std::string route, int status) {
  return CounterValue(server.metrics, "vedette_http_requests_total",
                      {{"method", method}, {"route", route}, {"status", std::to_string(status)}});
}

TEST(ServerGateTest, RefusesBeforeTheBodyIsRead) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  // The body is announced and never sent: an answer shows that nobody waited for it.
  ASSERT_TRUE(
      socket.Send("POST /gated HTTP/1.1\r\nHost: h\r\nX-Refuse: 1\r\n"
                  "Content-Length: 900000\r\n\r\n"));
  const std::string answer = socket.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 2\r\n"));
  EXPECT_THAT(answer, HasSubstr(R"("detail":"Not now.")"));
  EXPECT_THAT(server.ends.statuses(), ElementsAre());
}

TEST(ServerGateTest, ARefusalOfASmallBodyKeepsTheConnection) {
  GatedServer server;
  server.Start();
  const std::string answers = server.Exchange(
      "POST /gated HTTP/1.1\r\nHost: h\r\nX-Refuse: 1\r\nContent-Length: 5\r\n\r\nhello"
      "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nhello"));
}

TEST(ServerGateTest, APassageIsToldTheFinalStatus) {
  GatedServer server;
  server.Start();
  EXPECT_EQ(server.Fetch({.method = "POST", .target = "/gated", .body = "x"}).status, 200);
  EXPECT_EQ(server.Fetch({.target = "/throws"}).status, 500);
  // 413 by Content-Length, by what is streamed, and by what is inflated; 400 for no gzip at all.
  EXPECT_EQ(
      server.Fetch({.method = "POST", .target = "/gated", .body = std::string(1001, 'x')}).status,
      413);
  EXPECT_THAT(server.Exchange("POST /gated HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                              "Connection: close\r\n\r\n3e9\r\n" +
                              std::string(1001, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  const std::string bomb = GzipDeflater(6).Compress(std::string(100'000, 'x'));
  ClientRequest inflated{.method = "POST", .target = "/gated", .body = bomb};
  inflated.headers.Set("Content-Encoding", "gzip");
  ASSERT_LT(bomb.size(), 1000U);
  EXPECT_EQ(server.Fetch(inflated).status, 413);
  inflated.body = "no gzip";
  EXPECT_EQ(server.Fetch(inflated).status, 400);
  EXPECT_THAT(server.AwaitEnds(6), ElementsAre(200, 500, 413, 413, 413, 400));
}

TEST(ServerGateTest, AStreamsPassageEndsWithTheStream) {
  GatedServer server;
  Signal written;
  server.Add("GET", "/events", [&](Request) -> Task<Response> {
    co_return EventStreamResponse([&](ResponseStream& out) -> Task<void> {
      co_await out.Write("data: 1\n\n");
      written.Set();
      co_await server.release.Wait();
    });
  });
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(socket.ReadUntil("data: 1\n\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(server.ends.statuses(), ElementsAre());
  server.release.Set();
  socket.ReadAll();
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(200));
}

TEST(ServerLeaveTest, AClientThatClosesCancelsTheHandler) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n"));
  server.AwaitSignal(server.started);
  socket.Close();
  server.AwaitSignal(server.cancelled);
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(499));
  server.Stop();
  EXPECT_EQ(Requests(server, "GET", "/hang", 499), 1U);
  ASSERT_EQ(server.log->entries().size(), 1U);
  EXPECT_EQ(std::get<std::int64_t>(server.log->entries()[0].fields.at("status")), 499);
}

TEST(ServerLeaveTest, PipelinedBytesDoNotHideTheEnd) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHos"));
  server.AwaitSignal(server.started);
  socket.Close();
  server.AwaitSignal(server.cancelled);
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(499));
}

TEST(ServerLeaveTest, WhatArrivesMeanwhileIsTheNextRequest) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  server.AwaitSignal(server.started);
  // More than is read ahead, so that the rest is read when its turn comes.
  const std::string body(900, 'b');
  std::string next;
  for (int i = 0; i < 40; ++i) {
    next += "POST /gated HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n" + body;
  }
  next += "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  ASSERT_TRUE(socket.Send(next));
  server.release.Set();
  const std::string answers = socket.ReadAll();
  EXPECT_THAT(answers, HasSubstr("released"));
  EXPECT_THAT(answers, testing::EndsWith("\r\n\r\nhello"));
  std::size_t bodies = 0;
  for (auto at = answers.find(body); at != std::string::npos; at = answers.find(body, at + 1)) {
    ++bodies;
  }
  EXPECT_EQ(bodies, 40U);
}

TEST(ServerLeaveTest, AClientThatOnlyEndsItsRequestsGetsItsAnswer) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  server.AwaitSignal(server.started);
  socket.FinishSending();
  // The interim response shows that the server has noticed.
  EXPECT_EQ(socket.ReadUntil("\r\n\r\n"), "HTTP/1.1 102 Processing\r\n\r\n");
  server.release.Set();
  const std::string answer = socket.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("released"));
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(200));
}

TEST(ServerLeaveTest, WithoutProbesItGetsNothingButItsAnswer) {
  GatedServer server({.probe_clients = false});
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
  server.AwaitSignal(server.started);
  socket.FinishSending();
  // The end has come before these, so it is mostly noticed before them.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(server.Fetch({.target = "/hello"}).status, 200);
  server.release.Set();
  EXPECT_THAT(socket.ReadAll(), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(200));
}

TEST(ServerLeaveTest, AnHttp10ClientThatEndsItsRequestGetsItsAnswer) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("GET /wait HTTP/1.0\r\n\r\n"));
  server.AwaitSignal(server.started);
  socket.FinishSending();
  server.release.Set();
  EXPECT_THAT(socket.ReadAll(), HasSubstr("released"));
}

TEST(ServerLeaveTest, AClientThatLeavesItsBodyIsCountedAs499) {
  GatedServer server;
  server.Start();
  RawSocket socket(server.port());
  ASSERT_TRUE(socket.Send("POST /gated HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"));
  socket.Close();
  EXPECT_THAT(server.AwaitEnds(1), ElementsAre(499));
}

TEST(ServerSpanTest, IsNamedByTheRouteAndChildOfTheCallers) {
  GatedServer server;
  RecordingTracer tracer;
  std::optional<TraceContext> seen;
  server.router.Add("GET", "/subjects/{id}", [&](Request request) {
    seen = request.trace;
    return AnswerText("x");
  });
  server.server = std::make_unique<Server>(server.options, server.router, server.runtime, Logger(),
                                           server.metrics, server.clock, &tracer);
  ASSERT_TRUE(server.server->Start());
  const auto parent =
      TraceContext::FromTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  ClientRequest request{.target = "/subjects/0815"};
  request.headers.Set("traceparent", parent->ToTraceparent());
  EXPECT_EQ(server.Fetch(request).status, 200);
  EXPECT_EQ(server.Fetch({.target = "/throws"}).status, 500);
  EXPECT_EQ(server.Fetch({.target = "/nowhere/0815"}).status, 404);
  server.Stop();
  const auto span = tracer.Find("/subjects/{id}");
  ASSERT_TRUE(span);
  EXPECT_EQ(span->kind, SpanKind::kServer);
  EXPECT_EQ(span->context.trace_id, parent->trace_id);
  EXPECT_EQ(span->parent_span_id, parent->span_id);
  EXPECT_EQ(span->context.span_id, seen->span_id);
  EXPECT_EQ(span->Text("http.request.method"), "GET");
  EXPECT_EQ(std::get<std::int64_t>(span->attributes.at("http.response.status_code")), 200);
  EXPECT_FALSE(span->error);
  EXPECT_EQ(tracer.Find("/throws")->error, Code::kInternal);
  ASSERT_TRUE(tracer.Find("(none)"));
  EXPECT_FALSE(tracer.Find("(none)")->error);
}

}  // namespace
}  // namespace vedette::http
