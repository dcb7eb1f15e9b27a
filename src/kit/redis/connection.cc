// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "kit/task/sleep.h"
#include "kit/task/spawn.h"

namespace vedette::redis {
namespace {

using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::chrono::milliseconds kFirstPause{5};
constexpr std::chrono::milliseconds kSettled{100};  // what was lost sooner is not tried at once
constexpr std::chrono::milliseconds kMinTick{10};
constexpr std::chrono::milliseconds kMaxTick{500};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

// A connection while it is up. Shared with its operations.
struct Connection::Link {
  std::shared_ptr<Stream> stream;
  std::deque<std::shared_ptr<PendingCall>> in_flight;
  int answers_due = 0;  // before the first call in flight is answered
  std::string out;      // being written
  bool writing = false;
  SteadyTime heard = Now();
  AnswerReader reader{kMaxAnswerBytes};
};

Connection::Connection(
    Executor executor, Settings settings, Logger logger, CallMetrics& metrics, RandomSource& random)
    : executor_(executor),
      settings_(std::move(settings)),
      logger_(std::move(logger)),
      metrics_(metrics),
      random_(random),
      watch_(executor) {}

Task<Result<std::shared_ptr<Stream>>> Connection::Reach() {
  const SteadyTime deadline = Now() + settings_.connect_timeout;
  VEDETTE_CO_TRY(Endpoint endpoint, co_await settings_.locate(deadline));
  co_return co_await Connect(settings_.dialer, std::move(endpoint), settings_.login, deadline);
}

Task<void> Connection::Run() {
  struct AtEnd {
    Connection& connection;
    ~AtEnd() {
      connection.GoDown(State::kClosed, {Code::kUnavailable, "The connection to Redis is closed."});
    }
  };
  const AtEnd at_end{*this};
  for (int attempt = 0;; ++attempt) {
    auto stream = co_await Reach();
    if (stream) {
      if (attempt > 0) logger_.Info("Redis is there again");
      const SteadyTime begin = Now();
      auto link = std::make_shared<Link>();
      link->stream = *std::move(stream);
      co_await Serve(std::move(link));
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;  // closed, not lost
      reconnects_.fetch_add(1, std::memory_order_relaxed);
      metrics_.Reconnected();
      logger_.Warning("the connection to Redis was lost");
      attempt = 0;
      if (Now() - begin >= kSettled) continue;
    } else {
      if (attempt == 0) {
        logger_.Warning("Redis is away", {{"reason", stream.error().message}});
      }
      stream.error().retry_after = settings_.reconnect_maximum;
      GoDown(State::kDown, std::move(stream).error());
    }
    co_await SleepFor(Pause(attempt));
  }
}

// Twice as long each time, at random between the half and the whole.
std::chrono::nanoseconds Connection::Pause(int attempt) {
  const std::chrono::nanoseconds longest = settings_.reconnect_maximum;
  const std::chrono::nanoseconds pause =
      std::min<std::chrono::nanoseconds>(longest, kFirstPause * (1LL << std::min(attempt, 20)));
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(pause.count()) * (1 + random_.Uniform()) / 2));
}

Task<void> Connection::Serve(std::shared_ptr<Link> link) {
  struct AtEnd {
    Connection& connection;
    Link& link;
    ~AtEnd() { connection.Lose(link); }
  };
  link_ = link;
  state_ = State::kUp;
  metrics_.Connections(1);
  const AtEnd at_end{*this, *link};
  Flush();
  Watch(link);
  std::array<char, kReadBytes> buffer;
  for (;;) {
    ErrorCode error;
    const std::size_t n = co_await link->stream->Read(asio::buffer(buffer), error);
    if (error || !Receive(*link, {buffer.data(), n})) co_return;
  }
}

Status Connection::Receive(Link& link, std::string_view bytes) {
  link.heard = Now();
  VEDETTE_CHECK_OK(link.reader.Feed(bytes));
  for (;;) {
    VEDETTE_TRY(auto answer, link.reader.Next());
    if (!answer) return {};
    if (link.in_flight.empty()) return Fail(Code::kUnavailable, "Redis answers unasked.");
    if (--link.answers_due > 0) continue;
    const std::shared_ptr<PendingCall> call = std::move(link.in_flight.front());
    link.in_flight.pop_front();
    link.answers_due = link.in_flight.empty() ? 0 : link.in_flight.front()->answers;
    // No longer a master: the sentinels know who is.
    const bool demoted = settings_.login.must_be_master && answer->ErrorWord() == "READONLY";
    Finish(*call, *std::move(answer));
    if (demoted) return Fail(Code::kUnavailable, "This Redis is no master.");
  }
}

