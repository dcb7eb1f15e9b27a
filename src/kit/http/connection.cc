// SPDX-License-Identifier: Apache-2.0
// The request side of a connection: which route a head belongs to, what is refused before a handler
// sees it, the body, the handler.
#include "kit/http/connection.h"

#include <algorithm>
#include <array>
#include <exception>

namespace vedette::http {
namespace {

constexpr std::array<std::string_view, 9> kMethods = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"};

// A method is a metric label, so it comes from a closed set.
std::string_view KnownMethod(std::string_view method) {
  for (const std::string_view known : kMethods) {
    if (method == known) return known;
  }
  return "OTHER";
}

// GET answers HEAD too, and OPTIONS the server answers itself.
std::string AllowHeader(std::string allowed) {
  if (allowed.empty()) return "GET, HEAD, OPTIONS";
  const bool get =
      allowed == "GET" || allowed.starts_with("GET,") || allowed.find(" GET") != std::string::npos;
  if (get && allowed.find("HEAD") == std::string::npos) allowed += ", HEAD";
  if (allowed.find("OPTIONS") == std::string::npos) allowed += ", OPTIONS";
  return allowed;
}

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, Socket socket, bool refuse)
    : shard_(std::move(shard)),
      core_(shard_->core()),
      socket_(std::move(socket)),
      refuse_(refuse),
      parser_(static_cast<std::size_t>(core_.options.max_header_bytes)) {
  boost::system::error_code error;
  const Tcp::endpoint peer = socket_.remote_endpoint(error);
  if (!error) peer_ = peer.address().to_string();
}

Task<void> Connection::Run(std::shared_ptr<Connection> connection) { co_await connection->Serve(); }

Task<void> Connection::Serve() {
  if (refuse_) {
    parser_.Reset(*this);
    Error error{Code::kUnavailable, "The server has as many connections as it takes; try again."};
    error.retry_after = std::chrono::seconds(1);
    co_await Answer({.start = core_.clock.SteadyNow()}, ProblemResponse(error));
    co_await Linger();
    co_return;
  }
  while (co_await ServeOne()) {
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

// True when the connection is good for another request.
Task<bool> Connection::ServeOne() {
  parser_.Reset(*this);
  const ParseEvent head = co_await ReadHead();
  if (head != ParseEvent::kHead) co_return co_await RefuseHead(head);

  Exchange exchange{.start = core_.clock.SteadyNow()};
  Request request = parser_.TakeRequest();
  const MessageFraming framing = parser_.framing();
  exchange.keep_alive = framing.keep_alive;
  Router::Match match = core_.router.Find(request.method, request.path);
  exchange.route = match.route;
  Begin(exchange, request);
  request.peer = peer_;
  request.trace = exchange.trace;
  const std::uint64_t route_limit = match.route ? match.route->options.max_body_bytes : 0;
  body_.clear();
  body_limit_ =
      route_limit != 0 ? route_limit : static_cast<std::uint64_t>(core_.options.max_body_bytes);
  body_received_ = 0;
  body_fault_ = BodyFault::kNone;
  inflater_.reset();

  bool expects_continue = false;
  std::optional<Response> refusal = Decide(match, request, expects_continue);
  discard_body_ = refusal.has_value();
  bool linger = false;
  if (framing.has_body) {
    BodyEnd end = co_await TakeBody(refusal.has_value(), expects_continue);
    if (end.left) {
      Finish(exchange, kClientLeft, 0);
      co_return false;
    }
    if (end.refusal) refusal = std::move(end.refusal);
    linger = end.cut;
    exchange.keep_alive = exchange.keep_alive && !linger;
  }

  bool keep = false;
  if (refusal) {
    keep = co_await Answer(exchange, *std::move(refusal));
  } else {
    request.body = std::move(body_);
    request.path_variables = std::move(match.variables);
    request.passage = passage_;
    Enter(Phase::kHandling, std::chrono::milliseconds(0));
    ReadAhead();
    Response response = co_await CallHandler(match.route, std::move(request));
    if (peer_gone_) {
      // Its task is cancelled: nothing can be waited for any more.
      Finish(exchange, kClientLeft, 0);
      co_return false;
    }
    keep = co_await Answer(exchange, std::move(response));
  }
  if (linger) co_await Linger();
  co_return keep;
}

// Reads the body, to keep it or, when the request is refused already, to be rid of it.
Task<Connection::BodyEnd> Connection::TakeBody(bool refused, bool expects_continue) {
  const MessageFraming framing = parser_.framing();
  const bool small = framing.content_length && *framing.content_length <= kDiscardLimit;
  if (refused && (expects_continue || !small)) co_return BodyEnd{.cut = true};
  if (expects_continue && begin_ == end_) {
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await Flush({})) co_return BodyEnd{.left = true};
  }
  const ParseEvent event = co_await ReadBody();
  if (event == ParseEvent::kNeedMore && !timed_out_) co_return BodyEnd{.left = true};
  if (event != ParseEvent::kDone) co_return BodyEnd{.cut = true, .refusal = BodyRefusal(event)};
  BodyEnd end;
  if (inflater_ && !inflater_->Finished() && !refused) {
    core_.CountRefused("malformed");
    end.refusal =
        ProblemResponse({Code::kInvalidArgument, "The request's gzip body ends before its end."});
  }
  co_return end;
}

// The answer to a body of which the reading ended so.
Response Connection::BodyRefusal(ParseEvent event) {
  if (event == ParseEvent::kNeedMore) {
    core_.CountRefused("body_timeout");
    return ProblemResponse({Code::kDeadlineExceeded, "The request's body did not arrive in time."},
                           408, "Request timeout");
  }
  if (event == ParseEvent::kRefused && body_fault_ == BodyFault::kTooLarge) {
    core_.CountRefused("body_size");
    return ProblemResponse({Code::kPayloadTooLarge, "The request's body is over the limit of " +
                                                        std::to_string(body_limit_) + " bytes."});
  }
  core_.CountRefused("malformed");
  return ProblemResponse({Code::kInvalidArgument, body_fault_ == BodyFault::kBroken
                                                      ? "The request's body is not valid gzip."
                                                      : "The request's body is malformed."});
}

// Which span the request is, and what answer its client takes.
void Connection::Begin(Exchange& exchange, const Request& request) {
  exchange.method = KnownMethod(request.method);
  exchange.head_only = exchange.method == "HEAD";
  TraceContext parent;
  if (const auto header = request.headers.Get("traceparent")) {
    parent = TraceContext::FromTraceparent(*header).value_or(TraceContext());
  }
  if (core_.tracer == nullptr) {
    exchange.trace = parent.Child();
  } else {
    span_ = core_.tracer->Start(exchange.route ? exchange.route->pattern : kUnmatched,
                                SpanKind::kServer, core_.tracer->Admit(parent));
    span_.Set("http.request.method", exchange.method);
    exchange.trace = span_.context();
  }
  if (const auto accepted = request.headers.Get("Accept-Encoding")) {
    exchange.gzip_answer = core_.options.compress && AcceptsGzip(*accepted);
  }
}

// What can be said before the body is read; nullopt lets the handler have the request.
std::optional<Response> Connection::Decide(const Router::Match& match,
                                           const Request& request,
                                           bool& expects_continue) {
  if (const auto expect = request.headers.Get("Expect")) {
    if (!EqualsNoCase(*expect, "100-continue")) {
      return ProblemResponse(
          {Code::kInvalidArgument, "Only the expectation 100-continue is known."}, 417,
          "Expectation failed");
    }
    expects_continue = parser_.framing().http11;
  }
  if (match.route == nullptr) {
    if (request.method == "OPTIONS" && (request.path == "*" || !match.allowed_methods.empty())) {
      Response options;
      options.status = 204;
      options.headers.Add("Allow", AllowHeader(match.allowed_methods));
      return options;
    }
    if (match.malformed) {
      return ProblemResponse({Code::kInvalidArgument, "The path is malformed."});
    }
    if (match.allowed_methods.empty()) {
      return ProblemResponse({Code::kNotFound, "There is nothing at this path."});
    }
    Response wrong =
        ProblemResponse({Code::kUnimplemented, "This path takes " + match.allowed_methods + "."},
                        405, "Method not allowed");
    wrong.headers.Add("Allow", AllowHeader(match.allowed_methods));
    return wrong;
  }
  if (const Gate& gate = match.route->options.gate) {
    Result<std::unique_ptr<Passage>> passage = gate(request);
    if (!passage) return ProblemResponse(passage.error());
    passage_ = *std::move(passage);
  }
  const MessageFraming& framing = parser_.framing();
  if (!framing.has_body) return std::nullopt;
  if (const auto coding = request.headers.Get("Content-Encoding")) {
    if (EqualsNoCase(*coding, "gzip") || EqualsNoCase(*coding, "x-gzip")) {
      inflater_.emplace();
    } else if (!EqualsNoCase(*coding, "identity")) {
      Response unknown =
          ProblemResponse({Code::kInvalidArgument, "A body may be sent as it is or as gzip."}, 415,
                          "Unsupported content encoding");
      unknown.headers.Add("Accept-Encoding", "gzip");
      return unknown;
    }
  }
  if (framing.content_length && *framing.content_length > body_limit_) {
    core_.CountRefused("body_size");
    return ProblemResponse({Code::kPayloadTooLarge,
                            "The request's body has " + std::to_string(*framing.content_length) +
                                " bytes; the limit is " + std::to_string(body_limit_) + "."});
  }
  if (framing.content_length && !inflater_) {
    body_.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(*framing.content_length, 1024 * 1024)));
  }
  return std::nullopt;
}

Task<Response> Connection::CallHandler(const Router::Route* route, Request request) {
  std::exception_ptr error;
  try {
    co_return co_await route->handler(std::move(request));
  } catch (...) {
    error = std::current_exception();
  }
  co_return HandlerFailure(error, route);
}

}  // namespace vedette::http
