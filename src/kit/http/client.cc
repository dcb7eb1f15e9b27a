// SPDX-License-Identifier: Apache-2.0
#include "kit/http/client.h"

#include <algorithm>
#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include "kit/http/parser.h"

namespace vedette::http {
namespace {

using Tcp = asio::ip::tcp;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr asio::use_awaitable_t<Executor> kAwait;

bool IsHeaderText(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// Of the request line: nothing in it may end it or begin another part.
bool IsLinePart(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
}

}  // namespace

// Shared with the timer's callback alone, which may come after the connection is gone.
struct ClientConnection::Impl final : BodySink, std::enable_shared_from_this<Impl> {
  explicit Impl(Executor executor)
      : socket(executor), resolver(executor), timer(executor), parser(kMaxHeaderBytes) {}

  bool OnBody(std::string_view bytes) override {
    received += bytes.size();
    if (received > max_body_bytes) return false;
    body += bytes;
    return true;
  }

  // While one lives, the socket's operations end at the deadline.
  class Limit {
   public:
    Limit(Impl& impl, SteadyTime deadline) : impl_(impl) {
      impl.timed_out = false;
      const std::uint64_t mine = ++impl.turn;
      if (deadline == SteadyTime::max()) return;
      impl.timer.expires_at(deadline);
      impl.timer.async_wait([self = impl.weak_from_this(), mine](boost::system::error_code error) {
        const auto locked = self.lock();
        if (error || !locked || locked->turn != mine) return;
        locked->timed_out = true;
        locked->resolver.cancel();
        boost::system::error_code ignored;
        locked->socket.close(ignored);
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

  Error Failure(const boost::system::error_code& error, std::string_view doing) {
    usable = false;
    if (timed_out) return {Code::kDeadlineExceeded, "The server did not answer in time."};
    if (error == asio::error::operation_aborted) return {Code::kCancelled, "The caller left."};
    return {Code::kUnavailable, std::string(doing) + ": " + error.message()};
  }

  Error Nonsense(ParseEvent event) {
    usable = false;
    if (event == ParseEvent::kRefused) {
      return {Code::kPayloadTooLarge, "The server's answer is larger than expected."};
    }
    return {Code::kUnavailable, "The server's answer is not valid HTTP."};
  }

  // Parses what is there and reads more until the head or the whole message came, or, with `some`,
  // until any of the body came.
  Task<Result<ParseEvent>> Advance(ParseEvent until, bool some) {
    for (;;) {
      while (!input.empty()) {
        std::size_t consumed = 0;
        const ParseEvent event = parser.Parse(input, consumed);
        input.erase(0, consumed);
        if (event == ParseEvent::kNeedMore) break;
        if (event == ParseEvent::kDone) done = true;
        if (event != ParseEvent::kHead && event != ParseEvent::kDone) {
          co_return Fail(Nonsense(event));
        }
        if (event == until || event == ParseEvent::kDone) co_return event;
      }
      if (some && !body.empty()) co_return ParseEvent::kNeedMore;
      const std::size_t before = input.size();
      input.resize(before + kReadBytes);
      boost::system::error_code error;
      const std::size_t n = co_await socket.async_read_some(
          asio::buffer(input.data() + before, kReadBytes), asio::redirect_error(kAwait, error));
      input.resize(before + n);
      if (error == asio::error::eof && parser.Finish() == ParseEvent::kDone) {
        usable = false;
        done = true;
        co_return ParseEvent::kDone;
      }
      if (error) co_return Fail(Failure(error, "reading the answer"));
    }
  }

  Task<Status> Send(ClientRequest request) {
    if (!usable) co_return Fail(Code::kUnavailable, "The connection is closed.");
    if (!IsLinePart(request.method)) co_return FailField("method", "is not a method");
    if (!IsLinePart(request.target)) {
      co_return FailField("target", "holds what must be percent-encoded");
    }
    std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!request.headers.Get("Host")) request.headers.Add("Host", host);
    const bool framed = request.headers.Get("Transfer-Encoding").has_value();
    if (!framed && (!request.body.empty() || request.method == "POST" || request.method == "PUT")) {
      request.headers.Set("Content-Length", std::to_string(request.body.size()));
    }
    for (const auto& [name, value] : request.headers.all()) {
      if (!IsHeaderText(name) || !IsHeaderText(value)) {
        co_return FailField(name, "holds a line break");
      }
      head += name + ": " + value + "\r\n";
    }
    head += "\r\n";
    body.clear();
    received = 0;
    done = false;
    head_only = request.method == "HEAD";
    parser.Reset(*this, head_only);
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head),
                                                       asio::buffer(request.body)};
    boost::system::error_code error;
    co_await asio::async_write(socket, buffers, asio::redirect_error(kAwait, error));
    // A server that refuses early answers and stops reading; its answer is worth having.
    if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset) {
      co_return Fail(Failure(error, "sending the request"));
    }
    co_return Status();
  }

