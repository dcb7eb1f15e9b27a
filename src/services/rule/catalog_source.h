// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "rules/catalog.h"

namespace vedette::trial::v1 {
class TrialApi;
}

namespace vedette::rule {

// Where what a study's rules may name comes from.
class CatalogSource {
 public:
  virtual ~CatalogSource() = default;
  virtual Task<Result<std::shared_ptr<const rules::Catalog>>> Load(CallContext context,
                                                                   std::string study_id) = 0;
};

// Reads items and design from the trial service at each call: rules are written rarely, and against
// what the study is at that moment.
std::unique_ptr<CatalogSource> MakeTrialCatalogs(trial::v1::TrialApi& trial);

}  // namespace vedette::rule
