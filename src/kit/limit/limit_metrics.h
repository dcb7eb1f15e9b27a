// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kit/telemetry/metrics.h"

namespace vedette {

// How often budgets of one kind of store granted and refused. Without a registry it does nothing.
class LimitMetrics {
 public:
  // `store` is "local", "redis" or "rescue".
  LimitMetrics(MetricsRegistry* registry, std::string_view store);
  void Count(bool allowed);

 private:
  Counter* allowed_ = nullptr;
  Counter* refused_ = nullptr;
};

}  // namespace vedette
