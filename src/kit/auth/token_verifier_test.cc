// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/token_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <vector>

#include "kit/auth/token_cache.h"
#include "kit/task/parallel.h"
#include "kit/task/runtime.h"
#include "kit/task/signal.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"
#include "kit/task/task_group.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

using Authenticated = Result<std::shared_ptr<const Principal>>;

class FakeKeySource final : public KeySource {
 public:
  Task<Result<PublicKeySet>> Fetch(Deadline) override {
    // The gate holds the first one up.
    if (++fetches == 1 && gate && !co_await gate->Wait()) co_return Fail(Code::kCancelled, "left");
    if (away) co_return Fail(Code::kUnavailable, "away");
    co_return keys;
  }

  PublicKeySet keys;
  bool away = false;
  std::optional<Signal> gate;
  std::atomic<int> fetches{0};
};

class TokenVerifierTest : public testing::Test {
 protected:
  TokenVerifierTest() { source_.keys.Add(key_.public_key()); }

  std::string Token(const SigningKey& key, const std::string& subject = "user-1") {
    const Timestamp now = clock_.Now();
    return *SignToken(
        {"vedette", "vedette", "id", {subject, "name", false, {}}, now, now, now + minutes(60)},
        key);
  }

  Authenticated Authenticate(const std::string& token) {
    return Await<Authenticated>(runtime_,
                                [&] { return verifier_.Authenticate(token, Deadline::None()); });
  }

  static std::string Subject(const Authenticated& result) {
    return result ? (*result)->subject : result.error().message;
  }

  Runtime runtime_{1};
  FakeClock clock_;
  MetricsRegistry metrics_;
  FakeKeySource source_;
  const SigningKey key_ = SigningKey::Generate();
  TokenVerifier verifier_{source_, clock_, metrics_, Logger()};
};

TEST_F(TokenVerifierTest, FetchesTheKeysOnceAndRemembersTokens) {
  const std::string token = Token(key_);
  EXPECT_EQ(Subject(Authenticate(token)), "user-1");
  EXPECT_EQ(Subject(Authenticate(token)), "user-1");
  EXPECT_EQ(Subject(Authenticate(Token(key_, "user-2"))), "user-2");
  EXPECT_EQ(source_.fetches, 1);
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_auth_token_checks_total{result=\"remembered\"} 1\n"));
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("vedette_auth_token_checks_total{result=\"verified\"} 2\n"));
}

TEST_F(TokenVerifierTest, ARememberedTokenStillExpires) {
  const std::string token = Token(key_);
  const auto principal = Authenticate(token);
  ASSERT_TRUE(principal);
  EXPECT_EQ((*principal)->expires_at, clock_.Now() + minutes(60) + seconds(30));
  clock_.Advance(minutes(60) + seconds(29));
  EXPECT_TRUE(Authenticate(token));
  clock_.Advance(seconds(1));
  EXPECT_THAT(Subject(Authenticate(token)), HasSubstr("expired"));
}

