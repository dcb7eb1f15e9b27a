// SPDX-License-Identifier: Apache-2.0
// What happens when a client does not wait for the end of its request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/http/gated_server.h"

namespace vedette::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

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

}  // namespace
}  // namespace vedette::http
