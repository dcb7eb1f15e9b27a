// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/stream.h"

#include <openssl/ssl.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <vector>

namespace vedette::redis {
namespace {

using Tcp = asio::ip::tcp;
using Resolver = asio::ip::basic_resolver<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;
using ErrorCode = boost::system::error_code;

constexpr asio::use_awaitable_t<Executor> kAwait;

template <class Inner>
class StreamOver final : public Stream, public std::enable_shared_from_this<StreamOver<Inner>> {
 public:
  template <class... Arguments>
  explicit StreamOver(Arguments&&... arguments) : inner_(std::forward<Arguments>(arguments)...) {}

  Task<std::size_t> Read(asio::mutable_buffer buffer, ErrorCode& error) override {
    co_return co_await inner_.async_read_some(buffer, asio::redirect_error(kAwait, error));
  }

  void Write(std::string_view bytes, std::move_only_function<void(ErrorCode)> done) override {
    asio::async_write(inner_, asio::buffer(bytes.data(), bytes.size()),
                      [self = this->shared_from_this(), done = std::move(done)](
                          ErrorCode error, std::size_t) mutable { done(error); });
  }

 private:
  static constexpr bool kTls = !std::same_as<Inner, Socket>;

  Socket& socket() override {
    if constexpr (kTls) {
      return inner_.next_layer();
    } else {
      return inner_;
    }
  }

  Task<ErrorCode> Handshake(std::string name) override {
    ErrorCode error;
    if constexpr (kTls) {
      ErrorCode not_an_address;
      asio::ip::make_address(name, not_an_address);
      if (not_an_address) SSL_set_tlsext_host_name(inner_.native_handle(), name.c_str());
      inner_.set_verify_callback(asio::ssl::host_name_verification(name), error);
      if (error) co_return error;
      co_await inner_.async_handshake(asio::ssl::stream_base::client,
                                      asio::redirect_error(kAwait, error));
    }
    co_return error;
  }

  Inner inner_;
};

using PlainStream = StreamOver<Socket>;
using TlsStream = StreamOver<asio::ssl::stream<Socket>>;

Task<std::vector<asio::generic::stream_protocol::endpoint>> Resolve(Endpoint endpoint,
                                                                    Resolver& resolver) {
  std::vector<asio::generic::stream_protocol::endpoint> found;
  ErrorCode error;
  if (endpoint.is_path) {
    // A longer path throws.
    if (endpoint.host.size() < 108) {
      found.emplace_back(asio::local::stream_protocol::endpoint(endpoint.host));
    }
    co_return found;
  }
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (!error) {
    found.emplace_back(Tcp::endpoint(address, endpoint.port));
    co_return found;
  }
  const auto results = co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port),
                                                       asio::redirect_error(kAwait, error));
  for (const auto& entry : results) found.emplace_back(entry.endpoint());
  co_return found;
}

// While it lives, connecting ends at the deadline.
class Limit {
 public:
  Limit(std::shared_ptr<Stream> stream,
        std::shared_ptr<Resolver> resolver,
        Executor executor,
        SteadyTime deadline)
      : timer_(executor, deadline) {
    timer_.async_wait([stream = std::move(stream), resolver = std::move(resolver),
                       expired = expired_](ErrorCode error) {
      if (error) return;
      *expired = true;
      resolver->cancel();
      stream->Close();
    });
  }
  bool expired() const { return *expired_; }

 private:
  const std::shared_ptr<bool> expired_ = std::make_shared<bool>(false);
  Timer timer_;
};

}  // namespace

void Stream::Close() {
  ErrorCode ignored;
  socket().close(ignored);
}

Task<ErrorCode> Stream::Handshake(std::string) { co_return ErrorCode(); }

struct Dialer::Tls {
  mutable asio::ssl::context context{asio::ssl::context::tls_client};
};

Dialer::Dialer() = default;
Dialer::~Dialer() = default;

Result<std::shared_ptr<const Dialer>> Dialer::Make(const RedisOptions& options, bool tls) {
  std::shared_ptr<Dialer> dialer(new Dialer());
  dialer->server_name_ = options.server_name;
  if (!tls) return dialer;
  dialer->tls_ = std::make_unique<Tls>();
  asio::ssl::context& context = dialer->tls_->context;
  ErrorCode error;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(asio::ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(options.ca_file, error);
  }
  if (error) return FailField("ca_file", "is no file of PEM certificates");
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return FailField("key_file", "goes with certificate_file");
  }
  if (!options.certificate_file.empty()) {
    context.use_certificate_chain_file(options.certificate_file, error);
    if (error) return FailField("certificate_file", "is no file of PEM certificates");
    context.use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    if (error) return FailField("key_file", "is not the PEM key of the certificate");
  }
  return dialer;
}

Task<Result<std::shared_ptr<Stream>>> Dialer::Dial(Endpoint endpoint, SteadyTime deadline) const {
  const Executor executor = co_await asio::this_coro::executor;
  std::shared_ptr<Stream> stream;
  if (tls_) {
    stream = std::make_shared<TlsStream>(executor, tls_->context);
  } else {
    stream = std::make_shared<PlainStream>(executor);
  }
  auto resolver = std::make_shared<Resolver>(executor);
  const Limit limit(stream, resolver, executor, deadline);
  ErrorCode error = asio::error::host_not_found;
  for (const auto& address : co_await Resolve(endpoint, *resolver)) {
    if (limit.expired()) break;
    ErrorCode ignored;
    stream->socket().close(ignored);
    co_await stream->socket().async_connect(address, asio::redirect_error(kAwait, error));
    if (!error) break;
  }
  if (error || limit.expired()) co_return Fail(Code::kUnavailable, "Redis cannot be reached.");
  if (!endpoint.is_path) stream->socket().set_option(Tcp::no_delay(true), error);
  error = co_await stream->Handshake(server_name_.empty() ? endpoint.host : server_name_);
  if (error)
    co_return Fail(Code::kUnavailable,
                   "TLS with Redis failed: its certificate is refused or it speaks no TLS.");
  co_return stream;
}

}  // namespace vedette::redis
