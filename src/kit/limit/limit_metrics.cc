// SPDX-License-Identifier: Apache-2.0
#include "kit/limit/limit_metrics.h"

#include <string>

namespace vedette {
namespace {

Counter* Get(MetricsRegistry* registry, std::string_view store, std::string_view decision) {
  if (registry == nullptr) return nullptr;
  return &registry->GetCounter(
      "vedette_limit_decisions_total", "Calls that budgets granted and refused.",
      {{"decision", std::string(decision)}, {"store", std::string(store)}});
}

}  // namespace

LimitMetrics::LimitMetrics(MetricsRegistry* registry, std::string_view store)
    : allowed_(Get(registry, store, "allowed")), refused_(Get(registry, store, "refused")) {}

void LimitMetrics::Count(bool allowed) {
  Counter* const counter = allowed ? allowed_ : refused_;
  if (counter != nullptr) counter->Add();
}

}  // namespace vedette
