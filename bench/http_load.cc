// SPDX-License-Identifier: Apache-2.0
#include "http_load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <charconv>
#include <cmath>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace vedette::bench {
namespace {

using Clock = std::chrono::steady_clock;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool StartsWithNoCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char a, char b) { return a == Lower(b); });
}

struct Answer {
  std::size_t size = 0;  // bytes it takes in the input
  int status = 0;
  std::string_view body;
  std::string joined;  // of chunks
};

// The chunks' data and the bytes they take; nullopt when some are still missing.
std::optional<std::size_t> JoinChunks(std::string_view input, std::string& out) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t line = input.find("\r\n", at);
    if (line == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    std::from_chars(input.data() + at, input.data() + line, size, 16);
    at = line + 2;
    if (input.size() < at + size + 2) return std::nullopt;
    out.append(input.substr(at, size));
    at += size + 2;
    if (size == 0) return at;  // without trailers
  }
}

// The first answer in `input`; false when it is not complete.
bool ParseAnswer(std::string_view input, Answer& answer) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos || end < 12) return false;
  std::from_chars(input.data() + 9, input.data() + 12, answer.status);
  std::size_t length = 0;
  bool chunked = false;
  for (std::size_t at = input.find("\r\n"); at < end; at = input.find("\r\n", at + 2)) {
    const std::string_view line = input.substr(at + 2, end - at - 2);
    if (StartsWithNoCase(line, "content-length: ")) {
      std::from_chars(line.data() + 16, line.data() + line.size(), length);
    } else if (StartsWithNoCase(line, "transfer-encoding: chunked")) {
      chunked = true;
    }
  }
  const std::string_view rest = input.substr(end + 4);
  if (chunked) {
    answer.joined.clear();
    const auto taken = JoinChunks(rest, answer.joined);
    if (!taken) return false;
    answer.body = answer.joined;
    answer.size = end + 4 + *taken;
    return true;
  }
  if (rest.size() < length) return false;
  answer.body = rest.substr(0, length);
  answer.size = end + 4 + length;
  return true;
}

struct Connection {
  int fd = -1;
  bool busy = false;
  std::uint64_t index = 0;
  Clock::time_point start;
  std::string out;
  std::size_t sent = 0;
  std::string in;
  std::size_t filled = 0;
};

// What the load's threads share.
struct Plan {
  const LoadOptions& options;
  const RequestFactory& factory;
  const ResponseCheck& check;
  Clock::time_point begin;    // of the warm-up
  Clock::time_point counted;  // from here answers count
  Clock::time_point end;
  std::atomic<std::uint64_t> next{0};
};

class Worker {
 public:
  Worker(Plan& plan, int connections) : plan_(plan), connections_(connections) {
    epoll_ = epoll_create1(0);
    if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
  }
  ~Worker() {
    for (Connection& connection : connections_) {
      if (connection.fd >= 0) close(connection.fd);
    }
    if (timer_ >= 0) close(timer_);
    close(epoll_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  LoadReport Run(double rate) {
    for (std::size_t i = 0; i < connections_.size(); ++i) Open(i);
    if (rate > 0) {
      interval_ =
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
      scheduled_ = plan_.begin;
      StartTimer();
      for (std::size_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
    } else {
      for (std::size_t i = 0; i < connections_.size(); ++i) Begin(i, Clock::now());
    }
    std::array<epoll_event, 256> events;
    while (!Finished()) {
      const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
      for (int i = 0; i < n; ++i) {
        const std::uint64_t which = events[static_cast<std::size_t>(i)].data.u64;
        if (which == kTimer) {
          std::uint64_t ticks = 0;
          [[maybe_unused]] const ssize_t got = read(timer_, &ticks, sizeof(ticks));
        } else {
          Handle(which);
        }
      }
      if (interval_.count() > 0) SendDue();
    }
    return report_;
  }

 private:
  static constexpr std::uint64_t kTimer = ~std::uint64_t{0};

  bool Finished() const {
    if (Clock::now() >= plan_.end) return true;
    return plan_.options.max_requests > 0 && busy_ == 0 &&
           plan_.next.load(std::memory_order_relaxed) >= plan_.options.max_requests;
  }

  void Open(std::size_t i) {
    Connection& connection = connections_[i];
    if (connection.fd >= 0) close(connection.fd);
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.options.port);
    inet_pton(AF_INET, plan_.options.address.c_str(), &address.sin_addr);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("the load generator cannot connect");
    }
    const int one = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(connection.fd, F_SETFL, fcntl(connection.fd, F_GETFL) | O_NONBLOCK);
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = i}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    connection.filled = 0;
  }

