// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/subject/v1/subject.vedette.h>

#include <memory>

#include "services/subject/logic.h"

namespace vedette::subject {

// The contract over the logic: translates, decides nothing. `logic` must outlive it.
std::unique_ptr<v1::SubjectApi> MakeSubjectApi(SubjectLogic& logic);

}  // namespace vedette::subject