Status Connection::Submit(std::shared_ptr<PendingCall> call) {
  bool post = false;
  {
    const std::scoped_lock lock(mutex_);
    if (!MayTake()) return Fail(down_);
    if (waiting_ >= settings_.queue_limit) {
      return Fail(Code::kResourceExhausted, "Too many calls wait for Redis; try again.");
    }
    ++waiting_;
    queue_.push_back(std::move(call));
    post = !std::exchange(flush_posted_, true);
  }
  metrics_.Waiting(1);
  if (post) Post(executor_, [self = shared_from_this()] { self->Flush(); });
  return {};
}

Error Connection::WhyDown() const {
  const std::scoped_lock lock(mutex_);
  return down_;
}

void Connection::Flush() {
  const std::shared_ptr<Link> link = link_;
  if (!link || link->writing) return;
  std::vector<std::shared_ptr<PendingCall>> calls;
  {
    const std::scoped_lock lock(mutex_);
    calls.swap(queue_);
    flush_posted_ = false;
  }
  link->out.clear();
  const SteadyTime now = Now();
  for (std::shared_ptr<PendingCall>& call : calls) {
    if (call->abandoned) {
      Finish(*call, Fail(Code::kCancelled, "Nobody waits."));
      continue;
    }
    link->out += call->bytes;
    call->sent = now;
    if (link->in_flight.empty()) link->answers_due = call->answers;
    link->in_flight.push_back(std::move(call));
  }
  if (link->out.empty()) return;
  link->writing = true;
  link->stream->Write(link->out, [self = shared_from_this(), link](ErrorCode error) {
    link->writing = false;
    if (error) {
      link->stream->Close();
    } else if (self->link_ == link) {
      self->Flush();
    }
  });
}

void Connection::Watch(std::shared_ptr<Link> link) {
  const auto tick = std::min(settings_.silence_timeout / 4, settings_.ping_interval / 2);
  watch_.expires_after(std::clamp(tick, kMinTick, kMaxTick));
  watch_.async_wait([weak = weak_from_this(), link](ErrorCode error) {
    const auto self = weak.lock();
    if (error || !self || self->link_ != link) return;
    self->Check(*link);
    self->Watch(link);
  });
}

// Notices a server that keeps the connection and does nothing.
void Connection::Check(Link& link) {
  const SteadyTime now = Now();
  if (!link.in_flight.empty()) {
    const SteadyTime since = std::max(link.heard, link.in_flight.front()->sent);
    if (now - since > settings_.silence_timeout) link.stream->Close();
  } else if (now - link.heard > settings_.ping_interval) {
    auto ping = std::make_shared<PendingCall>();
    AppendCommand(ping->bytes, "PING", {});
    (void)Submit(std::move(ping));
  }
}

// At the end of Serve: what was sent may or may not have been executed.
void Connection::Lose(Link& link) {
  link_ = nullptr;
  watch_.cancel();
  link.stream->Close();
  metrics_.Connections(-1);
  {
    const std::scoped_lock lock(mutex_);
    state_ = State::kConnecting;
  }
  for (const auto& call : link.in_flight) {
    Finish(*call, Fail(Code::kUnavailable, "The connection to Redis was lost."));
  }
  link.in_flight.clear();
}

void Connection::GoDown(State state, Error why) {
  std::vector<std::shared_ptr<PendingCall>> calls;
  {
    const std::scoped_lock lock(mutex_);
    state_ = state;
    down_ = why;
    calls.swap(queue_);
  }
  for (const auto& call : calls) Finish(*call, Fail(why));
}

void Connection::Finish(PendingCall& call, Result<Answer> answer) {
  --waiting_;
  metrics_.Waiting(-1);
  call.answer = std::move(answer);
  call.done.Set();
}

}  // namespace vedette::redis
