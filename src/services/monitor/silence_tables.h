// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/monitor/alert_types.h"

namespace vedette::monitor {

struct EndedSilence {
  std::string study_id;
  Uuid id;
  Timestamp at{};
  std::string by;
};

Task<Status> InsertSilence(db::Transaction& transaction, Silence silence);
// One that has ended stays as it is. The inner answer is kNotFound when the study has none of that
// id.
Task<Result<Status>> EndSilence(db::Transaction& transaction, EndedSilence ended);
// The latest first; those that are over for at most 30 days with them.
Task<Result<std::vector<Silence>>> ReadSilences(db::Database& database,
                                                Deadline deadline,
                                                std::string study_id,
                                                Timestamp now);

}  // namespace vedette::monitor
