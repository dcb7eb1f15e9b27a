// SPDX-License-Identifier: Apache-2.0
#include "kit/db/group_writer.h"

#include <gmock/gmock.h>

#include <optional>
#include <set>

#include "kit/db/db_test_support.h"
#include "kit/task/parallel.h"
#include "kit/task/signal.h"
#include "kit/task/spawn.h"

namespace vedette::db {
namespace {

// Stores the number; answers with the size of the group it was stored in.
using NumberWriter = GroupWriter<std::int64_t, std::size_t>;
using Answers = Result<std::vector<Result<std::size_t>>>;

constexpr std::int64_t kRefused = -1;    // refused alone, by the handler
constexpr std::int64_t kPoison = -2;     // makes the whole statement fail
constexpr std::int64_t kException = -3;  // makes the handler throw

constexpr Column kColumns[] = {{"id", ColumnType::kInt}};

// Holds the first group back until the test has put more requests behind it.
struct Gate {
  Signal entered;
  Signal open;
};

Task<Answers> Store(Transaction& transaction,
                    std::vector<std::int64_t> numbers,
                    std::shared_ptr<Gate> gate) {
  gate->entered.Set();
  co_await gate->open.Wait();
  BulkInsert insert{"numbers", "thing", {std::begin(kColumns), std::end(kColumns)}, "", {}};
  std::vector<Result<std::size_t>> answers;
  for (const std::int64_t number : numbers) {
    if (number == kException) throw std::runtime_error("a defect");
    if (number == kRefused) {
      answers.push_back(Fail(Code::kInvalidArgument, "refused"));
      continue;
    }
    insert.rows.push_back({number == kPoison ? 1000000 : number});  // against the CHECK
    answers.push_back(numbers.size());
  }
  VEDETTE_CO_CHECK_OK(co_await transaction.Insert(std::move(insert)));
  co_return answers;
}

class GroupWriterTest : public ThingTest {
 protected:
  ~GroupWriterTest() override {
    gate_->open.Set();
    runtime_.RunBlocking([this] { return writer_->Close(); });
  }

  void Make(GroupWriterOptions options) {
    options.name = "numbers";
    writer_.emplace(*database_, runtime_.At(0), Logger(), std::move(options),
                    [gate = gate_](Transaction& transaction, std::vector<std::int64_t> numbers) {
                      return Store(transaction, std::move(numbers), gate);
                    });
  }

  // Submits in order, on one thread; the answers come by Answer().
  void Submit(std::int64_t number, Deadline deadline = Later()) {
    struct Work {
      static Task<void> Run(NumberWriter* writer,
                            std::int64_t number,
                            Deadline deadline,
                            std::optional<Result<std::size_t>>* answer) {
        *answer = co_await writer->Submit(number, deadline);
      }
    };
    auto slot = std::make_unique<Slot>();
    Spawn(
        runtime_.At(1),
        [this, number, deadline, answer = &slot->answer] {
          return Work::Run(&*writer_, number, deadline, answer);
        },
        [signal = slot->done](std::exception_ptr) { signal.Set(); }, slot->canceller);
    slots_.push_back(std::move(slot));
  }
  Result<std::size_t> Answer(std::size_t index) {
    Run(slots_[index]->done.Wait());
    return slots_[index]->answer.value_or(Fail(Code::kCancelled, "no answer"));
  }
  void HoldFirstGroup() {
    Submit(0);
    Run(gate_->entered.Wait());
  }
  // Everything submitted before has reached the writer.
  void Settle() {
    runtime_.RunBlocking([this] { return OnSubmittingThread(runtime_.At(1)); });
  }
  static Task<void> OnSubmittingThread(Executor executor) {
    const Signal passed;
    // Twice: a task with a canceller is started by a posted function.
    Post(executor, [executor, passed] { Post(executor, [passed] { passed.Set(); }); });
    co_await passed.Wait();
  }

