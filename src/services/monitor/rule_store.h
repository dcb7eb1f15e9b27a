// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/monitor/rule_book.h"

namespace vedette::monitor {

// The replica of the rules and of what they are compiled with: a restart needs no other service.
// Thread-safe.
class RuleStore {
 public:
  explicit RuleStore(db::Database& database) : database_(database) {}

  Task<Result<std::vector<KnownRule>>> LoadRules(Deadline deadline);
  Task<Result<std::vector<CatalogSnapshot>>> LoadCatalogs(Deadline deadline);
  // Of a version that is there already, its period and its catalog change.
  Task<Status> PutRule(Deadline deadline, KnownRule rule);
  // A revision that is there stays as it is.
  Task<Status> PutCatalog(Deadline deadline, CatalogSnapshot catalog);

 private:
  db::Database& database_;
};

}  // namespace vedette::monitor
