// SPDX-License-Identifier: Apache-2.0
#include "base/code.h"

#include <gtest/gtest.h>

#include <set>

namespace vedette {
namespace {

TEST(CodeTest, EveryCodeComesBackFromItsGrpcStatusAndName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCodeCount; ++i) {
    const CodeEntry& entry = Describe(static_cast<Code>(i));
    EXPECT_EQ(CodeFromGrpc(entry.grpc_status, entry.name), entry.code) << entry.name;
    EXPECT_EQ(CodeFromName(entry.name), entry.code);
    EXPECT_GE(entry.http_status, 400);
    EXPECT_LE(entry.http_status, 599);
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
  }
}

TEST(CodeTest, ForeignServersAreUnderstoodWithoutAName) {
  EXPECT_EQ(CodeFromGrpc(8), Code::kResourceExhausted);
  EXPECT_EQ(CodeFromGrpc(5), Code::kNotFound);
  EXPECT_EQ(CodeFromGrpc(2), Code::kInternal);  // UNKNOWN
  EXPECT_EQ(CodeFromGrpc(99), Code::kInternal);
}

TEST(CodeTest, ANameOfAnotherStatusIsIgnored) {
  EXPECT_EQ(CodeFromGrpc(5, "UNAVAILABLE"), Code::kNotFound);
}

}  // namespace
}  // namespace vedette