  asio::basic_stream_socket<Tcp, Executor> socket;
  asio::ip::basic_resolver<Tcp, Executor> resolver;
  Timer timer;
  ResponseParser parser;
  std::string host;
  std::string input;
  std::string body;
  std::uint64_t received = 0;
  std::uint64_t max_body_bytes = 0;
  ServerSentEventParser events;
  std::uint64_t turn = 0;
  bool timed_out = false;
  bool usable = false;
  bool head_only = false;
  bool done = true;
};

ClientConnection::ClientConnection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientConnection::~ClientConnection() = default;
ClientConnection::ClientConnection(ClientConnection&&) noexcept = default;
ClientConnection& ClientConnection::operator=(ClientConnection&&) noexcept = default;

Task<Result<ClientConnection>> ClientConnection::Connect(Endpoint endpoint, SteadyTime deadline) {
  auto impl = std::make_shared<Impl>(co_await asio::this_coro::executor);
  const Impl::Limit limit(*impl, deadline);
  boost::system::error_code error;
  auto address = asio::ip::make_address(endpoint.host, error);
  if (error) {
    const auto found = co_await impl->resolver.async_resolve(
        endpoint.host, std::to_string(endpoint.port), asio::redirect_error(kAwait, error));
    if (error) co_return Fail(impl->Failure(error, "looking up " + endpoint.host));
    address = found.begin()->endpoint().address();
  }
  co_await impl->socket.async_connect({address, endpoint.port},
                                      asio::redirect_error(kAwait, error));
  if (error) {
    co_return Fail(impl->Failure(
        error, "connecting to " + endpoint.host + ":" + std::to_string(endpoint.port)));
  }
  impl->socket.set_option(Tcp::no_delay(true), error);
  const bool brackets = endpoint.host.contains(':');
  impl->host =
      (brackets ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
  impl->usable = true;
  co_return ClientConnection(std::move(impl));
}

Task<Result<ClientResponse>> ClientConnection::Open(ClientRequest request, SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  impl->max_body_bytes = max_body_bytes;
  impl->events = {};
  const Impl::Limit limit(*impl, deadline);
  VEDETTE_CO_CHECK_OK(co_await impl->Send(std::move(request)));
  for (;;) {
    VEDETTE_CO_CHECK_OK(co_await impl->Advance(ParseEvent::kHead, false));
    if (impl->parser.status() >= 200 || impl->parser.status() == 101) break;
    impl->parser.Reset(*impl, impl->head_only);  // an interim answer: the real one follows
  }
  if (!impl->parser.framing().keep_alive) impl->usable = false;
  co_return ClientResponse{
      .status = impl->parser.status(), .headers = impl->parser.TakeHeaders(), .body = {}};
}

Task<Result<ClientResponse>> ClientConnection::Fetch(ClientRequest request, SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  VEDETTE_CO_TRY(ClientResponse response, co_await Open(std::move(request), deadline));
  const Impl::Limit limit(*impl, deadline);
  if (!impl->done && !impl->parser.framing().has_body) impl->done = true;
  if (!impl->done) VEDETTE_CO_CHECK_OK(co_await impl->Advance(ParseEvent::kDone, false));
  response.body = std::move(impl->body);
  impl->body.clear();
  co_return response;
}

Task<Result<std::optional<std::string>>> ClientConnection::ReadSome(SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  const Impl::Limit limit(*impl, deadline);
  if (!impl->done && !impl->parser.framing().has_body) impl->done = true;
  if (!impl->done && impl->body.empty()) {
    VEDETTE_CO_CHECK_OK(co_await impl->Advance(ParseEvent::kDone, true));
  }
  if (impl->body.empty() && impl->done) co_return std::optional<std::string>();
  impl->received = 0;  // the limit is for what is held at a time
  co_return std::optional<std::string>(std::exchange(impl->body, {}));
}

Task<Result<std::optional<ServerSentEvent>>> ClientConnection::NextEvent(SteadyTime deadline) {
  const std::shared_ptr<Impl> impl = impl_;
  for (;;) {
    if (auto event = impl->events.Next()) co_return event;
    VEDETTE_CO_TRY(std::optional<std::string> piece, co_await ReadSome(deadline));
    if (!piece) co_return std::optional<ServerSentEvent>();
    impl->events.Feed(*piece);
  }
}

bool ClientConnection::reusable() const { return impl_->usable && impl_->done; }

void ClientConnection::Close() {
  impl_->usable = false;
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
}

Task<Result<ClientResponse>> Fetch(Endpoint endpoint, ClientRequest request, SteadyTime deadline) {
  VEDETTE_CO_TRY(ClientConnection connection,
                 co_await ClientConnection::Connect(std::move(endpoint), deadline));
  request.headers.Set("Connection", "close");
  co_return co_await connection.Fetch(std::move(request), deadline);
}

Result<UrlParts> ParseUrl(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return FailField("url", "does not begin with http://");
  url.remove_prefix(kScheme.size());
  const std::size_t slash = url.find_first_of("/?");
  std::string_view authority = url.substr(0, slash);
  UrlParts parts;
  parts.target = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
  if (parts.target.starts_with('?')) parts.target.insert(0, "/");
  std::uint16_t port = 80;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && !authority.ends_with(']')) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      return FailField("url", "has a port that is not a number up to 65535");
    }
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  if (authority.empty() || authority.find('@') != std::string_view::npos) {
    return FailField("url", "has no host, or credentials, which are not supported");
  }
  parts.endpoint = {std::string(authority), port};
  return parts;
}

}  // namespace vedette::http
