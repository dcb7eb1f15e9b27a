// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kit/telemetry/metrics.h"

namespace vedette::queue {

// What an outbox tells /metrics.
struct OutboxMetrics {
  OutboxMetrics(MetricsRegistry& registry, const std::string& service)
      : published(registry.GetCounter("vedette_outbox_published_total",
                                      "Messages of the outbox that were published.",
                                      {{"service", service}})),
        failures(registry.GetCounter("vedette_outbox_failures_total",
                                     "Attempts to publish a message that failed.",
                                     {{"service", service}})),
        waiting(registry.GetGauge("vedette_outbox_waiting",
                                  "Messages that wait in the outbox; 10000 at most.",
                                  {{"service", service}})),
        oldest(registry.GetGauge("vedette_outbox_oldest_seconds",
                                 "Age of the oldest message in the outbox.",
                                 {{"service", service}})),
        held_keys(registry.GetGauge("vedette_outbox_held_keys",
                                    "Keys whose next message failed and waits.",
                                    {{"service", service}})),
        leading(registry.GetGauge("vedette_outbox_leading",
                                  "1 while this process publishes the outbox.",
                                  {{"service", service}})) {}

  Counter& published;
  Counter& failures;
  Gauge& waiting;
  Gauge& oldest;
  Gauge& held_keys;
  Gauge& leading;
};

}  // namespace vedette::queue
