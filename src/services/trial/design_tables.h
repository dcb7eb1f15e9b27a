// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "kit/db/database.h"
#include "services/trial/types.h"

namespace vedette::trial {

// A study's design as it is stored; empty when none was.
Task<Result<Design>> ReadDesign(db::Transaction& transaction, std::string study_id);

// Stores it in place of what is there.
Task<Status> WriteDesign(db::Transaction& transaction, std::string study_id, Design design);

}  // namespace vedette::trial