  struct Slot {
    std::optional<Result<std::size_t>> answer;
    Signal done;
    Canceller canceller;
  };
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::optional<NumberWriter> writer_;
  std::vector<std::unique_ptr<Slot>> slots_;
};
VEDETTE_ON_BOTH_DATABASES(GroupWriterTest);

TEST_P(GroupWriterTest, WhoWaitsIsAnsweredAlsoWhenTheClosingIsCancelled) {
  Make({.group_limit = 1});
  HoldFirstGroup();
  Submit(1);
  Settle();
  const Signal closed;
  Canceller canceller;
  Spawn(
      runtime_.At(1), [this] { return writer_->Close(); },
      [closed](std::exception_ptr) { closed.Set(); }, canceller);
  canceller.Cancel();
  Settle();
  gate_->open.Set();
  (void)Run(closed.Wait());
  EXPECT_TRUE(Answer(0).has_value());
  EXPECT_TRUE(Answer(1).has_value());
}

TEST_P(GroupWriterTest, WhatWaitsIsCommittedTogether) {
  Make({});
  HoldFirstGroup();
  for (std::int64_t number = 1; number <= 50; ++number) Submit(number);
  Settle();
  gate_->open.Set();
  EXPECT_EQ(Answer(0), 1u);
  for (std::size_t i = 1; i <= 50; ++i) EXPECT_EQ(Answer(i), 50u);
  EXPECT_EQ(Count(), 51);
}

TEST_P(GroupWriterTest, GroupsAreBounded) {
  Make({.group_limit = 20});
  HoldFirstGroup();
  for (std::int64_t number = 1; number <= 50; ++number) Submit(number);
  Settle();
  gate_->open.Set();
  EXPECT_EQ(Answer(20), 20u);
  EXPECT_EQ(Answer(21), 20u);
  EXPECT_EQ(Answer(50), 10u);
  EXPECT_EQ(Count(), 51);
}

TEST_P(GroupWriterTest, RequestsTheHandlerRefusesHarmNobody) {
  Make({});
  HoldFirstGroup();
  for (const std::int64_t number : {std::int64_t{1}, kRefused, std::int64_t{2}}) Submit(number);
  Settle();
  gate_->open.Set();
  EXPECT_EQ(Answer(1), 3u);
  EXPECT_EQ(Answer(2).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Answer(3), 3u);
}

TEST_P(GroupWriterTest, RequestThatPoisonsItsGroupHarmsItselfAlone) {
  Make({});
  HoldFirstGroup();
  for (const std::int64_t number : {std::int64_t{1}, kPoison, std::int64_t{2}, kException}) {
    Submit(number);
  }
  Settle();
  gate_->open.Set();
  EXPECT_EQ(Answer(1), 1u);
  EXPECT_EQ(Answer(2).error().code, Code::kFailedPrecondition);
  EXPECT_EQ(Answer(3), 1u);
  EXPECT_EQ(Answer(4).error().code, Code::kInternal);
  EXPECT_EQ(Count(), 3);
}

TEST_P(GroupWriterTest, FullQueueRefusesAndSaysWhenToComeBack) {
  Make({.queue_limit = 2});
  HoldFirstGroup();
  for (std::int64_t number = 1; number <= 3; ++number) Submit(number);
  Settle();
  const auto refused = Answer(3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  gate_->open.Set();
  EXPECT_TRUE(Answer(1));
  EXPECT_TRUE(Answer(2));
  EXPECT_EQ(Count(), 3);
}

TEST_P(GroupWriterTest, CallerThatLeavesStopsNoGroup) {
  Make({});
  HoldFirstGroup();
  Submit(1);
  Submit(2);
  Settle();
  slots_[0]->canceller.Cancel();  // in the group that is being written
  slots_[1]->canceller.Cancel();  // still waiting
  EXPECT_EQ(Answer(0).error().code, Code::kCancelled);
  EXPECT_EQ(Answer(1).error().code, Code::kCancelled);
  gate_->open.Set();
  EXPECT_EQ(Answer(2), 1u);
  EXPECT_EQ(Count(), 2) << "the first is written, the one that left before is not";
}

TEST_P(GroupWriterTest, DeadlineOfACallerIsKept) {
  Make({});
  HoldFirstGroup();
  Submit(1, Soon());
  EXPECT_EQ(Answer(1).error().code, Code::kDeadlineExceeded);
  gate_->open.Set();
  EXPECT_TRUE(Answer(0));
}

TEST_P(GroupWriterTest, CloseAnswersWhatCameBeforeAndRefusesTheRest) {
  Make({});
  gate_->open.Set();
  Submit(1);
  EXPECT_TRUE(Answer(0));
  runtime_.RunBlocking([this] { return writer_->Close(); });
  Submit(2);
  EXPECT_EQ(Answer(1).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace vedette::db
