// SPDX-License-Identifier: Apache-2.0
#include "kit/db/governor.h"

#include <gtest/gtest.h>

#include "kit/db/db_test_support.h"
#include "kit/db/open.h"
#include "kit/testing/eventually.h"
#include "kit/testing/recording_tracer.h"

namespace vedette::db {
namespace {

using namespace std::chrono_literals;

// §6: SQLSTATE class 23, 22 and serialization failures are no failures of the database.
TEST(GovernorTest, OnlyALostOrLateDatabaseFails) {
  const auto outcome = [](Code code) {
    const Error error{code, ""};
    return OutcomeOfStatement(&error);
  };
  EXPECT_EQ(OutcomeOfStatement(nullptr), Outcome::kSuccess);
  EXPECT_EQ(outcome(Code::kUnavailable), Outcome::kFailure);
  EXPECT_EQ(outcome(Code::kDeadlineExceeded), Outcome::kFailure);
  EXPECT_EQ(outcome(Code::kCancelled), Outcome::kNeither);
  EXPECT_EQ(outcome(Code::kResourceExhausted), Outcome::kNeither);
  for (const Code code : {Code::kAlreadyExists, Code::kFailedPrecondition, Code::kConflict,
                          Code::kInvalidArgument, Code::kPayloadTooLarge, Code::kInternal}) {
    EXPECT_EQ(outcome(code), Outcome::kSuccess);
  }
}

TEST(GovernorTest, SlowStatementsAreCountedAndTheLast32Kept) {
  MetricsRegistry metrics;
  Governor governor("trial", {.slow_statement = 500ms}, &metrics);
  governor.Observe("quick", 500ms);
  for (int i = 0; i < 40; ++i) governor.Observe("slow", 501ms + i * 1ms);
  DatabaseState state;
  governor.Fill(&state);
  EXPECT_EQ(state.service, "trial");
  EXPECT_EQ(state.slow_count, 40U);
  ASSERT_EQ(state.slow.size(), 32U);
  EXPECT_EQ(state.slow.front().name, "slow");
  EXPECT_EQ(state.slow.front().duration, 540ms);
  EXPECT_EQ(state.slow.back().duration, 509ms);
  EXPECT_NE(metrics.Expose().find(
                R"(vedette_db_slow_statements_total{service="trial",statement="slow"} 40)"),
            std::string::npos);
}

TEST(GovernorTest, NoSpanWithoutATrace) {
  RecordingTracer tracer;
  Governor governor("trial", {.tracer = &tracer}, nullptr);
  {
    const Span span = governor.Start("none", TraceContext());
  }
  EXPECT_TRUE(tracer.entries().empty());
  {
    const Span span = governor.Start("some", TraceContext().Child());
  }
  EXPECT_EQ(tracer.Count("some"), 1U);
}

class GovernedDatabaseTest : public ThingTest {
 protected:
  ~GovernedDatabaseTest() override {
    if (traced_) runtime_.RunBlocking([this] { return traced_->Close(); });
  }
  // The test's database once more, with spans.
  Database& Traced() {
    DatabaseConfig config;
    config.url = database_.url();
    traced_ = Await<Result<std::unique_ptr<Database>>>(runtime_, [&] {
                return Open(config, database_.service(), runtime_, Logger(), metrics_, &tracer_);
              }).value();
    return *traced_;
  }

  MetricsRegistry metrics_;
  RecordingTracer tracer_;
  std::unique_ptr<Database> traced_;
};

TEST_P(GovernedDatabaseTest, ConstraintViolationsNeverOpenTheBreaker) {
  ASSERT_TRUE(Query(kInsertThing, Thing(1)));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Query(kInsertThing, Thing(1)).error().code, Code::kAlreadyExists);
  }
  const DatabaseState state = database_->Snapshot();
  ASSERT_TRUE(state.breaker);
  EXPECT_EQ(state.breaker->failed, 0);
  EXPECT_EQ(state.breaker->refused, 0);
  EXPECT_EQ(state.waiting, 0);
  EXPECT_GT(state.connections, 0);
  EXPECT_EQ(state.dialect, GetParam() == testkit::DatabaseKind::kSqlite ? "sqlite" : "postgres");
  // An answer comes before its connection is given back.
  EXPECT_TRUE(testkit::Eventually([&] { return database_->Snapshot().running == 0; }));
}

Task<Status> InsertIn(Database* database, Deadline deadline) {
  VEDETTE_CO_TRY(const auto transaction, co_await database->BeginWrite(deadline));
  VEDETTE_CO_CHECK_OK(co_await transaction->Query(kInsertThing, Thing(7)));
  co_return co_await transaction->Commit();
}

TEST_P(GovernedDatabaseTest, EachStatementIsASpanOfItsNameUnderTheDeadlinesTrace) {
  Database& database = Traced();
  const TraceContext parent = TraceContext().Child();
  const Deadline deadline = Later().Within(parent);
  ASSERT_TRUE(Run(InsertIn(&database, deadline)));
  EXPECT_FALSE(Run(database.Query(deadline, kInsertThing, Thing(7))));
  std::vector<std::string> names;
  for (const auto& span : tracer_.entries()) {
    names.push_back(span.name);
    EXPECT_EQ(span.kind, SpanKind::kClient);
    EXPECT_EQ(span.context.trace_id, parent.trace_id);
    EXPECT_EQ(span.parent_span_id, parent.span_id);
    EXPECT_EQ(span.attributes.size(), 1U);  // which database it is
    EXPECT_TRUE(span.attributes.contains("db.system"));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"begin", "thing_insert", "commit", "thing_insert"}));
  EXPECT_EQ(tracer_.entries().back().error, Code::kAlreadyExists);
}

VEDETTE_ON_BOTH_DATABASES(GovernedDatabaseTest);

}  // namespace
}  // namespace vedette::db
