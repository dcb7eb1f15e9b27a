// SPDX-License-Identifier: Apache-2.0
#include "kit/db/session_database.h"

#include <algorithm>
#include <utility>

namespace vedette::db {
namespace {

// A caller that leaves, by cancellation or destruction of its coroutine, stops its statement.
class AbandonUnlessDone {
 public:
  AbandonUnlessDone(std::shared_ptr<Session> session, std::shared_ptr<Job> job)
      : session_(std::move(session)), job_(std::move(job)) {}
  ~AbandonUnlessDone() {
    if (!job_->done.IsSet()) session_->Abandon();
  }
  AbandonUnlessDone(const AbandonUnlessDone&) = delete;
  AbandonUnlessDone& operator=(const AbandonUnlessDone&) = delete;

 private:
  const std::shared_ptr<Session> session_;
  const std::shared_ptr<Job> job_;
};

class SessionTransaction final : public Transaction {
 public:
  SessionTransaction(SessionDatabase& database,
                     std::shared_ptr<Session> session,
                     Breaker::Permit permit)
      : database_(database), session_(std::move(session)), permit_(std::move(permit)) {}
  ~SessionTransaction() override {
    permit_.End(unanswered_ ? Outcome::kNeither : Outcome::kSuccess);
    session_->End();
  }

  TraceContext trace() const override { return session_->deadline.trace; }

  // For the first answer that says something.
  void Judge(const Result<Rows>& rows) {
    unanswered_ = false;
    const Error* const error = rows ? nullptr : &rows.error();
    const Outcome outcome = OutcomeOfStatement(error);
    if (outcome == Outcome::kFailure) permit_.End(outcome, vedette::Describe(error->code).name);
    if (outcome == Outcome::kNeither) permit_.End(outcome);
  }

  Task<Result<Rows>> Query(Sql sql, Params params) override {
    auto job = std::make_shared<Job>(Job::Kind::kQuery, sql.name);
    job->text = sql.text;
    job->params = std::move(params);
    co_return co_await Run(std::move(job));
  }

  Task<Result<Rows>> Insert(BulkInsert insert) override {
    if (insert.rows.empty()) co_return Rows{};
    auto job = std::make_shared<Job>(Job::Kind::kInsert, insert.name);
    job->insert = std::move(insert);
    co_return co_await Run(std::move(job));
  }

  Task<Status> ExecuteScript(std::string_view name, std::string script) override {
    auto job = std::make_shared<Job>(Job::Kind::kScript, name);
    job->script = std::move(script);
    VEDETTE_CO_CHECK_OK(co_await Run(std::move(job)));
    co_return Status();
  }

  Task<Status> Savepoint() override {
    VEDETTE_CO_CHECK_OK(co_await Query(Sql("savepoint", "SAVEPOINT vedette"), {}));
    savepoint_ = true;
    co_return Status();
  }

  Task<Status> RollbackToSavepoint() override {
    if (!savepoint_) co_return Fail(Code::kInternal, "The transaction has no savepoint.");
    failed_ = false;
    VEDETTE_CO_CHECK_OK(
        co_await Query(Sql("rollback_to_savepoint", "ROLLBACK TO SAVEPOINT vedette"), {}));
    co_return Status();
  }

  Task<Status> Commit() override {
    VEDETTE_CO_CHECK_OK(co_await Run(std::make_shared<Job>(Job::Kind::kCommit, "commit")));
    failed_ = true;  // nothing may follow
    session_->End();
    Committed();
    co_return Status();
  }

 private:
  Task<Result<Rows>> Run(std::shared_ptr<Job> job) {
    if (failed_) co_return Fail(Code::kInternal, "The transaction is over.");
    failed_ = true;  // unless it answers
    unanswered_ = true;
    session_->Put(job);
    Result<Rows> rows = co_await database_.Finish(session_, std::move(job));
    failed_ = !rows.has_value();
    Judge(rows);
    co_return rows;
  }

