// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/trial/v1/trial.vedette.h>

#include <memory>

#include "services/subject/logic.h"

namespace vedette::subject {

// The sites of a study, asked of trial in subject's own name: whoever may enrol at a site need not
// be allowed to read the study. `trial` must outlive it.
std::unique_ptr<StudySites> MakeTrialSites(trial::v1::TrialApi& trial);

}  // namespace vedette::subject
