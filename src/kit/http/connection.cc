// SPDX-License-Identifier: Apache-2.0
#include "kit/http/connection.h"

#include <algorithm>
#include <array>
#include <exception>
#include <typeinfo>

#include "base/uuid.h"

namespace vedette::http {
namespace {

constexpr std::size_t kJoinBody = 16 * 1024;  // smaller bodies are sent in one piece with the head
constexpr std::size_t kCompressFrom = 1024;
constexpr std::size_t kCompressUpTo = 1024 * 1024;  // longer would hold up the thread

constexpr std::array<std::string_view, 9> kMethods = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"};

constexpr int kClientLeft = 499;
constexpr std::string_view kUnmatched = "(none)";

// What a span says about an answer that is our fault.
Code CodeOf(int status) {
  if (status == 504) return Code::kDeadlineExceeded;
  if (status == 503) return Code::kUnavailable;
  if (status == 501) return Code::kUnimplemented;
  return Code::kInternal;
}

// A method is a metric label, so it comes from a closed set.
std::string_view KnownMethod(std::string_view method) {
  for (const std::string_view known : kMethods) {
    if (method == known) return known;
  }
  return "OTHER";
}

Response Problem(Code code, int status, std::string_view title, std::string detail) {
  return ProblemResponse(Error{code, std::move(detail)}, status, title);
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
    const bool small = framing.content_length && *framing.content_length <= kDiscardLimit;
    if (refusal && (expects_continue || !small)) {
      exchange.keep_alive = false;
      linger = true;
    } else {
      if (expects_continue && begin_ == end_) {
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        if (!co_await Flush({})) {
          Finish(exchange, kClientLeft, 0);
          co_return false;
        }
      }
      const ParseEvent event = co_await ReadBody();
      if (event == ParseEvent::kNeedMore && !timed_out_) {
        Finish(exchange, kClientLeft, 0);
        co_return false;
      }
      if (event != ParseEvent::kDone) {
        exchange.keep_alive = false;
        linger = true;
        if (event == ParseEvent::kNeedMore) {
          core_.CountRefused("body_timeout");
          refusal = Problem(Code::kDeadlineExceeded, 408, "Request timeout",
                            "The request's body did not arrive in time.");
        } else if (event == ParseEvent::kRefused && body_fault_ == BodyFault::kTooLarge) {
          core_.CountRefused("body_size");
          refusal = ProblemResponse(
              {Code::kPayloadTooLarge, "The request's body is over the limit of " +
                                           std::to_string(body_limit_) + " bytes."});
        } else {
          core_.CountRefused("malformed");
          refusal =
              ProblemResponse({Code::kInvalidArgument, body_fault_ == BodyFault::kBroken
                                                           ? "The request's body is not valid gzip."
                                                           : "The request's body is malformed."});
        }
      } else if (inflater_ && !inflater_->Finished() && !refusal) {
        core_.CountRefused("malformed");
        refusal = ProblemResponse(
            {Code::kInvalidArgument, "The request's gzip body ends before its end."});
      }
    }
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
      return Problem(Code::kInvalidArgument, 417, "Expectation failed",
                     "Only the expectation 100-continue is known.");
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
    Response wrong = Problem(Code::kUnimplemented, 405, "Method not allowed",
                             "This path takes " + match.allowed_methods + ".");
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
      Response unknown = Problem(Code::kInvalidArgument, 415, "Unsupported content encoding",
                                 "A body may be sent as it is or as gzip.");
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

Response Connection::HandlerFailure(std::exception_ptr error, const Router::Route* route) {
  const char* type = "unknown";
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    // The task was cancelled; nobody waits for an answer.
    if (e.code() == asio::error::operation_aborted) {
      if (draining_) throw;
      if (peer_gone_) return {.status = kClientLeft};
    }
    type = typeid(e).name();
  } catch (const std::exception& e) {
    type = typeid(e).name();
  } catch (...) {
  }
  // The exception's own text may hold what came with the request, so only its type is logged.
  const std::string id = NewUuid(core_.clock.Now()).ToString();
  core_.logger.Error("a request handler failed",
                     {{"error_id", id}, {"route", route->pattern}, {"exception", type}});
  return ProblemResponse(
      {Code::kInternal, "Something went wrong on our side. Please quote error " + id + "."});
}

Task<bool> Connection::RefuseHead(ParseEvent event) {
  Exchange exchange{.start = core_.clock.SteadyNow()};
  exchange.method = "OTHER";
  if (event == ParseEvent::kNeedMore) {
    if (!timed_out_ || phase_ != Phase::kHead) co_return false;  // left, or idle for too long
    core_.CountRefused("header_timeout");
    co_await Answer(exchange, Problem(Code::kDeadlineExceeded, 408, "Request timeout",
                                      "The request's head did not arrive in time."));
  } else if (event == ParseEvent::kHeaderTooLarge) {
    core_.CountRefused("header_size");
    co_await Answer(exchange,
                    Problem(Code::kInvalidArgument, 431, "Request header too large",
                            "The request's head is over the limit of " +
                                std::to_string(core_.options.max_header_bytes) + " bytes."));
  } else {
    core_.CountRefused("malformed");
    co_await Answer(
        exchange, ProblemResponse({Code::kInvalidArgument, "The request is not valid HTTP/1.1."}));
  }
  co_await Linger();
  co_return false;
}

Task<bool> Connection::Answer(Exchange exchange, Response response) {
  HeadOptions head;
  head.http11 = parser_.framing().http11;
  head.date = shard_->Date();
  const std::string trace_id = exchange.trace.IsValid() ? exchange.trace.TraceIdHex() : "";
  head.trace_id = trace_id;
  head.keep_alive = exchange.keep_alive && !core_.stopping.load(std::memory_order_relaxed);
  if (response.stream && !exchange.head_only) {
    co_await Stream(exchange, std::move(response), head);
    co_return false;
  }
  const auto type = response.headers.Get("Content-Type");
  if (core_.options.compress && response.body.size() >= kCompressFrom && type &&
      IsCompressible(*type) && !response.headers.Get("Content-Encoding")) {
    head.vary_encoding = !response.headers.Get("Vary");
    if (exchange.gzip_answer && response.body.size() <= kCompressUpTo) {
      response.body = shard_->deflater().Compress(response.body);
      head.gzip = true;
    }
  }
  if (MayHaveBody(response.status)) head.content_length = response.body.size();
  if (exchange.head_only && response.stream) head.content_length.reset();
  if (exchange.head_only || !MayHaveBody(response.status)) response.body.clear();
  AppendHead(out_, response, head);
  std::string_view tail = response.body;
  if (tail.size() <= kJoinBody) {
    out_ += tail;
    tail = {};
  }
  const std::uint64_t bytes = out_.size() - sent_ + tail.size();
  const bool sent = co_await Flush(tail);
  Finish(exchange, response.status, bytes);
  co_return sent&& head.keep_alive;
}

void Connection::Finish(const Exchange& exchange, int status, std::uint64_t bytes) {
  const auto spent = core_.clock.SteadyNow() - exchange.start;
  span_.Set("http.response.status_code", status);
  if (status >= 500) span_.Fail(CodeOf(status));
  span_.End();
  if (const auto passage = std::exchange(passage_, nullptr)) passage->End(status);
  shard_->CountRequest(exchange.route, exchange.method, status,
                       std::chrono::duration<double>(spent).count());
  if (!core_.options.access_log || !core_.logger.Enabled(LogLevel::kInfo)) return;
  core_.logger.Info(
      "http request",
      {{"method", exchange.method},
       {"route", exchange.route ? std::string_view(exchange.route->pattern) : kUnmatched},
       {"status", status},
       {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(spent).count()},
       {"bytes", bytes},
       {"trace_id", exchange.trace.TraceIdHex()},
       {"span_id", exchange.trace.SpanIdHex()}});
}

}  // namespace vedette::http
