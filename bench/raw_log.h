// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kit/testing/databases.h"

namespace vedette::bench {

// The limit that ingest is held against: `clients` coroutines that each insert one event of the
// monitor's table after the other through a group commit, without HTTP, checks or rules. Events a
// second over `seconds`.
double RawGroupCommit(testkit::DatabaseKind kind, int clients, double seconds);

}  // namespace vedette::bench
