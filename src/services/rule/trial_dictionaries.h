// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "services/rule/logic.h"

namespace vedette::trial::v1 {
class TrialApi;
}

namespace vedette::rule {

// Reads the dictionary from the trial service at each call: rules are written rarely, and against
// what is true now. `trial` must outlive it.
std::unique_ptr<DictionarySource> MakeTrialDictionaries(trial::v1::TrialApi& trial);

}  // namespace vedette::rule
