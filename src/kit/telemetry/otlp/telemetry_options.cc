// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/otlp/telemetry_options.h"

#include "kit/config/section.h"

namespace vedette {

void TelemetryOptions::Describe(config::Section& section) {
  section.Field("endpoint", endpoint,
                {.text = "Where traces go: host:port of an OTLP receiver over gRPC; empty sends "
                         "nothing."});
  section.Field("sample_ratio", sample_ratio,
                {.text = "Share of the traces beginning here that is sent; others keep their "
                         "caller's decision.",
                 .minimum = 0,
                 .maximum = 1});
  section.Field("strange_traces_per_second", strange_traces_per_second,
                {.text = "Traces a second that are sent because an HTTP caller's traceparent says "
                         "so; of more, sample_ratio. What comes over gRPC is a peer's.",
                 .minimum = 0,
                 .maximum = 1e6});
  section.Field("always_on_error", always_on_error,
                {.text = "Also send this process's part of traces that are not sampled but failed "
                         "through a fault of ours."});
  section.Field("error_traces_per_second", error_traces_per_second,
                {.text = "Most of those in a second.", .minimum = 1, .maximum = 1e6});
  section.Field("held_traces", held_traces,
                {.text = "Open traces watched for a failure.", .minimum = 16, .maximum = 1e6});
  section.Field("held_spans_per_trace", held_spans_per_trace,
                {.text = "Ended spans kept of each of them.", .minimum = 1, .maximum = 4096});
  section.Field("queue_limit", queue_limit,
                {.text = "Spans that may wait to be sent; more are dropped and counted.",
                 .minimum = 16,
                 .maximum = 1e6});
  section.Field("batch_size", batch_size,
                {.text = "Spans in one message at most.", .minimum = 1, .maximum = 8192});
  section.Field("batch_delay", batch_delay,
                {.text = "How long a span may wait for its message to fill.",
                 .minimum = 10,
                 .maximum = 60'000});
  section.Field("timeout", timeout,
                {.text = "Of one attempt to send.", .minimum = 100, .maximum = 60'000});
  section.Field("retry_for", retry_for,
                {.text = "How long a message is tried again before it is dropped.",
                 .minimum = 0,
                 .maximum = 3.6e6});
  section.Field("tls", tls, {.text = "Send over TLS, and check the receiver's certificate."});
  section.Field("ca_file", ca_file, {.text = "Authority (PEM); empty: the system's."});
  section.Field("cert_file", cert_file, {.text = "Own certificate (PEM), for mutual TLS."});
  section.Field("key_file", key_file, {.text = "Own private key (PEM), for mutual TLS."});
  section.Field("server_name", server_name,
                {.text = "Name expected in the certificate; empty: the address."});
}

}  // namespace vedette
