// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sql_state.h"

namespace vedette::db {

Code CodeOfSqlState(std::string_view sqlstate) {
  if (sqlstate == "23505") return Code::kAlreadyExists;                    // unique
  if (sqlstate == "40001" || sqlstate == "40P01") return Code::kConflict;  // deadlock
  if (sqlstate == "57014") return Code::kCancelled;
  if (sqlstate == "P0001") return Code::kFailedPrecondition;  // RAISE in a trigger
  const std::string_view group = sqlstate.substr(0, 2);
  if (group == "23") return Code::kFailedPrecondition;  // constraints
  if (group == "22") return Code::kInvalidArgument;     // data
  if (group == "54") return Code::kPayloadTooLarge;     // program limits
  if (group == "08" || group == "53" || group == "57" || group == "58") {
    return Code::kUnavailable;  // connection, resources, operator, system
  }
  return Code::kInternal;
}

}  // namespace vedette::db
