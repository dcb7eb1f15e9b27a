// SPDX-License-Identifier: Apache-2.0
#include "kit/db/query_metrics.h"

#include <mutex>
#include <utility>

namespace vedette::db {

QueryMetrics::QueryMetrics(MetricsRegistry* registry, std::string service)
    : registry_(registry), service_(std::move(service)) {
  if (registry_ == nullptr) return;
  waiting_ = &registry_->GetGauge("vedette_db_waiting",
                                  "Statements and transactions that wait for a connection.",
                                  {{"service", service_}});
  running_ = &registry_->GetGauge("vedette_db_running",
                                  "Statements and transactions that hold a connection.",
                                  {{"service", service_}});
}

void QueryMetrics::Observe(std::string_view statement, double seconds) {
  if (registry_ == nullptr) return;
  Histogram* histogram = nullptr;
  {
    const std::shared_lock lock(mutex_);
    const auto found = statements_.find(statement);
    if (found != statements_.end()) histogram = found->second;
  }
  if (histogram == nullptr) {
    histogram = &registry_->GetHistogram(
        "vedette_db_query_seconds", "Time of a statement, from asking to the answer.",
        LatencyBuckets(), {{"service", service_}, {"statement", std::string(statement)}});
    const std::lock_guard lock(mutex_);
    statements_.emplace(statement, histogram);
  }
  histogram->Observe(seconds);
}

void QueryMetrics::Count(Code code) {
  if (registry_ == nullptr) return;
  registry_
      ->GetCounter("vedette_db_errors_total", "Statements that failed, by reason.",
                   {{"service", service_}, {"code", std::string(Describe(code).name)}})
      .Add();
}

void QueryMetrics::Waiting(double change) {
  waiting_now_ += static_cast<std::int64_t>(change);
  if (waiting_ != nullptr) waiting_->Add(change);
}

void QueryMetrics::Running(double change) {
  running_now_ += static_cast<std::int64_t>(change);
  if (running_ != nullptr) running_->Add(change);
}

}  // namespace vedette::db
