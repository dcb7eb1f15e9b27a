// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vedette::bench {

// Counts durations in buckets that are 1/64 of their value wide: percentiles within 1.6 %, from 1
// ns to 584 years, in fixed memory.
class LatencyHistogram {
 public:
  void Record(std::chrono::nanoseconds latency);
  void Merge(const LatencyHistogram& other);
  // The latency that `percent` (0 to 100) of the observations do not exceed; 0 when there are none.
  std::chrono::nanoseconds Percentile(double percent) const;
  std::uint64_t count() const { return count_; }

 private:
  static constexpr int kSubBits = 6;
  std::array<std::uint64_t, (64 - kSubBits + 1) << kSubBits> buckets_{};
  std::uint64_t count_ = 0;
};

struct LoadRequest {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};
  std::string_view body = {};
};

// Appends the request as bytes; Host and Content-Length are added.
void AppendRequest(std::string& out, const LoadRequest& request);

struct LoadOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  int connections = 64;
  int threads = 1;
  // 0: closed loop, each connection sends when it has its answer. Else requests per second over all
  // connections, sent on schedule; latency then counts from the scheduled moment, so that a server
  // that stalls is not flattered.
  double rate = 0;
  std::chrono::milliseconds warmup = std::chrono::milliseconds(500);  // not counted
  std::chrono::milliseconds duration = std::chrono::seconds(3);
  std::uint64_t max_requests = 0;  // 0: until the duration is over
};

// Appends request number `index` (0, 1, 2 … over all connections, warm-up included) as bytes,
// mostly by AppendRequest. Called by all load threads.
using RequestFactory = std::function<void(std::uint64_t index, std::string& out)>;
// Whether the answer is right; without one, any 2xx is. Called by all load threads.
using ResponseCheck = std::function<bool(std::uint64_t index, int status, std::string_view body)>;

struct LoadReport {
  std::uint64_t answered = 0;  // right answers
  std::uint64_t wrong = 0;     // the check said no
  std::uint64_t failed = 0;    // connection refused or lost
  double seconds = 0;          // that were counted
  std::uint64_t bytes = 0;     // received
  LatencyHistogram latency;

  double PerSecond() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
  // "123456 req/s  p50 301 µs  p99 712 µs  p99.9 1200 µs  wrong 0  failed 0"
  std::string Summary() const;
};

// Loads an HTTP/1.1 server over keep-alive connections with raw epoll loops, and waits for the end.
// Answers need a Content-Length or chunks.
LoadReport RunLoad(const LoadOptions& options,
                   const RequestFactory& factory,
                   const ResponseCheck& check = {});

}  // namespace vedette::bench
