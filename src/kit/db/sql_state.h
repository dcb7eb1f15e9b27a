// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/code.h"

namespace vedette::db {

// What PostgreSQL's error code (its manual, appendix A) means to a caller. kCancelled for a
// cancelled statement, whoever cancelled it.
Code CodeOfSqlState(std::string_view sqlstate);

}  // namespace vedette::db