  // One tick a millisecond: what is due is sent by the clock, so a late tick delays, never drops.
  void StartTimer() {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const itimerspec spec{.it_interval = {0, 250'000}, .it_value = {0, 250'000}};
    timerfd_settime(timer_, 0, &spec, nullptr);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kTimer}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event);
  }

  void SendDue() {
    const Clock::time_point now = Clock::now();
    while (scheduled_ <= now && !idle_.empty()) {
      const std::size_t i = idle_.front();
      idle_.pop_front();
      Begin(i, scheduled_);
      scheduled_ += interval_;
    }
  }

  void Begin(std::size_t i, Clock::time_point start) {
    const std::uint64_t index = plan_.next.fetch_add(1, std::memory_order_relaxed);
    if (plan_.options.max_requests > 0 && index >= plan_.options.max_requests) return;
    Connection& connection = connections_[i];
    connection.index = index;
    connection.busy = true;
    ++busy_;
    connection.start = start;
    connection.out.clear();
    connection.sent = 0;
    plan_.factory(index, connection.out);
    if (!Write(connection)) Lose(i);
  }

  static bool Write(Connection& connection) {
    while (connection.sent < connection.out.size()) {
      const ssize_t n = send(connection.fd, connection.out.data() + connection.sent,
                             connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN;
      connection.sent += static_cast<std::size_t>(n);
    }
    return true;
  }

  void Handle(std::size_t i) {
    Connection& connection = connections_[i];
    if (connection.busy && !Write(connection)) return Lose(i);
    for (;;) {
      if (connection.in.size() < connection.filled + 16 * 1024) {
        connection.in.resize(std::max<std::size_t>(32 * 1024, connection.in.size() * 2));
      }
      const std::size_t room = connection.in.size() - connection.filled;
      const ssize_t n = recv(connection.fd, connection.in.data() + connection.filled, room, 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return Lose(i);
      connection.filled += static_cast<std::size_t>(n);
      Take(i);
      // A short read emptied the socket; with edge triggering more will be announced.
      if (static_cast<std::size_t>(n) < room) return;
    }
  }

  void Take(std::size_t i) {
    Connection& connection = connections_[i];
    if (!connection.busy) return;
    if (!ParseAnswer({connection.in.data(), connection.filled}, answer_)) return;
    const Clock::time_point now = Clock::now();
    const bool right = plan_.check ? plan_.check(connection.index, answer_.status, answer_.body)
                                   : answer_.status >= 200 && answer_.status < 300;
    if (now >= plan_.counted && now < plan_.end) {
      if (right) {
        ++report_.answered;
        report_.latency.Record(now - connection.start);
      } else {
        ++report_.wrong;
      }
      report_.bytes += answer_.size;
    }
    connection.filled = 0;  // one request at a time: nothing follows its answer
    Free(i, now);
  }

  void Free(std::size_t i, Clock::time_point now) {
    connections_[i].busy = false;
    --busy_;
    if (interval_.count() > 0) {
      idle_.push_back(i);
    } else {
      Begin(i, now);
    }
  }

  void Lose(std::size_t i) {
    if (connections_[i].busy) ++report_.failed;
    const bool was_busy = connections_[i].busy;
    Open(i);
    if (was_busy) Free(i, Clock::now());
  }

  Plan& plan_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  int epoll_ = -1;
  int timer_ = -1;
  int busy_ = 0;
  Clock::duration interval_{0};
  Clock::time_point scheduled_;
  Answer answer_;
  LoadReport report_;
};

}  // namespace

void LatencyHistogram::Record(std::chrono::nanoseconds latency) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - 1 - kSubBits);
  ++buckets_[(static_cast<std::size_t>(shift) << kSubBits) + (value >> shift)];
  ++count_;
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
}

std::chrono::nanoseconds LatencyHistogram::Percentile(double percent) const {
  if (count_ == 0) return std::chrono::nanoseconds(0);
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen < std::max<std::uint64_t>(wanted, 1)) continue;
    // Values below two rounds of sub-buckets are exact; above, the bucket's upper edge.
    const std::size_t round = i >> kSubBits;
    const std::size_t shift = round <= 1 ? 0 : round - 1;
    const std::uint64_t mantissa = i - (shift << kSubBits);
    return std::chrono::nanoseconds(((mantissa + 1) << shift) - 1);
  }
  return std::chrono::nanoseconds(0);
}

void AppendRequest(std::string& out, const LoadRequest& request) {
  out += request.method;
  out += ' ';
  out += request.target;
  out += " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : request.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  out += "\r\n";
  out += request.body;
}

std::string LoadReport::Summary() const {
  const auto micros = [this](double percent) {
    return std::to_string(latency.Percentile(percent).count() / 1000) + " µs";
  };
  return std::to_string(static_cast<std::int64_t>(PerSecond())) + " req/s  p50 " + micros(50) +
         "  p99 " + micros(99) + "  p99.9 " + micros(99.9) + "  wrong " + std::to_string(wrong) +
         "  failed " + std::to_string(failed);
}

LoadReport RunLoad(const LoadOptions& options,
                   const RequestFactory& factory,
                   const ResponseCheck& check) {
  const Clock::time_point now = Clock::now();
  Plan plan{.options = options,
            .factory = factory,
            .check = check,
            .begin = now,
            .counted = now + options.warmup,
            .end = now + options.warmup + options.duration};
  const int threads = std::clamp(options.threads, 1, std::max(1, options.connections));
  LoadReport total;
  std::mutex mutex;
  std::string error;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    const int share = options.connections / threads + (i < options.connections % threads ? 1 : 0);
    running.emplace_back([&, share] {
      try {
        Worker worker(plan, share);
        const LoadReport report = worker.Run(options.rate / threads);
        const std::lock_guard lock(mutex);
        total.answered += report.answered;
        total.wrong += report.wrong;
        total.failed += report.failed;
        total.bytes += report.bytes;
        total.latency.Merge(report.latency);
      } catch (const std::exception& e) {
        const std::lock_guard lock(mutex);
        error = e.what();
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  if (!error.empty()) throw std::runtime_error(error);
  const Clock::time_point ended = std::min(Clock::now(), plan.end);
  total.seconds = std::max(0.0, std::chrono::duration<double>(ended - plan.counted).count());
  return total;
}

}  // namespace vedette::bench
