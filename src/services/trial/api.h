// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/trial/v1/trial.vedette.h>

#include <memory>

#include "services/trial/logic.h"

namespace vedette::trial {

// The contract over the logic: translates, decides nothing. `logic` must outlive it.
std::unique_ptr<v1::TrialApi> MakeTrialApi(TrialLogic& logic);

}  // namespace vedette::trial
