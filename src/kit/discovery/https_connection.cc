// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/https_connection.h"

#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace vedette::discovery {
namespace {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;

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

// Those of the addresses that are ones.
std::vector<Tcp::endpoint> Endpoints(const std::vector<std::string>& addresses,
                                     const std::string& port) {
  const auto number = static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10));
  std::vector<Tcp::endpoint> endpoints;
  for (const std::string& text : addresses) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (!error) endpoints.emplace_back(address, number);
  }
  return endpoints;
}

}  // namespace

// Shared with the timer's callback alone, which may come after the connection is gone.
struct HttpsConnection::Impl final : std::enable_shared_from_this<Impl> {
  explicit Impl(Executor executor)
      : tls_context(asio::ssl::context::tls_client), timer(executor), socket(executor) {}

  // While one lives, operations end at the deadline.
  class Limit {
   public:
    Limit(Impl& impl, SteadyTime deadline) : impl_(impl) {
      const std::uint64_t mine = ++impl.turn;
      impl.timed_out = false;
      impl.timer.expires_at(deadline);
      impl.timer.async_wait([weak = impl.weak_from_this(), mine](boost::system::error_code error) {
        const auto self = weak.lock();
        if (error || !self || self->turn != mine) return;
        self->timed_out = true;
        boost::system::error_code ignored;
        self->socket.close(ignored);
      });
    }
    ~Limit() {
      ++impl_.turn;
      impl_.timer.cancel();
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

  Task<Status> Connect(std::vector<Tcp::endpoint> endpoints) {
    boost::system::error_code error;
    co_await asio::async_connect(socket, endpoints, asio::redirect_error(kAwait, error));
    if (error) co_return Fail(Failure("no connection"));
    ProbeIdle(socket);
    co_return Status();
  }

  Task<Status> Handshake(ApiUrl url, std::string ca_file) {
    boost::system::error_code error;
    if (ca_file.empty()) {
      tls_context.set_default_verify_paths(error);
    } else {
      tls_context.load_verify_file(ca_file, error);
    }
    if (error) {
      co_return Fail(Code::kFailedPrecondition,
                     "The file of the API server's authority cannot be used.");
    }
    auto& stream = tls.emplace(socket, tls_context);
    SSL_set_min_proto_version(stream.native_handle(), TLS1_2_VERSION);
    if (IsHostName(url.host)) SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
    stream.set_verify_mode(asio::ssl::verify_peer, error);
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host), error);
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(kAwait, error));
    if (error) co_return Fail(Failure("its certificate or TLS is not accepted"));
    co_return Status();
  }

  asio::ssl::context tls_context;
  Timer timer;
  Socket socket;
  std::optional<asio::ssl::stream<Socket&>> tls;  // once the handshake has begun
  std::uint64_t turn = 0;
  bool timed_out = false;
};

HttpsConnection::HttpsConnection(std::shared_ptr<const NameLookups> names)
    : names_(std::move(names)) {}

HttpsConnection::~HttpsConnection() {
  if (!impl_) return;
  impl_->timer.cancel();
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
}

Task<Status> HttpsConnection::Open(ApiUrl url, std::string ca_file, SteadyTime deadline) {
  const auto found = co_await names_->Find(url.host, deadline);
  if (!found) {
    const Code code = found.error().code;
    if (code == Code::kDeadlineExceeded || code == Code::kCancelled) co_return Fail(found.error());
    co_return Fail(Away("its name is not found"));
  }
  const auto impl = std::make_shared<Impl>(co_await asio::this_coro::executor);
  impl_ = impl;
  const Impl::Limit limit(*impl, deadline);
  VEDETTE_CO_CHECK_OK(co_await impl->Connect(Endpoints(*found, url.port)));
  if (url.tls) VEDETTE_CO_CHECK_OK(co_await impl->Handshake(url, ca_file));
  co_return Status();
}

Task<Status> HttpsConnection::Send(std::string bytes, SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  const Impl::Limit limit(*impl, deadline);
  boost::system::error_code error;
  if (impl->tls) {
    co_await asio::async_write(*impl->tls, asio::buffer(bytes),
                               asio::redirect_error(kAwait, error));
  } else {
    co_await asio::async_write(impl->socket, asio::buffer(bytes),
                               asio::redirect_error(kAwait, error));
  }
  if (error) co_return Fail(impl->Failure("sending"));
  co_return Status();
}

Task<Result<std::string>> HttpsConnection::Read(SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  const Impl::Limit limit(*impl, deadline);
  std::string bytes(kReadBytes, '\0');
  boost::system::error_code error;
  std::size_t n = 0;
  if (impl->tls) {
    n = co_await impl->tls->async_read_some(asio::buffer(bytes),
                                            asio::redirect_error(kAwait, error));
  } else {
    n = co_await impl->socket.async_read_some(asio::buffer(bytes),
                                              asio::redirect_error(kAwait, error));
  }
  const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  if (error && !ended) co_return Fail(impl->Failure("reading"));
  bytes.resize(n);
  co_return bytes;
}

}  // namespace vedette::discovery
