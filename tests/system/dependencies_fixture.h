// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>

#include "base/clock.h"
#include "kit/testing/eventually.h"
#include "kit/testing/redis.h"
#include "kit/testing/tcp_gate.h"
#include "system/database_url.h"
#include "system/fleet.h"
#include "system/study.h"

namespace vedette::system_test {

// How soon all is well again. With VEDETTE_STRICT_TIMES set, on a quiet machine, what the documents
// promise; else the bound of a failing test, for how fast a machine is says nothing of the program.
inline std::chrono::seconds PromisedRecovery() {
  return std::chrono::seconds(std::getenv("VEDETTE_STRICT_TIMES") != nullptr ? 5 : 60);
}

inline constexpr char kStudyPath[] = "/api/v1/studies/S1";

// A whole system, "gateway1", that reaches PostgreSQL and Redis through gates.
class DependenciesTest : public testing::Test {
 protected:
  // `database_url`, if given, is used in place of a database of the shared server.
  explicit DependenciesTest(const std::string& database_url = {})
      : database_url_(database_url.empty() ? fleet_.database_url() : database_url),
        postgres_(AddressIn(database_url_)) {
    fleet_.Add("gateway1", "identity,trial,subject,rule,monitor,gateway");
    fleet_.Set("gateway1", "database.url=" + Through(database_url_, postgres_.address()));
    fleet_.Set("gateway1", "redis.url=redis://" + redis_.address());
    fleet_.Start();
    token_ = fleet_.Token();
    SetUpStudy(fleet_, token_);
  }

  RestAnswer Write() {
    const RestAnswer answer = fleet_.Rest(
        "POST", kEvents, Reading("701-001", 150, "k" + std::to_string(attempted_++)), token_);
    if (answer.status == 200) ++acknowledged_;
    return answer;
  }
  RestAnswer Get(const std::string& target) { return fleet_.Rest("GET", target, {}, token_); }

  // Whether `condition` comes true within the time that is promised.
  static bool Recovers(const std::function<bool()>& condition) {
    const SystemClock clock;
    const SteadyTime begin = clock.SteadyNow();
    const bool recovered = testkit::Eventually(condition, PromisedRecovery());
    using Milliseconds = std::chrono::milliseconds;
    const auto took = std::chrono::duration_cast<Milliseconds>(clock.SteadyNow() - begin);
    std::cout << "recovered after " << took.count() << " ms\n";
    return recovered;
  }

  // What a refused write may be: not now, or not in time.
  static bool IsRefusal(int status) { return status == 503 || status == 504 || status == 429; }
  static bool IsCleanRefusal(const RestAnswer& answer) {
    return IsRefusal(answer.status) && answer.content_type.starts_with("application/problem+json");
  }

  // Keys of refused writes may be there or not; those acknowledged must be.
  void ExpectNothingLost() {
    RestAnswer summary;
    ASSERT_TRUE(Recovers([&] {
      summary = Get(kSummary);
      return summary.status == 200;
    })) << summary.body;
    const int events = std::stoi(JsonAt(summary.body, "/events"));
    EXPECT_GE(events, acknowledged_);
    EXPECT_LE(events, attempted_);
  }

  // Whether it serves again as if nothing had been, within the time that is promised: the breakers
  // let the first calls through one by one.
  bool RecoversWholly() {
    return Recovers([&] {
      for (int i = 0; i < 5; ++i) {
        if (Write().status != 200 || Get(kStudyPath).status != 200 || Get(kAlerts).status != 200) {
          return false;
        }
      }
      return true;
    });
  }

  void ExpectServing() {
    EXPECT_EQ(Write().status, 200);
    EXPECT_EQ(Get(kStudyPath).status, 200);
    EXPECT_EQ(Get(kAlerts).status, 200);
  }

  // What needs no database.
  void ExpectOthersServed() {
    EXPECT_EQ(Get("/healthz").status, 200);
    EXPECT_EQ(Get("/api/v1/identity/keys").status, 200);
    EXPECT_EQ(Get("/api/openapi.json").status, 200);
  }

  testkit::RedisServer redis_server_;
  testkit::TcpGate redis_{redis_server_.address()};
  Fleet fleet_{{"database.statement_timeout=3s", "ingress.limits.interactive_rate=0",
                "ingress.limits.capture_rate=0"}};
  const std::string database_url_;
  testkit::TcpGate postgres_;
  std::string token_;
  int attempted_ = 0;
  int acknowledged_ = 0;
};

}  // namespace vedette::system_test
