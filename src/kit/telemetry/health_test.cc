// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/health.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace vedette {
namespace {

TEST(HealthTest, AliveFromTheStart) {
  const HealthRegistry health;
  EXPECT_TRUE(health.Live().ok);
  EXPECT_EQ(health.Live().body, R"({"status":"ok"})");
}

TEST(HealthTest, ReadyBetweenStartAndStop) {
  HealthRegistry health;
  EXPECT_FALSE(health.Ready().ok);
  EXPECT_EQ(health.Ready().body, R"({"status":"starting","checks":{}})");
  health.SetServing();
  EXPECT_TRUE(health.Ready().ok);
  EXPECT_EQ(health.Ready().body, R"({"status":"ready","checks":{}})");
  health.SetStopping();
  EXPECT_FALSE(health.Ready().ok);
  EXPECT_EQ(health.Ready().body, R"({"status":"stopping","checks":{}})");
}

TEST(HealthTest, AStopDuringTheStartStays) {
  HealthRegistry health;
  health.SetStopping();
  health.SetServing();
  EXPECT_FALSE(health.Ready().ok);
}

TEST(HealthTest, OneFailedCheckIsEnough) {
  HealthRegistry health;
  bool away = true;
  health.AddCheck("monitor", [] { return Status(); });
  health.AddCheck("identity", [&]() -> Status {
    if (away) return Fail(Code::kUnavailable, "the \"store\" is away");
    return {};
  });
  health.SetServing();
  EXPECT_FALSE(health.Ready().ok);
  EXPECT_EQ(health.Ready().body,
            R"({"status":"unready","checks":{"monitor":"ok","identity":"the \"store\" is away"}})");
  away = false;
  EXPECT_TRUE(health.Ready().ok);
}

TEST(HealthTest, ACheckThatThrowsHasFailed) {
  HealthRegistry health;
  health.AddCheck("a", []() -> Status { throw std::runtime_error("internal detail"); });
  health.SetServing();
  EXPECT_FALSE(health.Ready().ok);
  EXPECT_EQ(health.Ready().body, R"({"status":"unready","checks":{"a":"the check failed"}})");
}

}  // namespace
}  // namespace vedette
