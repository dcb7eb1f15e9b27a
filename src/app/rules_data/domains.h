// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/rules_data/study_builder.h"
#include "base/result.h"

namespace vedette::app::rules_data {

// Each reads its domains of `folder` into the builder; domains that are not there are passed over.

// DM, and DS for the status. kNotFound without DM.
Status ReadSubjects(const std::string& folder, StudyBuilder& builder);
// VS, LB, EG and QS: a series a test.
Status ReadFindings(const std::string& folder, StudyBuilder& builder);
// AE, CM, EX, DS and MH: rows.
Status ReadForms(const std::string& folder, StudyBuilder& builder);
// TV and SV.
Status ReadVisits(const std::string& folder, const SdtmOptions& options, StudyBuilder& builder);

}  // namespace vedette::app::rules_data
