// SPDX-License-Identifier: Apache-2.0
// Streamed answers: chunks out, and an eye on whether the client is still there.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <exception>

#include "kit/http/connection.h"

namespace vedette::http {
namespace {

constexpr std::size_t kReadAhead = 4 * 1024;  // of a next request, while one is handled

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
  ReadAhead();
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

// Reads while a request is handled or a stream is written, so that the end of the connection is
// noticed then; what arrives meanwhile is the next request, and of a stream's client nothing.
void Connection::ReadAhead() {
  if (reading_ahead_ || input_ended_) return;
  if (phase_ != Phase::kHandling) {
    begin_ = end_ = 0;
  } else if (begin_ == end_) {
    begin_ = end_ = 0;
    if (in_.size() > 4 * kReadAhead) in_ = std::vector<char>(kReadAhead);
  } else if (end_ - begin_ >= kReadAhead) {
    return;
  }
  in_.resize(std::max(in_.size(), end_ + kReadAhead));
  reading_ahead_ = true;
  socket_.async_read_some(
      asio::buffer(in_.data() + end_, in_.size() - end_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
        self->OnReadAhead(error, bytes);
      });
}

void Connection::OnReadAhead(const boost::system::error_code& error, std::size_t bytes) {
  reading_ahead_ = false;
  end_ += bytes;
  const bool streaming = phase_ == Phase::kStreaming || stream_writing_;
  if (error) {
    input_ended_ = true;
    const bool ours = error == asio::error::operation_aborted && !timed_out_;
    if (streaming && !ours) Leave();
    if (phase_ == Phase::kHandling && !ours) error == asio::error::eof ? Probe() : Leave();
  } else if (streaming || (phase_ == Phase::kHandling && !arrival_)) {
    ReadAhead();
  }
  if (const auto waiting = std::exchange(arrival_, std::nullopt)) waiting->Set();
}

// The client sends nothing more. It may have closed the connection, or only its own side of it and
// still want its answer: both look the same. An interim response (RFC 9110 §15.2) tells: a closed
// connection answers it with a reset. HTTP/1.0 has none; there the work goes on.
void Connection::Probe() {
  if (!core_.options.probe_clients || !parser_.framing().http11) return;
  constexpr std::string_view kProcessing = "HTTP/1.1 102 Processing\r\n\r\n";
  boost::system::error_code error;
  const std::size_t sent = socket_.write_some(asio::buffer(kProcessing), error);
  if (error || sent != kProcessing.size()) return Leave();
  socket_.async_wait(Socket::wait_error,
                     [self = shared_from_this()](const boost::system::error_code& ended) {
                       const bool busy = self->phase_ == Phase::kHandling ||
                                         self->phase_ == Phase::kStreaming || self->stream_writing_;
                       if (!ended && busy) self->Leave();
                     });
}

void Connection::Leave() {
  peer_gone_ = true;
  canceller_.Cancel();
}

}  // namespace vedette::http
