// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/https_stream.h"

#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "kit/discovery/address.h"
#include "kit/http/parser.h"

namespace vedette::discovery {
namespace {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr asio::use_awaitable_t<Executor> kAwait;

Error Away(std::string_view doing) {
  return {Code::kUnavailable, "The API server cannot be reached: " + std::string(doing) + "."};
}

// A peer that vanished is noticed within half a minute, though nothing is sent.
void ProbeIdle(Socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  using Number = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  socket.set_option(Number(10), ignored);
  socket.set_option(Interval(5), ignored);
  socket.set_option(Count(3), ignored);
}

bool IsHostName(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return bool(error);
}

Status CheckStatus(int status) {
  switch (status) {
    case 200:
      return {};
    case 401:
    case 403:
      return Fail(Code::kUnauthenticated, "The API server does not let this account read.");
    case 404:
      return Fail(Code::kNotFound, "The API server does not know this resource.");
    case 410:
      return Fail(Code::kConflict, "The API server has forgotten this version.");
    default:
      return Fail(Code::kUnavailable, "The API server answered " + std::to_string(status) + ".");
  }
}

}  // namespace

// Shared with the timer's callback alone, which may come after the stream is gone.
struct HttpsStream::Impl final : http::BodySink, std::enable_shared_from_this<Impl> {
  bool OnBody(std::string_view bytes) override {
    body += bytes;
    return true;
  }

  struct Connection {
    explicit Connection(Executor executor)
        : tls_context(asio::ssl::context::tls_client),
          resolver(executor),
          timer(executor),
          socket(executor) {}

    asio::ssl::context tls_context;
    asio::ip::basic_resolver<Tcp, Executor> resolver;
    Timer timer;
    Socket socket;
    std::optional<asio::ssl::stream<Socket&>> tls;  // once the handshake has begun
  };

  // While one lives, operations end at the deadline.
  class Limit {
   public:
    Limit(Impl& impl, SteadyTime deadline) : impl_(impl) {
      const std::uint64_t mine = ++impl.turn;
      impl.timed_out = false;
      impl.connection->timer.expires_at(deadline);
      impl.connection->timer.async_wait(
          [weak = impl.weak_from_this(), mine](boost::system::error_code error) {
            const auto self = weak.lock();
            if (error || !self || self->turn != mine) return;
            self->timed_out = true;
            self->connection->resolver.cancel();
            boost::system::error_code ignored;
            self->connection->socket.close(ignored);
          });
    }
    ~Limit() {
      ++impl_.turn;
      impl_.connection->timer.cancel();
    }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

   private:
    Impl& impl_;
  };

  Error Failure(std::string_view doing) const {
    if (timed_out) return {Code::kDeadlineExceeded, "The API server did not answer in time."};
    return Away(doing);
  }

  Task<Status> Connect(const ApiUrl& url) {
    boost::system::error_code error;
    const auto found = co_await connection->resolver.async_resolve(
        url.host, url.port, asio::redirect_error(kAwait, error));
    if (error) co_return vedette::Fail(Failure("its name is not found"));
    co_await asio::async_connect(connection->socket, found, asio::redirect_error(kAwait, error));
    if (error) co_return vedette::Fail(Failure("no connection"));
    ProbeIdle(connection->socket);
    co_return Status();
  }

