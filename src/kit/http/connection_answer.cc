// SPDX-License-Identifier: Apache-2.0
// The answer side of a connection: what is sent for a response, a failure or a broken head, and
// what is recorded of it.
#include <exception>
#include <typeinfo>

#include "base/uuid.h"
#include "kit/http/connection.h"

namespace vedette::http {
namespace {

constexpr std::size_t kJoinBody = 16 * 1024;  // smaller bodies are sent in one piece with the head
constexpr std::size_t kCompressFrom = 1024;
constexpr std::size_t kCompressUpTo = 1024 * 1024;  // longer would hold up the thread

// What a span says about an answer that is our fault.
Code CodeOf(int status) {
  if (status == 504) return Code::kDeadlineExceeded;
  if (status == 503) return Code::kUnavailable;
  if (status == 501) return Code::kUnimplemented;
  return Code::kInternal;
}

}  // namespace

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
    co_await Answer(exchange, ProblemResponse({Code::kDeadlineExceeded,
                                               "The request's head did not arrive in time."},
                                              408, "Request timeout"));
  } else if (event == ParseEvent::kHeaderTooLarge) {
    core_.CountRefused("header_size");
    co_await Answer(
        exchange, ProblemResponse({Code::kInvalidArgument,
                                   "The request's head is over the limit of " +
                                       std::to_string(core_.options.max_header_bytes) + " bytes."},
                                  431, "Request header too large"));
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
