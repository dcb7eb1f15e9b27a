// SPDX-License-Identifier: Apache-2.0
#include "kit/cache/unique_index.h"

#include <latch>
#include <thread>

#include "kit/cache/cache_test_support.h"
#include "kit/task/spawn.h"

namespace vedette::cache {
namespace {

// C11
template <class Integer>
class UniqueIndexTest : public CacheFixture {
 protected:
  using Key = Integer;
  using Found = std::pair<Key, std::string>;
  static constexpr Key kKey = std::numeric_limits<Key>::max();

  UniqueIndexTest() {
    Open({});
    index_ = std::make_unique<CacheAside<Key>>("by_mail", *cache_, IntegerCodec<Key>());
    rows_ = std::make_unique<CacheAside<std::string>>("user", *cache_, TextCodec());
  }
  ~UniqueIndexTest() override { Close(); }

  static Task<Result<Found>> ByIndex(UniqueIndexTest* self) {
    ++self->index_queries_;
    if (!self->exists_) co_return Fail(Code::kNotFound, "nobody");
    co_return Found{kKey, "ann"};
  }
  static Task<Result<std::string>> ByKey(UniqueIndexTest* self, Key key) {
    ++self->row_queries_;
    EXPECT_EQ(key, kKey);
    co_return "ann";
  }
  Result<std::string> Take() {
    return Await<Result<std::string>>(this->runtime_, [&] {
      return TakeByIndex<Key, std::string>(
          *index_, *rows_, "ann@x", {},
          {.by_index = [this](Deadline) { return ByIndex(this); },
           .by_primary_key = [this](Deadline, Key key) { return ByKey(this, key); },
           .id_of = [](const Key& key) { return std::to_string(key); }});
    });
  }
  std::string RowKey() const { return "user:" + std::to_string(kKey); }

  std::unique_ptr<CacheAside<Key>> index_;
  std::unique_ptr<CacheAside<std::string>> rows_;
  std::atomic<bool> exists_ = true;
  std::atomic<int> index_queries_ = 0;
  std::atomic<int> row_queries_ = 0;
};

using Widths = ::testing::Types<std::int8_t,
                                std::int16_t,
                                std::int32_t,
                                std::int64_t,
                                std::uint8_t,
                                std::uint16_t,
                                std::uint32_t,
                                std::uint64_t>;
TYPED_TEST_SUITE(UniqueIndexTest, Widths);

TYPED_TEST(UniqueIndexTest, TheFirstTimeBothKeysAreWrittenAndTheIndexIsNotQueriedAgain) {
  EXPECT_EQ(this->Take(), "ann");
  EXPECT_EQ(this->store_.Read("by_mail:ann@x"), "=" + std::to_string(this->kKey));
  EXPECT_EQ(this->store_.Read(this->RowKey()), "=ann");
  EXPECT_EQ(this->Take(), "ann");
  EXPECT_EQ(this->index_queries_, 1);
  EXPECT_EQ(this->row_queries_, 0);
  EXPECT_GT(this->store_.ttl(this->RowKey()), this->store_.ttl("by_mail:ann@x"));
}

TYPED_TEST(UniqueIndexTest, ARowThatIsGoneIsQueriedByItsKey) {
  EXPECT_EQ(this->Take(), "ann");
  this->store_.Write(this->RowKey(), "garbage");
  EXPECT_EQ(this->Take(), "ann");
  EXPECT_EQ(this->index_queries_, 1);
  EXPECT_EQ(this->row_queries_, 1);
  EXPECT_EQ(this->store_.Read(this->RowKey()), "=ann");
}

TYPED_TEST(UniqueIndexTest, AnIndexThatIsNoNumberIsRepaired) {
  this->store_.Write("by_mail:ann@x", "=ann");
  EXPECT_EQ(this->Take(), "ann");
  EXPECT_EQ(this->store_.Read("by_mail:ann@x"), "=" + std::to_string(this->kKey));
}

TYPED_TEST(UniqueIndexTest, ThatThereIsNothingIsRemembered) {
  this->exists_ = false;
  EXPECT_EQ(this->Take().error().code, Code::kNotFound);
  EXPECT_EQ(this->Take().error().code, Code::kNotFound);
  EXPECT_EQ(this->index_queries_, 1);
}

TYPED_TEST(UniqueIndexTest, ARowThatCouldNotBeStoredIsAnsweredAllTheSame) {
  this->store_.set_fails = true;
  EXPECT_EQ(this->Take(), "ann");
}

class IndexAndWriteTest : public UniqueIndexTest<std::int64_t> {
 protected:
  static Task<Result<Found>> SlowByIndex(const Signal* asked, const Signal* gate) {
    asked->Set();
    co_await gate->Wait();
    co_return Found{kKey, "ann"};
  }
  // Begins a read; `read_ended_` is set at its end.
  void BeginTake(std::function<Task<Result<Found>>()> by_index) {
    const auto read = [this, by_index = std::move(by_index)] {
      return Ignore(TakeByIndex<Key, std::string>(
          *index_, *rows_, "ann@x", {},
          {.by_index = [by_index](Deadline) { return by_index(); },
           .by_primary_key = [this](Deadline, Key key) { return ByKey(this, key); },
           .id_of = [](const Key& key) { return std::to_string(key); }}));
    };
    Spawn(runtime_.At(0), read, [this](std::exception_ptr) { read_ended_.count_down(); });
  }
  static Task<void> Ignore(Task<Result<std::string>> read) {
    static_cast<void>(co_await std::move(read));
  }
  static void Await(const Signal& signal) {
    while (!signal.IsSet()) std::this_thread::yield();
  }
  std::vector<std::string> Keys() const { return {RowKey(), "by_mail:ann@x"}; }

  std::latch read_ended_{1};
};

TEST_F(IndexAndWriteTest, ARowThatWasReadBeforeAWriteIsNotStoredAfterIt) {
  const Signal asked;
  const Signal gate;
  BeginTake([&] { return SlowByIndex(&asked, &gate); });
  Await(asked);
  Invalidate(Keys());
  gate.Set();
  read_ended_.wait();
  EXPECT_EQ(store_.Read(RowKey()), "");
  EXPECT_EQ(store_.Read("by_mail:ann@x"), "");
}

TEST_F(IndexAndWriteTest, AWriteWaitsForTheRowThatIsBeingStored) {
  const Signal storing;
  const Signal gate;
  store_.before_set = [&]() -> Task<void> {
    storing.Set();
    co_await gate.Wait();
  };
  BeginTake([&] { return ByIndex(this); });
  Await(storing);
  std::latch written(1);
  Spawn(
      runtime_.At(1), [this] { return RunInvalidation(cache_.get(), Keys()); },
      [&](std::exception_ptr) { written.count_down(); });
  for (int i = 0; i < 10; ++i) {
    std::latch turn(1);
    Post(runtime_.At(1), [&] { turn.count_down(); });
    turn.wait();
  }
  EXPECT_EQ(store_.deletes, 0);
  gate.Set();
  read_ended_.wait();
  written.wait();
  EXPECT_EQ(store_.Read(RowKey()), "");
}

}  // namespace
}  // namespace vedette::cache