TEST_F(TokenVerifierTest, MalformedTokensNeverReachTheSource) {
  for (const std::string& token :
       {std::string(), std::string("a.b.c"), std::string(100'000, 'a')}) {
    const auto result = Authenticate(token);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kUnauthenticated);
  }
  EXPECT_EQ(source_.fetches, 0);
}

TEST_F(TokenVerifierTest, ANewKeyIsFetchedWhenItIsMet) {
  ASSERT_TRUE(Authenticate(Token(key_)));
  const SigningKey next = SigningKey::Generate();
  source_.keys.Add(next.public_key());
  clock_.Advance(seconds(5));
  EXPECT_TRUE(Authenticate(Token(next)));
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(TokenVerifierTest, UnknownKeysDoNotHammerTheSource) {
  ASSERT_TRUE(Authenticate(Token(key_)));
  clock_.Advance(seconds(5));
  for (int i = 0; i < 10; ++i) {
    const auto result = Authenticate(Token(SigningKey::Generate()));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kUnauthenticated);
  }
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(TokenVerifierTest, WithoutAnIntervalACallStillFetchesOnce) {
  TokenVerifier eager(source_, clock_, metrics_, Logger(),
                      {.minimum_fetch_interval = {}, .retry_interval = {}});
  const std::string token = Token(SigningKey::Generate());
  const auto result =
      Await<Authenticated>(runtime_, [&] { return eager.Authenticate(token, Deadline::None()); });
  EXPECT_EQ(result.error().code, Code::kUnauthenticated);
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(TokenVerifierTest, LastGoodKeysServeWhileTheSourceIsAway) {
  ASSERT_TRUE(Authenticate(Token(key_)));
  source_.away = true;
  clock_.Advance(minutes(10));
  EXPECT_TRUE(Authenticate(Token(key_, "user-2")));
  EXPECT_EQ(source_.fetches, 2);
  const auto unknown = Authenticate(Token(SigningKey::Generate()));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kUnavailable);
  EXPECT_TRUE(unknown.error().retry_after);
}

TEST_F(TokenVerifierTest, WithoutAnyKeyTheAnswerIsUnavailableThenRecovers) {
  source_.away = true;
  EXPECT_EQ(Authenticate(Token(key_)).error().code, Code::kUnavailable);
  EXPECT_EQ(Authenticate(Token(key_)).error().code, Code::kUnavailable);
  EXPECT_EQ(source_.fetches, 1);
  source_.away = false;
  clock_.Advance(seconds(1));
  EXPECT_TRUE(Authenticate(Token(key_)));
}

TEST_F(TokenVerifierTest, AWithdrawnKeyGoesWithItsRememberedTokens) {
  const std::string token = Token(key_);
  ASSERT_TRUE(Authenticate(token));
  source_.keys = {};
  source_.keys.Add(SigningKey::Generate().public_key());
  clock_.Advance(minutes(5));
  const auto result = Authenticate(token);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnauthenticated);
}

Task<void> OpenGate(Signal gate, std::atomic<int>& fetches) {
  while (fetches == 0) co_await Yield();
  for (int i = 0; i < 100; ++i) co_await Yield();
  gate.Set();
}

Task<int> AuthenticateManyTimes(TokenVerifier& verifier,
                                std::vector<std::string> tokens,
                                Signal gate,
                                std::atomic<int>& fetches) {
  TaskGroup opener{Logger()};
  opener.Spawn(co_await CurrentExecutor(), "gate",
               [gate, &fetches] { return OpenGate(gate, fetches); });
  std::vector<Task<Authenticated>> calls;
  for (std::string& token : tokens) {
    calls.push_back(verifier.Authenticate(std::move(token), Deadline::None()));
  }
  int accepted = 0;
  for (const Authenticated& result : co_await WhenAll(std::move(calls))) accepted += result ? 1 : 0;
  co_await opener.Join();
  co_return accepted;
}

TEST_F(TokenVerifierTest, ConcurrentCallersShareOneFetch) {
  source_.gate.emplace();
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(Token(key_, "user-" + std::to_string(i)));
  const int accepted = Await<int>(runtime_, [&] {
    return AuthenticateManyTimes(verifier_, tokens, *source_.gate, source_.fetches);
  });
  EXPECT_EQ(accepted, 20);
  EXPECT_EQ(source_.fetches, 1);
}

Task<void> Take(TokenVerifier& verifier, std::string token, std::optional<Authenticated>& result) {
  result = co_await verifier.Authenticate(std::move(token), Deadline::None());
}

Task<Authenticated> AuthenticateBehindOneWhoLeaves(TokenVerifier& verifier,
                                                   std::string token,
                                                   std::atomic<int>& fetches) {
  const Executor executor = co_await CurrentExecutor();
  std::optional<Authenticated> first;
  std::optional<Authenticated> second;
  Signal first_ended;
  Canceller canceller;
  Spawn(
      executor, [&] { return Take(verifier, token, first); },
      [&](std::exception_ptr) { first_ended.Set(); }, canceller);
  while (fetches == 0) co_await Yield();
  TaskGroup waiter{Logger()};
  waiter.Spawn(executor, "waiter", [&] { return Take(verifier, token, second); });
  for (int i = 0; i < 100; ++i) co_await Yield();
  canceller.Cancel();
  co_await first_ended.Wait();
  co_await waiter.Join();
  co_return *second;
}

TEST_F(TokenVerifierTest, WhoWaitsForAFetchWhoseCallerLeftFetchesAgain) {
  source_.gate.emplace();
  const std::string token = Token(key_);
  const auto result = Await<Authenticated>(
      runtime_, [&] { return AuthenticateBehindOneWhoLeaves(verifier_, token, source_.fetches); });
  EXPECT_EQ(Subject(result), "user-1");
  EXPECT_EQ(source_.fetches, 2);
}

TEST(TokenCacheTest, IsBoundedAndKeepsWhatIsUsed) {
  TokenCache cache(100);
  const auto principal = std::make_shared<const Principal>();
  const Timestamp now = FakeClock::kStart;
  const Sha256Digest favourite = Sha256("favourite");
  cache.Put(favourite, principal, now + minutes(1), 0);
  for (int i = 0; i < 1000; ++i) {
    cache.Put(Sha256(std::to_string(i)), principal, now + minutes(1), 0);
    ASSERT_NE(cache.Find(favourite, now), nullptr) << i;
    ASSERT_LE(cache.size(), 100U);
  }
  EXPECT_EQ(cache.Find(Sha256("0"), now), nullptr);
  EXPECT_NE(cache.Find(Sha256("999"), now), nullptr);
}

TEST(TokenCacheTest, AnEntryOfAnOlderGenerationIsNotKept) {
  TokenCache cache(100);
  const auto principal = std::make_shared<const Principal>();
  const Timestamp now = FakeClock::kStart;
  cache.SetGeneration(1);
  cache.Put(Sha256("late"), principal, now + minutes(1), 0);
  EXPECT_EQ(cache.Find(Sha256("late"), now), nullptr);
  cache.Put(Sha256("new"), principal, now + minutes(1), 1);
  EXPECT_NE(cache.Find(Sha256("new"), now), nullptr);
  cache.SetGeneration(2);
  EXPECT_EQ(cache.Find(Sha256("new"), now), nullptr);
}

}  // namespace
}  // namespace vedette
