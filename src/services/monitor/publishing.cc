// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/publishing.h"

#include <utility>

namespace vedette::monitor {

Publishing::Publishing(Dependencies dependencies, queue::OutboxRelayOptions options)
    : metrics_(dependencies.metrics),
      bus_({}, dependencies.logger, dependencies.metrics),
      relay_("monitor",
             options,
             {.database = dependencies.database,
              .outbox = outbox_,
              .publisher = bus_,
              .runtime = dependencies.runtime,
              .clock = dependencies.clock,
              .random = random_,
              .tracer = dependencies.tracer != nullptr ? *dependencies.tracer : no_tracer_,
              .metrics = dependencies.metrics,
              .logger = dependencies.logger}) {
  bus_.Subscribe("*", "metrics",
                 [this](queue::Message message) { return Count(std::move(message)); });
}

Task<Status> Publishing::Count(queue::Message message) {
  metrics_
      .GetCounter("vedette_monitor_published_total",
                  "What was published about alerts, by topic; repetitions included.",
                  {{"topic", std::move(message.topic)}})
      .Add();
  co_return Status();
}

}  // namespace vedette::monitor
