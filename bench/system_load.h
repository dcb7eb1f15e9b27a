// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "http_load.h"
#include "system/system.h"

namespace vedette::bench {

// A study with one site, `subjects` subjects (S-0001 …), the items SYSBP and DIABP, and the active
// rule SYSBP > 140 mmHg. Answers an administrator's token.
std::string SetUpLoadStudy(system_test::System& system, int subjects);

inline constexpr char kLoadEvents[] = "/api/v1/studies/LOAD/events";
inline constexpr char kLoadAlerts[] = "/api/monitor/projects/LOAD/alerts";

// Requests that record single events: event `index` is of subject index modulo `subjects`; one in
// `alert_every` is over the threshold. Its time is the moment of sending, in microseconds. `run`
// makes the keys of one measurement differ from those of another.
RequestFactory SingleEvents(std::string token, int subjects, int alert_every, std::string run);

// Median of several measurements.
double Median(std::vector<double> values);

}  // namespace vedette::bench
