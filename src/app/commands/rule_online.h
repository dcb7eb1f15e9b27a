// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/command_line.h"
#include "base/clock.h"
#include "base/result.h"

namespace vedette::app {

// `vedette rule ACTION --study ID …`: the same work on the rules that a running system keeps. 0:
// all is well; 1: there are findings, or a back-test was cancelled.
Result<int> RunOnlineRuleCommand(const Arguments& arguments, const Clock& clock);

}  // namespace vedette::app
