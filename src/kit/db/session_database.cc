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
  SessionTransaction(SessionDatabase& database, std::shared_ptr<Session> session)
      : database_(database), session_(std::move(session)) {}
  ~SessionTransaction() override { session_->End(); }

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
    session_->Put(job);
    Result<Rows> rows = co_await database_.Finish(session_, std::move(job));
    failed_ = !rows.has_value();
    co_return rows;
  }

  SessionDatabase& database_;
  const std::shared_ptr<Session> session_;
  bool failed_ = false;
  bool savepoint_ = false;
};

}  // namespace

SessionDatabase::SessionDatabase(Timeouts timeouts, MetricsRegistry* registry, std::string service)
    : timeouts_(timeouts), metrics_(registry, std::move(service)) {}

Task<Result<Rows>> SessionDatabase::Query(Deadline deadline, Sql sql, Params params) {
  auto session = std::make_shared<Session>(AccessOf(sql), WithDefault(deadline));
  auto job = std::make_shared<Job>(Job::Kind::kQuery, sql.name);
  job->text = sql.text;
  job->params = std::move(params);
  session->Put(job);
  session->End();
  co_return co_await Enter(std::move(session), std::move(job));
}

Task<Result<std::unique_ptr<Transaction>>> SessionDatabase::BeginWrite(Deadline deadline) {
  co_return co_await Begin(Access::kWrite, deadline);
}

Task<Result<std::unique_ptr<Transaction>>> SessionDatabase::BeginRead(Deadline deadline) {
  co_return co_await Begin(Access::kRead, deadline);
}

Task<Result<std::unique_ptr<Transaction>>> SessionDatabase::Begin(Access access,
                                                                  Deadline deadline) {
  auto session = std::make_shared<Session>(access, WithDefault(deadline));
  auto transaction = std::make_unique<SessionTransaction>(*this, session);
  auto job = std::make_shared<Job>(Job::Kind::kBegin, "begin");
  session->Put(job);
  VEDETTE_CO_CHECK_OK(co_await Enter(std::move(session), std::move(job)));
  co_return std::unique_ptr<Transaction>(std::move(transaction));
}

Task<Result<Rows>> SessionDatabase::Enter(std::shared_ptr<Session> session,
                                          std::shared_ptr<Job> job) {
  const SteadyTime begin = clock_.SteadyNow();
  Result<Rows> result = co_await WaitInLane(std::move(session), job);
  Record(*job, begin, result);
  co_return result;
}

Task<Result<Rows>> SessionDatabase::Finish(std::shared_ptr<Session> session,
                                           std::shared_ptr<Job> job) {
  const SteadyTime begin = clock_.SteadyNow();
  Result<Rows> result = co_await WaitForAnswer(std::move(session), job);
  Record(*job, begin, result);
  co_return result;
}

Task<Result<Rows>> SessionDatabase::WaitInLane(std::shared_ptr<Session> session,
                                               std::shared_ptr<Job> job) {
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

void SessionDatabase::Record(const Job& job, SteadyTime begin, const Result<Rows>& result) {
  metrics_.Observe(job.name, std::chrono::duration<double>(clock_.SteadyNow() - begin).count());
  if (!result) metrics_.Count(result.error().code);
}

}  // namespace vedette::db
