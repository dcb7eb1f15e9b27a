// SPDX-License-Identifier: Apache-2.0
// The socket side of a connection: filling and parsing the input, flushing the output, deadlines.
#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "kit/http/connection.h"

namespace vedette::http {
namespace {

constexpr std::size_t kFirstBuffer = 4 * 1024;
constexpr std::size_t kIdleBuffer = 16 * 1024;
constexpr std::size_t kBodyBuffer = 64 * 1024;
// A body that arrives slower than this many bytes per body_timeout is given up.
constexpr std::uint64_t kBodyProgress = 64 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr std::size_t kLingerBytes = 64 * 1024 * 1024;

constexpr asio::use_awaitable_t<Executor> kAwait;

}  // namespace

Task<ParseEvent> Connection::ReadHead() {
  Enter(Phase::kIdle, core_.options.idle_timeout);
  for (;;) {
    // An empty line before a request is skipped (RFC 9112 §2.2).
    while (phase_ == Phase::kIdle && begin_ < end_ &&
           (in_[begin_] == '\r' || in_[begin_] == '\n')) {
      ++begin_;
    }
    if (begin_ < end_) {
      if (phase_ == Phase::kIdle) Enter(Phase::kHead, core_.options.header_timeout);
      std::size_t consumed = 0;
      const ParseEvent event = parser_.Parse({in_.data() + begin_, end_ - begin_}, consumed);
      begin_ += consumed;
      if (event != ParseEvent::kNeedMore) co_return event;
    }
    if (draining_ && phase_ == Phase::kIdle) co_return ParseEvent::kNeedMore;
    if (!co_await Fill()) co_return ParseEvent::kNeedMore;
  }
}

Task<ParseEvent> Connection::ReadBody() {
  Enter(Phase::kBody, core_.options.body_timeout);
  std::uint64_t progress = 0;
  for (;;) {
    if (begin_ < end_) {
      std::size_t consumed = 0;
      const ParseEvent event = parser_.Parse({in_.data() + begin_, end_ - begin_}, consumed);
      begin_ += consumed;
      if (event != ParseEvent::kNeedMore) co_return event;
      // A chunk's header or the trailers that do not fit the buffer.
      if (end_ - begin_ >= kBodyBuffer) co_return ParseEvent::kMalformed;
    }
    if (!co_await Fill()) co_return ParseEvent::kNeedMore;
    if (body_received_ - progress >= kBodyProgress) {
      progress = body_received_;
      Enter(Phase::kBody, core_.options.body_timeout);
    }
  }
}

// Reads more bytes behind those that wait. False when the client left or the deadline passed.
Task<bool> Connection::Fill() {
  if (reading_ahead_) {
    const Signal arrived = arrival_.emplace();
    co_return co_await arrived.Wait() && !input_ended_ && !timed_out_;
  }
  if (input_ended_) co_return false;
  if (begin_ == end_) begin_ = end_ = 0;
  const std::uint64_t expected = parser_.framing().content_length.value_or(kBodyBuffer);
  const std::size_t least =
      phase_ == Phase::kBody
          ? static_cast<std::size_t>(std::clamp<std::uint64_t>(expected, kFirstBuffer, kBodyBuffer))
          : kFirstBuffer;
  if (phase_ == Phase::kIdle && end_ == 0 && in_.size() > kIdleBuffer) {
    in_ = std::vector<char>(kFirstBuffer);  // an idle connection holds little memory
  } else if (in_.size() < least) {
    in_.resize(least);
  }
  if (end_ == in_.size()) {
    if (begin_ > 0) {
      std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      in_.resize(in_.size() * 2);  // bounded: the parser refuses a head over its limit
    }
  }
  boost::system::error_code error;
  const std::size_t n = co_await socket_.async_read_some(
      asio::buffer(in_.data() + end_, in_.size() - end_), asio::redirect_error(kAwait, error));
  end_ += n;
  co_return !error && !timed_out_;
}

bool Connection::OnBody(std::string_view bytes) {
  body_received_ += bytes.size();
  if (discard_body_) return body_received_ <= kDiscardLimit;
  body_fault_ = BodyFault::kNone;
  if (body_received_ > body_limit_) {
    body_fault_ = BodyFault::kTooLarge;
  } else if (!inflater_) {
    body_ += bytes;
  } else {
    switch (inflater_->Append(bytes, body_, body_limit_)) {
      case GzipInflater::Outcome::kOk:
        break;
      case GzipInflater::Outcome::kTooLarge:
        body_fault_ = BodyFault::kTooLarge;
        break;
      case GzipInflater::Outcome::kBroken:
        body_fault_ = BodyFault::kBroken;
        break;
    }
  }
  return body_fault_ == BodyFault::kNone;
}

// Sends what the socket takes now.
Connection::Sent Connection::Send(std::string_view& tail) {
  boost::system::error_code error;
  while (sent_ < out_.size() || !tail.empty()) {
    const std::array<asio::const_buffer, 2> buffers = {
        asio::buffer(out_.data() + sent_, out_.size() - sent_),
        asio::buffer(tail.data(), tail.size())};
    const std::size_t n = socket_.write_some(buffers, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return Sent::kBlocked;
    if (error) return Sent::kFailed;
    const std::size_t own = std::min(n, out_.size() - sent_);
    sent_ += own;
    tail.remove_prefix(n - own);
  }
  out_.clear();
  sent_ = 0;
  return Sent::kAll;
}

// Sends `out_` and then `tail`. False when the client left or took too long.
Task<bool> Connection::Flush(std::string_view tail) {
  // The socket mostly takes all at once; then nothing waits and no deadline is needed.
  Sent outcome = Send(tail);
  if (outcome == Sent::kBlocked) Enter(Phase::kWriting, core_.options.write_timeout);
  while (outcome == Sent::kBlocked) {
    const std::size_t before = out_.size() - sent_ + tail.size();
    boost::system::error_code error;
    co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(kAwait, error));
    if (error || timed_out_) co_return false;
    outcome = Send(tail);
    if (out_.size() - sent_ + tail.size() < before) {
      Enter(Phase::kWriting, core_.options.write_timeout);
    }
  }
  co_return outcome == Sent::kAll;
}

// Closing a socket with unread input resets it, and the reset can overtake the answer. So: say that
// nothing more comes, then read away what the client still sends, for a moment.
Task<void> Connection::Linger() {
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  Enter(Phase::kLinger, kLingerTime);
  std::size_t total = 0;
  while (!error && total < kLingerBytes) {
    if (!reading_ahead_) begin_ = end_ = 0;
    const std::size_t before = end_;
    if (!co_await Fill()) break;
    total += end_ - before;
  }
}

void Connection::Enter(Phase phase, std::chrono::milliseconds timeout) {
  phase_ = phase;
  timed_out_ = false;
  deadline_ = timeout.count() > 0 ? core_.clock.SteadyNow() + timeout : SteadyTime::max();
}

void Connection::Check(SteadyTime now) {
  boost::system::error_code ignored;
  if (now >= deadline_) {
    timed_out_ = true;
    deadline_ = SteadyTime::max();
    if (stream_writing_) {
      core_.CountRefused("write_timeout");
      peer_gone_ = true;
      canceller_.Cancel();
    } else if (phase_ == Phase::kWriting) {
      core_.CountRefused("write_timeout");
    }
    socket_.cancel(ignored);
    return;
  }
  if (phase_ != Phase::kStreaming || stream_writing_) return;
  if (out_.empty() && heartbeat_.count() > 0 && now - last_write_ >= heartbeat_) {
    AppendChunk(":\n\n");
    last_write_ = now;
  }
  if (out_.empty()) return;
  std::string_view none;
  const Sent outcome = Send(none);
  if (outcome == Sent::kFailed ||
      (outcome == Sent::kBlocked && now - last_write_ >= core_.options.write_timeout)) {
    peer_gone_ = true;
    canceller_.Cancel();
  }
}

void Connection::Drain() {
  draining_ = true;
  boost::system::error_code ignored;
  if (phase_ == Phase::kIdle) socket_.cancel(ignored);
  if (phase_ == Phase::kStreaming || stream_writing_) canceller_.Cancel();
}

void Connection::ForceClose() {
  draining_ = true;
  canceller_.Cancel();
  passage_.reset();
  span_ = Span();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace vedette::http
