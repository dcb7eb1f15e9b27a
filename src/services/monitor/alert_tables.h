// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "kit/queue/outbox.h"
#include "services/monitor/alert_types.h"
#include "services/monitor/detector.h"
#include "services/monitor/policy.h"

// The statements that write alerts, each inside the log writer's transaction.
namespace vedette::monitor {

// Writes down what was detected: alerts, where they stand, their trail, their evidence and the
// outbox. By position: whether an alert came to be, or came back.
// `recorded`: the events of the transaction, which need not be looked up.
Task<Result<std::vector<bool>>> WriteFindings(db::Transaction& transaction,
                                              Findings findings,
                                              std::vector<Recorded> recorded,
                                              queue::Outbox outbox,
                                              Timestamp now);

// What a person does with an alert.
struct ActionEntry {
  std::string study_id;
  Uuid alert_id;
  ActionRequest request;
  std::int64_t seen = 0;  // the change the person saw last; 0: not checked
  std::string actor;
  std::string signed_by;  // empty: not signed
};
// Decides by the policy on what stands in the table now. kConflict when the alert has changed since
// `seen`. The permission was checked before. The inner answer is the policy's, and has left nothing
// behind when it is a refusal.
Task<Result<Status>> WriteAction(db::Transaction& transaction, ActionEntry entry, Timestamp now);

}  // namespace vedette::monitor
