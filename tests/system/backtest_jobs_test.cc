// SPDX-License-Identifier: Apache-2.0
// Back-tests over several processes of rule: whichever of them stops, dies or starts, a back-test
// ends once, and only as somebody wanted it to.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "kit/testing/eventually.h"
#include "system/fleet.h"
#include "system/study.h"

namespace vedette::system_test {
namespace {

constexpr char kRule[] = "/api/v1/studies/S1/rules/LIMIT";
constexpr std::chrono::seconds kPatience(240);

// A connection of the test's own to the system's database.
class Session {
 public:
  explicit Session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}
  ~Session() { PQfinish(connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The first value of what a statement answers; empty when it answers none.
  std::string Ask(const std::string& statement) {
    PGresult* result = PQexec(connection_, statement.c_str());
    const ExecStatusType status = PQresultStatus(result);
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    std::string value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    if (!good) throw std::runtime_error(PQerrorMessage(connection_));
    return value;
  }

 private:
  PGconn* const connection_;
};

// While it is there, the log of the events cannot be read, so that a back-test takes as long.
class LogLock {
 public:
  explicit LogLock(const std::string& url) : session_(url) {
    session_.Ask("BEGIN");
    session_.Ask("LOCK TABLE monitor.monitor_event IN ACCESS EXCLUSIVE MODE");
  }

 private:
  Session session_;
};

class BacktestJobsTest : public testing::Test {
 protected:
  // `claim`: after which the back-tests of a process that is gone are taken over.
  void Begin(const std::string& claim) {
    fleet_ = std::make_unique<Fleet>(std::vector<std::string>{"rule.backtest_claim=" + claim});
    fleet_->AddRoles();
    fleet_->Start();
    token_ = fleet_->Token();
    SetUpStudy(*fleet_, token_);
    Must("POST", kEvents, Reading("701-001", 152, "k1"));
    Must("POST", "/api/v1/studies/S1/rules", R"({"ruleId":"LIMIT","name":"Limit",
      "condition":{"item":"SYSBP","comparison":"GREATER_THAN","threshold":150,"unit":"mmHg"},
      "severity":"INFO","message":"{value}"})");
    session_ = std::make_unique<Session>(fleet_->database_url());
    lock_ = std::make_unique<LogLock>(fleet_->database_url());
    id_ = JsonAt(Must("POST", "/api/v1/studies/S1/backtests", R"({"ruleId":"LIMIT"})"), "/id");
    if (!testkit::Eventually([&] { return Jobs("state = 1") == "1"; }, kPatience)) {
      throw std::runtime_error("nobody runs the back-test");
    }
  }
  // A second rule, and a gateway that asks it alone.
  void StartSecond() {
    fleet_->Add("rule2", "rule");
    fleet_->StartOne("rule2");
    fleet_->Add("gateway2", "gateway");
    fleet_->Set("gateway2", "peers.rule=" + fleet_->rpc_address("rule2"));
    fleet_->StartOne("gateway2");
    gateway_ = "gateway2";
  }

  RestAnswer Call(const std::string& method,
                  const std::string& path,
                  const std::string& body = {}) {
    return fleet_->RestAt(fleet_->http_port(gateway_), method, path, body, token_);
  }
  std::string Must(const std::string& method,
                   const std::string& path,
                   const std::string& body = {}) {
    const RestAnswer answer = Call(method, path, body);
    if (answer.status / 100 != 2) throw std::runtime_error(path + " " + answer.body);
    return answer.body;
  }
  std::string path() const { return "/api/v1/studies/S1/backtests/" + id_; }
  std::string Jobs(const std::string& condition) {
    return session_->Ask("SELECT COUNT(*) FROM rule.vedette_job WHERE " + condition);
  }

  // How it ended; a call may fail while the gateway learns who is gone.
  std::string Ended() {
    std::string last;
    EXPECT_TRUE(testkit::Eventually(
        [&] {
          const RestAnswer answer = Call("GET", path());
          last = answer.body;
          return answer.status == 200 && JsonAt(answer.body, "/endedAt") != "0";
        },
        kPatience))
        << last << fleet_->Logs();
    return last;
  }
  void ExpectDoneOnce() {
    const std::string ended = Ended();
    EXPECT_EQ(JsonAt(ended, "/status"), "done") << ended;
    EXPECT_EQ(JsonAt(ended, "/records"), "1");
    EXPECT_EQ(JsonSize(ended, "/byDay"), 1U);
    EXPECT_EQ(JsonAt(Must("GET", std::string(kRule) + "/versions/1"), "/backtestId"), id_);
    EXPECT_EQ(Jobs("TRUE"), "0");
  }

  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<LogLock> lock_;
  std::string gateway_ = "gateway1";
  std::string token_;
  std::string id_;
};

TEST_F(BacktestJobsTest, OneWhoseProcessIsKilledIsFinishedByAnother) {
  Begin("10s");
  StartSecond();
  const std::string standing = Must("GET", path());
  EXPECT_EQ(JsonAt(standing, "/endedAt"), "0") << "who starts ends nothing: " << standing;
  fleet_->KillOne("rule1");
  lock_.reset();
  ExpectDoneOnce();
  const std::string done = R"(vedette_job_runs_total{kind="backtest",outcome="done")";
  EXPECT_TRUE(testkit::Eventually([&] { return fleet_->Metric("rule2", done) == 1; }));
}

TEST_F(BacktestJobsTest, OneWhoseProcessIsKilledIsFinishedWhenThatRunsAgain) {
  Begin("10s");
  fleet_->KillOne("rule1");
  lock_.reset();
  fleet_->StartOne("rule1");
  ExpectDoneOnce();
}

TEST_F(BacktestJobsTest, AProcessThatStopsHandsItOnAtOnce) {
  Begin("1h");  // whose claim would run out much later than this test has patience
  StartSecond();
  EXPECT_EQ(fleet_->StopOne("rule1"), 0);
  lock_.reset();
  ExpectDoneOnce();
}

TEST_F(BacktestJobsTest, CancelIsAskedOfAnyProcess) {
  Begin("1h");
  StartSecond();
  Must("POST", path() + ":cancel", "{}");
  EXPECT_EQ(JsonAt(Ended(), "/status"), "cancelled");
  EXPECT_EQ(JsonAt(Must("GET", std::string(kRule) + "/versions/1"), "/backtestId"), "");
  EXPECT_TRUE(testkit::Eventually([&] { return Jobs("TRUE") == "0"; }));
}

}  // namespace
}  // namespace vedette::system_test