  Task<Status> Handshake(const ApiUrl& url, const std::string& ca_file) {
    boost::system::error_code error;
    if (ca_file.empty()) {
      connection->tls_context.set_default_verify_paths(error);
    } else {
      connection->tls_context.load_verify_file(ca_file, error);
    }
    if (error) {
      co_return vedette::Fail(Code::kFailedPrecondition,
                              "The file of the API server's authority cannot be used.");
    }
    auto& stream = connection->tls.emplace(connection->socket, connection->tls_context);
    SSL_set_min_proto_version(stream.native_handle(), TLS1_2_VERSION);
    if (IsHostName(url.host)) SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
    stream.set_verify_mode(asio::ssl::verify_peer, error);
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host), error);
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(kAwait, error));
    if (error) co_return vedette::Fail(Failure("its certificate or TLS is not accepted"));
    co_return Status();
  }

  Task<bool> Send(const std::string& request) {
    boost::system::error_code error;
    if (connection->tls) {
      co_await asio::async_write(*connection->tls, asio::buffer(request),
                                 asio::redirect_error(kAwait, error));
    } else {
      co_await asio::async_write(connection->socket, asio::buffer(request),
                                 asio::redirect_error(kAwait, error));
    }
    co_return !error;
  }

  Task<Result<std::size_t>> ReadSome(asio::mutable_buffer buffer) {
    boost::system::error_code error;
    std::size_t n = 0;
    if (connection->tls) {
      n = co_await connection->tls->async_read_some(buffer, asio::redirect_error(kAwait, error));
    } else {
      n = co_await connection->socket.async_read_some(buffer, asio::redirect_error(kAwait, error));
    }
    const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
    if (error && !ended) co_return vedette::Fail(Failure("reading"));
    co_return n;
  }

  // Reads until the head, the end or, with `some`, any of the body is there.
  Task<Status> Advance(http::ParseEvent until, bool some) {
    for (;;) {
      while (!input.empty()) {
        std::size_t consumed = 0;
        const http::ParseEvent event = parser.Parse(input, consumed);
        input.erase(0, consumed);
        if (event == http::ParseEvent::kNeedMore) break;
        if (event == http::ParseEvent::kDone) done = true;
        if (event != http::ParseEvent::kHead && event != http::ParseEvent::kDone) {
          co_return vedette::Fail(Away("it does not speak HTTP"));
        }
        if (event == until || done) co_return Status();
      }
      if (some && !body.empty()) co_return Status();
      const std::size_t before = input.size();
      input.resize(before + kReadBytes);
      const auto n = co_await ReadSome(asio::buffer(input.data() + before, kReadBytes));
      input.resize(before + n.value_or(0));
      VEDETTE_CO_CHECK_OK(n);
      if (*n > 0) continue;
      if (parser.Finish() != http::ParseEvent::kDone) co_return vedette::Fail(Away("it hung up"));
      done = true;
      co_return Status();
    }
  }

  std::unique_ptr<Connection> connection;
  http::ResponseParser parser{kMaxHeaderBytes};
  std::string input;
  std::string body;
  std::uint64_t turn = 0;
  bool timed_out = false;
  bool done = false;
};

Result<ApiUrl> ParseApiUrl(std::string_view url) {
  ApiUrl parsed;
  if (url.starts_with("http://")) {
    parsed.tls = false;
    url.remove_prefix(7);
  } else if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else {
    return FailField("api_url", "must begin with https:// or http://");
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  auto address = ParseHostPort(url);
  if (!address) address = ParseHostPort(std::string(url) + (parsed.tls ? ":443" : ":80"));
  if (!address) return FailField("api_url", "must be scheme://host:port");
  parsed.host = address->host;
  parsed.port = address->port;
  return parsed;
}

HttpsStream::HttpsStream() : impl_(std::make_shared<Impl>()) {}
HttpsStream::~HttpsStream() {
  if (!impl_->connection) return;
  impl_->connection->timer.cancel();
  boost::system::error_code ignored;
  impl_->connection->socket.close(ignored);
}

Task<Status> HttpsStream::Open(ApiUrl url,
                               std::string ca_file,
                               std::string bearer_token,
                               std::string target,
                               SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  impl->connection = std::make_unique<Impl::Connection>(co_await asio::this_coro::executor);
  const Impl::Limit limit(*impl, deadline);
  VEDETTE_CO_CHECK_OK(co_await impl->Connect(url));
  if (url.tls) VEDETTE_CO_CHECK_OK(co_await impl->Handshake(url, ca_file));
  std::string request = "GET " + target +
                        " HTTP/1.1\r\nHost: " + HostPort{url.host, url.port}.ToString() +
                        "\r\nAccept: application/json\r\nConnection: close\r\n";
  if (!bearer_token.empty()) request += "Authorization: Bearer " + bearer_token + "\r\n";
  request += "\r\n";
  impl->parser.Reset(*impl, false);
  if (!co_await impl->Send(request)) co_return Fail(impl->Failure("sending"));
  VEDETTE_CO_CHECK_OK(co_await impl->Advance(http::ParseEvent::kHead, false));
  co_return CheckStatus(impl->parser.status());
}

Task<Result<std::optional<std::string>>> HttpsStream::Read(SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  const Impl::Limit limit(*impl, deadline);
  if (!impl->done && impl->body.empty()) {
    VEDETTE_CO_CHECK_OK(co_await impl->Advance(http::ParseEvent::kDone, true));
  }
  if (impl->body.empty()) co_return std::optional<std::string>();
  co_return std::optional<std::string>(std::exchange(impl->body, {}));
}

Task<Result<std::string>> HttpsStream::ReadAll(std::size_t limit, SteadyTime deadline) {
  std::string whole;
  for (;;) {
    VEDETTE_CO_TRY(const std::optional<std::string> piece, co_await Read(deadline));
    if (!piece) co_return whole;
    whole += *piece;
    if (whole.size() > limit) {
      co_return Fail(Code::kPayloadTooLarge, "The API server's answer is too large.");
    }
  }
}

}  // namespace vedette::discovery
