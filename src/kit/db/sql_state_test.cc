// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sql_state.h"

#include <gtest/gtest.h>

namespace vedette::db {
namespace {

TEST(SqlState, MeansWhatTheInterfacePromises) {
  EXPECT_EQ(CodeOfSqlState("23505"), Code::kAlreadyExists);
  EXPECT_EQ(CodeOfSqlState("23514"), Code::kFailedPrecondition);  // check
  EXPECT_EQ(CodeOfSqlState("23503"), Code::kFailedPrecondition);  // foreign key
  EXPECT_EQ(CodeOfSqlState("P0001"), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOfSqlState("40001"), Code::kConflict);
  EXPECT_EQ(CodeOfSqlState("22021"), Code::kInvalidArgument);  // not UTF-8
  EXPECT_EQ(CodeOfSqlState("57P01"), Code::kUnavailable);      // shutdown
  EXPECT_EQ(CodeOfSqlState("53300"), Code::kUnavailable);      // too many connections
  EXPECT_EQ(CodeOfSqlState("42601"), Code::kInternal);         // syntax
  EXPECT_EQ(CodeOfSqlState(""), Code::kInternal);
}

}  // namespace
}  // namespace vedette::db
