// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/client_metrics.h"

#include <utility>

namespace vedette::rpc {
namespace {

Counter& Count(MetricsRegistry& metrics,
               std::string_view name,
               std::string_view help,
               const std::string& label) {
  return metrics.GetCounter(name, help, {{"method", label}});
}

}  // namespace

ClientMetrics::ClientMetrics(std::string label, MetricsRegistry& metrics)
    : attempts(Count(metrics,
                     "vedette_rpc_client_attempts_total",
                     "Requests sent for calls to other processes.",
                     label)),
      retries(Count(metrics,
                    "vedette_rpc_client_retries_total",
                    "Attempts made because one before failed.",
                    label)),
      hedges(Count(metrics,
                   "vedette_rpc_client_hedges_total",
                   "Attempts made because one before was slow.",
                   label)),
      fallbacks(Count(metrics,
                      "vedette_rpc_client_fallbacks_total",
                      "Calls answered by an earlier answer, as nobody answered.",
                      label)),
      label_(std::move(label)),
      metrics_(metrics),
      seconds_(metrics.GetHistogram("vedette_rpc_client_seconds",
                                    "Time of calls to other processes, retries included.",
                                    LatencyBuckets(),
                                    {{"method", label_}})) {}

Counter& ClientMetrics::Calls(std::size_t slot, std::string_view code) {
  Counter* counter = calls_[slot].load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &metrics_.GetCounter("vedette_rpc_client_calls_total",
                                   "Calls to other processes by their outcome.",
                                   {{"method", label_}, {"code", std::string(code)}});
    calls_[slot].store(counter, std::memory_order_release);
  }
  return *counter;
}

void ClientMetrics::Account(const Error* error, std::chrono::nanoseconds duration) {
  const std::size_t slot = error == nullptr ? kCodeCount : static_cast<std::size_t>(error->code);
  Calls(slot, error == nullptr ? "OK" : Describe(error->code).name).Add();
  seconds_.Observe(std::chrono::duration<double>(duration).count());
}

}  // namespace vedette::rpc
