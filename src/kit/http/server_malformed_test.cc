// SPDX-License-Identifier: Apache-2.0
// Bytes that are not a request, and requests that two readers could understand differently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "kit/http/parser.h"
#include "kit/http/test_server.h"

namespace vedette::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class MalformedTest : public testing::TestWithParam<std::string> {};

TEST_P(MalformedTest, Is400AndTheConnectionEnds) {
  TestServer server;
  server.Start();
  // What follows must not be taken for a request of its own.
  const std::string answer =
      server.Exchange(GetParam() + "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_EQ(answer.find("HTTP/1.1 200"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Smuggling,
    MalformedTest,
    testing::Values(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
        "0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"));

INSTANTIATE_TEST_SUITE_P(Garbage,
                         MalformedTest,
                         testing::Values("\x16\x03\x01\x02\x01 this is TLS\r\n\r\n",
                                         "GET\r\n\r\n",
                                         "GET /hello\r\n\r\n",
                                         "GET /hello HTTP/2.0\r\nHost: h\r\n\r\n",
                                         "GET /hello HTTP/1.1\r\n\r\n",
                                         "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                                         "GET /hello HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
                                         "GET /hello HTTP/1.1\r\nHost: h\r\nX: \x01\r\n\r\n",
                                         "GET /he llo HTTP/1.1\r\nHost: h\r\n\r\n"));

TEST(MalformedTest, ATrailerIsNotAHeader) {
  TestServer server;
  server.router.Add("POST", "/who", [](Request request) {
    return AnswerText(request.headers.Get("Authorization") ? "known" : "nobody");
  });
  server.Start();
  EXPECT_THAT(server.Exchange("POST /who HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                              "Connection: close\r\n\r\n0\r\nAuthorization: me\r\n\r\n"),
              HasSubstr("\r\n\r\nnobody"));
}

class Collect : public BodySink {
 public:
  bool OnBody(std::string_view bytes) override {
    body.append(bytes);
    return body.size() < 100'000;
  }
  std::string body;
};

// Requests with random damage, in random pieces: no crash, no endless loop, no more bytes consumed
// than there are.
TEST(MalformedTest, DamagedRequestsNeverBreakTheParser) {
  const std::vector<std::string> seeds = {
      "POST /echo?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world",
      "POST /a/b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\nX: a\r\n b\r\n\r\n",
      "OPTIONS * HTTP/1.0\r\nExpect: 100-continue\r\nUpgrade: h2c\r\n\r\n"};
  std::mt19937 random(20'260'101);
  const std::string special = "\r\n :;,\"\t%0\x80\xFF";
  Router router;
  router.Add("POST", "/a/{x}", [](Request) { return AnswerText(""); });
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (std::uint32_t damage = random() % 6; damage > 0 && !text.empty(); --damage) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text[at] = special[random() % special.size()];
          break;
        case 2:
          text.erase(at, random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 16));
          break;
      }
    }
    Collect sink;
    RequestParser parser(512);
    parser.Reset(sink);
    std::size_t begin = 0;
    std::size_t end = 0;
    bool going = true;
    while (going && end < text.size()) {
      end = std::min(text.size(), end + 1 + random() % 40);
      for (;;) {
        std::size_t consumed = 0;
        const ParseEvent event =
            parser.Parse(std::string_view(text).substr(begin, end - begin), consumed);
        ASSERT_LE(consumed, end - begin);
        begin += consumed;
        if (event == ParseEvent::kHead) {
          const Request request = parser.TakeRequest();
          router.Find(request.method, request.path);
          continue;
        }
        going = event == ParseEvent::kNeedMore;
        break;
      }
    }
  }
}

TEST(MalformedTest, DamagedRequestsNeverBreakTheServer) {
  ServerOptions options;
  options.header_timeout = std::chrono::milliseconds(20);
  options.body_timeout = std::chrono::milliseconds(20);
  TestServer server(options);
  server.Start();
  const std::string seed =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n";
  std::mt19937 random(7);
  for (int round = 0; round < 150; ++round) {
    std::string text = seed;
    for (std::uint32_t damage = 1 + random() % 3; damage > 0; --damage) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    RawSocket socket(server.port());
    socket.Send(text);
    socket.FinishSending();
    const std::string answer = socket.ReadAll();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.")) << answer;
    EXPECT_EQ(answer.find(" 500 "), std::string::npos) << answer;
  }
  EXPECT_EQ(server.Fetch({.target = "/hello"}).body, "hello");
}

}  // namespace
}  // namespace vedette::http
