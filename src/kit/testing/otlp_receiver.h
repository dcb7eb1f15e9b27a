// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kit/telemetry/trace_context.h"

namespace vedette {

// A receiver of OTLP traces over real gRPC on a loopback port, for tests. Thread-safe.
class OtlpReceiver {
 public:
  // Serves at once; `port` 0 takes a free one. With certificate and key (PEM text): over TLS.
  // Throws std::runtime_error when the port cannot be had.
  explicit OtlpReceiver(int port = 0, std::string certificate = {}, std::string key = {});
  ~OtlpReceiver();

  int port() const;
  std::string address() const;  // "127.0.0.1:4317"

  struct Span {
    std::string name;
    int kind = 0;  // as OpenTelemetry counts: 1 internal, 2 server, 3 client, 4, 5
    TraceContext context;
    std::array<std::uint8_t, 8> parent_span_id{};
    std::uint64_t start_nanos = 0;
    std::uint64_t end_nanos = 0;
    bool is_error = false;
    std::map<std::string, std::string> attributes;  // numbers as text
    std::map<std::string, std::string> resource;    // "service.name" and others
  };
  std::vector<Span> spans() const;
  std::size_t messages() const;
  // Every message as it came, one after another: to search for what must not be in it.
  std::string raw() const;

  // Waits until `condition` holds of the spans, for at most `seconds`; false when it never did.
  bool WaitFor(const std::function<bool(const std::vector<Span>&)>& condition,
               int seconds = 30) const;
  bool WaitForSpans(std::size_t count, int seconds = 30) const;

  // Answers the next so many messages with this gRPC status and keeps nothing of them;
  // `retry_delay_ms` above 0 is told in google.rpc.RetryInfo.
  void FailNext(int messages, int grpc_status, int retry_delay_ms = 0);
  // Tells that so many spans of each message were refused.
  void RefuseSpans(std::int64_t spans);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
