// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kit/rpc/ingress.h"

namespace vedette::rpc {

// LimitOptions, read.
struct LimitTable {
  LimitOptions options;
  std::map<std::string, RateLimit, std::less<>> operations;  // by label

  // Of a caller with a token.
  const RateLimit& Of(RateClass rate_class) const;
  // Null: the operation has no budget of its own.
  const RateLimit* OfOperation(std::string_view label) const;
};

// kInvalidArgument for a budget with a rate but no burst, or an entry of `operations` that is not
// "<label>=<rate>/<burst>".
Result<LimitTable> ReadLimits(LimitOptions options);

// Whole calls and seconds, rounded so that a client who keeps to them is not refused.
BudgetReport MakeReport(std::string_view policy,
                        const RateLimit& limit,
                        const LimitDecision& decision);

}  // namespace vedette::rpc
