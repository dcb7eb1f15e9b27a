// SPDX-License-Identifier: Apache-2.0
// The network between the program and PostgreSQL fails; the program stays.
#include <gtest/gtest.h>

#include <string>

#include "kit/db/db_test_support.h"
#include "kit/db/open.h"
#include "kit/task/sleep.h"
#include "kit/testing/postgres.h"
#include "kit/testing/tcp_gate.h"

namespace vedette::db {
namespace {

using namespace std::chrono_literals;

constexpr Sql kOne("one", "SELECT 1");
constexpr Sql kSleep("sleep", "SELECT pg_sleep(600)");
constexpr Sql kSleepers("sleepers",
                        "SELECT COUNT(*) FROM pg_stat_activity "
                        "WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'");

// Host, port and the rest of postgres://user@host:port/database.
struct Address {
  explicit Address(const std::string& url) {
    const std::size_t at = url.find('@');
    const std::size_t begin = at == std::string::npos ? url.find("//") + 2 : at + 1;
    const std::size_t end = url.find('/', begin);
    before = url.substr(0, begin);
    host = url.substr(begin, end - begin);
    after = url.substr(end);
  }
  std::string before;
  std::string host;
  std::string after;
};

class PostgresGateTest : public testing::Test {
 protected:
  PostgresGateTest() {
    DatabaseConfig direct;
    direct.url = server_.url();
    direct_ = OpenDatabase(direct);
    DatabaseConfig gated;
    gated.url = address_.before + gate_.address() + address_.after;
    database_ = OpenDatabase(gated);
  }
  ~PostgresGateTest() override {
    gate_.Open();
    for (Database* database : {database_.get(), direct_.get()}) {
      runtime_.RunBlocking([&] { return database->Close(); });
    }
  }

  std::unique_ptr<Database> OpenDatabase(const DatabaseConfig& config) {
    return Await<Result<std::unique_ptr<Database>>>(
               runtime_, [&] { return Open(config, "gated", runtime_, Logger(), metrics_); })
        .value();
  }
  Result<Rows> Query(Database& database, Sql sql, Deadline deadline = Later()) {
    return Await<Result<Rows>>(runtime_, [&] { return database.Query(deadline, sql); });
  }
  Code CodeOf(Sql sql, Deadline deadline) {
    const auto rows = Query(*database_, sql, deadline);
    EXPECT_FALSE(rows);
    return rows ? Code::kInternal : rows.error().code;
  }
  bool Eventually(const std::function<bool()>& condition) {
    const SteadyTime end = clock_.SteadyNow() + 30s;
    while (!condition()) {
      if (clock_.SteadyNow() > end) return false;
      runtime_.RunBlocking([] { return SleepFor(5ms); });
    }
    return true;
  }
  // Of the breaker, since the beginning.
  std::uint64_t Calls(const std::string& how) {
    return metrics_
        .GetCounter("vedette_breaker_" + how + "_total", "",
                    {{"kind", "database"}, {"name", "gated"}})
        .Value();
  }
  bool Recovers() {
    return Eventually([this] { return Query(*database_, kOne).has_value(); });
  }

  const SystemClock clock_;
  testkit::PostgresServer server_;
  const Address address_{server_.url()};
  testkit::TcpGate gate_{address_.host};
  Runtime runtime_{2};
  MetricsRegistry metrics_;
  std::unique_ptr<Database> direct_;
  std::unique_ptr<Database> database_;
};

TEST_F(PostgresGateTest, WhileItIsCutOffCallsAreRefusedAtOnceAndThenItRecoversByItself) {
  ASSERT_TRUE(Query(*database_, kOne));
  gate_.Cut();
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(CodeOf(kOne, Deadline::After(clock_, 20s)), Code::kUnavailable);
  }
  EXPECT_GT(Calls("failed"), 0U);
  EXPECT_GT(Calls("refused"), 50U) << "the breaker stood in front of the pool";
  // Others are not concerned.
  EXPECT_TRUE(Query(*direct_, kOne));
  gate_.Open();
  EXPECT_TRUE(Recovers());
}

TEST_F(PostgresGateTest, WhileItHangsTheDeadlineHolds) {
  ASSERT_TRUE(Query(*database_, kOne));
  gate_.Hang();
  for (int i = 0; i < 3; ++i) {
    const Code code = CodeOf(kOne, Deadline::After(clock_, 100ms));
    EXPECT_TRUE(code == Code::kDeadlineExceeded || code == Code::kUnavailable);
  }
  EXPECT_GT(Calls("failed"), 0U);
  gate_.Open();
  EXPECT_TRUE(Recovers());
}

TEST_F(PostgresGateTest, AtTheDeadlineTheStatementIsCancelledInTheServerOverASlowNetworkToo) {
  gate_.Delay(20ms);
  EXPECT_TRUE(Query(*database_, kOne));
  EXPECT_EQ(CodeOf(kSleep, Deadline::After(clock_, 800ms)), Code::kDeadlineExceeded);
  EXPECT_TRUE(Eventually([this] { return Query(*direct_, kSleepers).value()[0].Int(0) == 0; }));
  gate_.Open();
  EXPECT_TRUE(Recovers());
}

}  // namespace
}  // namespace vedette::db