  SessionDatabase& database_;
  const std::shared_ptr<Session> session_;
  Breaker::Permit permit_;
  bool failed_ = false;
  bool unanswered_ = false;  // the caller left while a statement ran
  bool savepoint_ = false;
};

}  // namespace

SessionDatabase::SessionDatabase(Timeouts timeouts,
                                 Governance governance,
                                 MetricsRegistry* registry,
                                 const std::string& service)
    : timeouts_(timeouts), metrics_(registry, service), governor_(service, governance, registry) {}

Task<Result<Rows>> SessionDatabase::Query(Deadline deadline, Sql sql, Params params) {
  Result<Breaker::Permit> permit = Allow();
  if (!permit) co_return std::unexpected(std::move(permit).error());
  auto session = std::make_shared<Session>(AccessOf(sql), WithDefault(deadline));
  auto job = std::make_shared<Job>(Job::Kind::kQuery, sql.name);
  job->text = sql.text;
  job->params = std::move(params);
  session->Put(job);
  session->End();
  bool served = false;
  Result<Rows> rows = co_await Enter(std::move(session), std::move(job), &served);
  const Error* const error = rows ? nullptr : &rows.error();
  permit->End(served ? OutcomeOfStatement(error) : Outcome::kNeither,
              error == nullptr ? std::string_view() : vedette::Describe(error->code).name);
  co_return rows;
}

Task<Result<std::unique_ptr<Transaction>>> SessionDatabase::BeginWrite(Deadline deadline) {
  co_return co_await Begin(Access::kWrite, deadline);
}

Task<Result<std::unique_ptr<Transaction>>> SessionDatabase::BeginRead(Deadline deadline) {
  co_return co_await Begin(Access::kRead, deadline);
}

Task<Result<std::unique_ptr<Transaction>>> SessionDatabase::Begin(Access access,
                                                                  Deadline deadline) {
  Result<Breaker::Permit> permit = Allow();
  if (!permit) co_return std::unexpected(std::move(permit).error());
  auto session = std::make_shared<Session>(access, WithDefault(deadline));
  auto transaction = std::make_unique<SessionTransaction>(*this, session, std::move(*permit));
  auto job = std::make_shared<Job>(Job::Kind::kBegin, "begin");
  session->Put(job);
  bool served = false;
  const Result<Rows> begun = co_await Enter(std::move(session), std::move(job), &served);
  if (!begun) {
    transaction->Judge(served ? begun : Fail(Code::kResourceExhausted, ""));
    co_return std::unexpected(begun.error());
  }
  co_return std::unique_ptr<Transaction>(std::move(transaction));
}

Task<Result<Rows>> SessionDatabase::Enter(std::shared_ptr<Session> session,
                                          std::shared_ptr<Job> job,
                                          bool* served) {
  const SteadyTime begin = clock_.SteadyNow();
  Span span = governor_.Start(job->name, session->deadline.trace);
  Result<Rows> result = co_await WaitInLane(std::move(session), job, served);
  Record(*job, begin, result, span);
  co_return result;
}

Task<Result<Rows>> SessionDatabase::Finish(std::shared_ptr<Session> session,
                                           std::shared_ptr<Job> job) {
  const SteadyTime begin = clock_.SteadyNow();
  Span span = governor_.Start(job->name, session->deadline.trace);
  Result<Rows> result = co_await WaitForAnswer(std::move(session), job);
  Record(*job, begin, result, span);
  co_return result;
}

Task<Result<Rows>> SessionDatabase::WaitInLane(std::shared_ptr<Session> session,
                                               std::shared_ptr<Job> job,
                                               bool* served) {
  if (session->deadline.Passed(clock_)) {
    co_return Fail(Code::kDeadlineExceeded, "The time for this request was over.");
  }
  Lane& lane = LaneFor(session->access);
  VEDETTE_CO_CHECK_OK(lane.Push(session));
  const AbandonUnlessDone guard(session, job);
  const Deadline acquire = session->deadline.Earlier(Deadline::After(clock_, timeouts_.acquire));
  if (!co_await job->done.WaitUntil(acquire.time) && !job->done.IsSet()) {
    const bool waited = lane.Remove(session.get());
    if (!acquire.Passed(clock_)) co_return Fail(Code::kCancelled, "The caller left.");
    if (waited) {
      if (session->deadline.Passed(clock_)) {
        co_return Fail(Code::kDeadlineExceeded, "The database had no time for this request.");
      }
      co_return Fail(Error{.code = Code::kResourceExhausted,
                           .message = "The database is too busy; try again.",
                           .retry_after = std::chrono::milliseconds(1000)});
    }
  }
  *served = true;
  co_return co_await WaitForAnswer(std::move(session), std::move(job));
}

Task<Result<Rows>> SessionDatabase::WaitForAnswer(std::shared_ptr<Session> session,
                                                  std::shared_ptr<Job> job) {
  const AbandonUnlessDone guard(session, job);
  // A commit that has begun ends by itself, soon, and its answer must be true.
  const bool done = job->kind == Job::Kind::kCommit
                        ? co_await job->done.Wait()
                        : co_await job->done.WaitUntil(session->deadline.time);
  if (done || job->done.IsSet()) co_return std::move(job->answer);
  if (session->deadline.Passed(clock_)) {
    co_return Fail(Code::kDeadlineExceeded, "The database did not answer in time.");
  }
  co_return Fail(Code::kCancelled, "The caller left.");
}

Deadline SessionDatabase::WithDefault(Deadline deadline) const {
  return deadline.IsSet() ? deadline : Deadline::After(clock_, timeouts_.statement);
}

Result<Breaker::Permit> SessionDatabase::Allow() {
  Result<Breaker::Permit> permit = governor_.Allow();
  if (!permit) metrics_.Count(permit.error().code);
  return permit;
}

void SessionDatabase::Record(const Job& job,
                             SteadyTime begin,
                             const Result<Rows>& result,
                             Span& span) {
  const auto duration = clock_.SteadyNow() - begin;
  metrics_.Observe(job.name, std::chrono::duration<double>(duration).count());
  governor_.Observe(job.name, duration);
  if (result) return;
  metrics_.Count(result.error().code);
  span.Fail(result.error().code);
}

DatabaseState SessionDatabase::Snapshot() const {
  DatabaseState state;
  state.dialect = dialect() == Dialect::kSqlite ? "sqlite" : "postgres";
  state.connections = static_cast<std::int64_t>(connections());
  state.running = metrics_.running();
  state.waiting = metrics_.waiting();
  governor_.Fill(&state);
  return state;
}

}  // namespace vedette::db
