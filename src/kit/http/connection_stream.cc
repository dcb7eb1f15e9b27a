// SPDX-License-Identifier: Apache-2.0
// Streamed answers: chunks out, and an eye on whether the client is still there.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <exception>

#include "kit/http/connection.h"

namespace vedette::http {
namespace {

constexpr std::size_t kStreamIgnored = 4 * 1024;  // bytes a client may send while it hears a stream

}  // namespace

Task<void> Connection::Stream(Exchange exchange, Response response, HeadOptions head) {
  // The connection ends with the stream: what the client sent meanwhile was not kept.
  head.keep_alive = false;
  head.chunked = head.http11;
  stream_chunked_ = head.http11;
  AppendHead(out_, response, head);
  stream_bytes_ = out_.size();
  if (!co_await Flush({})) {
    Finish(exchange, response.status, stream_bytes_);
    co_return;
  }
  Enter(Phase::kStreaming, std::chrono::milliseconds(0));
  heartbeat_ = response.heartbeat;
  last_write_ = core_.clock.SteadyNow();
  core_.open_streams.Add(1);
  WatchPeer();
  std::exception_ptr error;
  try {
    if (!draining_) co_await response.stream(*this);
  } catch (...) {
    error = std::current_exception();
  }
  core_.open_streams.Add(-1);
  if (error && !peer_gone_ && !draining_) HandlerFailure(error, exchange.route);
  core_.metrics
      .GetCounter("vedette_http_stream_ends_total", "Streamed answers by what ended them.",
                  {{"reason", peer_gone_  ? "client"
                              : draining_ ? "server"
                              : error     ? "error"
                                          : "done"}})
      .Add();
  Finish(exchange, response.status, stream_bytes_);
  // Without the last chunk the client sees that the stream was cut; so none after an error. A
  // cancelled task cannot wait, so this is one attempt.
  if (stream_chunked_ && !stream_writing_ && !peer_gone_ && (!error || draining_)) {
    out_ += "0\r\n\r\n";
    std::string_view none;
    Send(none);
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  socket_.close(ignored);
}

Task<bool> Connection::Write(std::string chunk) {
  if (peer_gone_ || draining_) co_return false;
  if (chunk.empty()) co_return true;  // an empty chunk would end the stream
  AppendChunk(chunk);
  stream_writing_ = true;
  const bool sent = co_await Flush({});
  stream_writing_ = false;
  Enter(Phase::kStreaming, std::chrono::milliseconds(0));
  last_write_ = core_.clock.SteadyNow();
  if (!sent) peer_gone_ = true;
  co_return sent;
}

void Connection::AppendChunk(std::string_view chunk) {
  const std::size_t before = out_.size();
  if (stream_chunked_) {
    char size[16];
    const auto end = std::to_chars(size, size + sizeof(size), chunk.size(), 16);
    out_.append(size, end.ptr);
    out_ += "\r\n";
  }
  out_ += chunk;
  if (stream_chunked_) out_ += "\r\n";
  stream_bytes_ += out_.size() - before;
}

// Reads while a stream is written, only to notice that the client left.
void Connection::WatchPeer() {
  if (end_ - begin_ > kStreamIgnored) begin_ = end_ = 0;
  in_.resize(std::max(in_.size(), end_ + kStreamIgnored));
  socket_.async_read_some(
      asio::buffer(in_.data() + end_, in_.size() - end_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
        if (self->phase_ != Phase::kStreaming && !self->stream_writing_) return;
        if (!error) {
          self->WatchPeer();
          return;
        }
        if (error == asio::error::operation_aborted && !self->timed_out_) return;
        self->peer_gone_ = true;
        self->canceller_.Cancel();
      });
}

}  // namespace vedette::http
