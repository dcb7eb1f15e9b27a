// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vedette {

namespace config {
class Section;
}  // namespace config

// How traces leave the process.
struct TelemetryOptions {
  std::string endpoint;       // "10.0.0.7:4317", OTLP over gRPC; empty: nothing is exported
  double sample_ratio = 1.0;  // of the traces that begin here; others keep their caller's decision
  // Of the traces that began elsewhere and come by HTTP, so many are exported because their caller
  // wants it; sample_ratio of the others are, too.
  std::int64_t strange_traces_per_second = 50;
  // Of traces that are not sampled, those with a failure of ours. See OtlpTracer for the promise.
  bool always_on_error = true;
  std::int64_t error_traces_per_second = 50;
  std::int64_t held_traces = 4096;         // not sampled, open, watched for a failure
  std::int64_t held_spans_per_trace = 64;  // ended, kept until their trace is decided
  std::int64_t queue_limit = 8192;         // spans that wait to be sent; more are dropped
  std::int64_t batch_size = 512;           // spans of one message at most
  std::chrono::milliseconds batch_delay = std::chrono::seconds(1);
  std::chrono::milliseconds timeout = std::chrono::seconds(10);    // of one attempt
  std::chrono::milliseconds retry_for = std::chrono::seconds(60);  // then the batch is dropped
  bool tls = false;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;

  void Describe(config::Section& section);
};

// Who exports, as OpenTelemetry's resource attributes name it.
struct TelemetryResource {
  std::string service_name;  // "vedette", or the roles of the process
  std::string service_version;
  std::string service_instance_id;  // unique among the processes of the system
};

}  // namespace vedette
