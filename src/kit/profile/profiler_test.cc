// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/profiler.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

#include "base/random.h"
#include "kit/profile/cpu_profile.h"
#include "kit/profile/profile_routes.h"
#include "kit/task/runtime.h"
#include "kit/task/sleep.h"
#include "kit/task/spawn.h"

namespace vedette {

// Named in the profiles; not static, so that every tool finds it.
__attribute__((noinline)) std::uint64_t BurnProcessorTime(const std::atomic<bool>& stop) {
  SeededRandom random(1);
  std::uint64_t sum = 0;
  while (!stop.load(std::memory_order_relaxed)) sum += random.Next() % 7;
  return sum;
}

__attribute__((noinline)) std::vector<std::vector<char>> HoldMuchMemory() {
  std::vector<std::vector<char>> held;
  for (int i = 0; i < 64; ++i) held.emplace_back(1 << 20, 'x');
  return held;
}

namespace {

using testing::HasSubstr;

class NoTokens final : public Authenticator {
 public:
  Task<Result<std::shared_ptr<const Principal>>> Authenticate(std::string, Deadline) override {
    co_return Fail(Code::kUnauthenticated, "The token is not valid.");
  }
};

class ProfilerTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto probe = Await<Result<std::string>>(runtime_, [this] { return profiler_.Heap(); });
    if (!probe && probe.error().code == Code::kUnimplemented) {
      GTEST_SKIP() << "a build with a sanitizer takes no profiles";
    }
  }

  Result<std::string> Cpu(std::chrono::milliseconds duration) {
    return Await<Result<std::string>>(runtime_, [&] { return profiler_.Cpu(duration); });
  }

  // What google-pprof says of a profile of this program; empty when it is not installed.
  static std::string Pprof(const std::string& profile) {
    const std::string path = testing::TempDir() + "vedette_profile_" + std::to_string(getpid());
    std::ofstream(path, std::ios::binary) << profile;
    const std::string command =
        "google-pprof --text /proc/" + std::to_string(getpid()) + "/exe " + path;
    std::FILE* const pipe = popen((command + " 2>/dev/null").c_str(), "r");
    std::string text;
    char buffer[4096];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
    pclose(pipe);
    std::remove(path.c_str());
    return text;
  }
  static bool HasPprof() { return access("/usr/bin/google-pprof", X_OK) == 0; }

  http::Response Send(std::string method, std::string path, std::string query, std::string body) {
    http::Router router;
    AddProfileRoutes(router, access_, profiler_);
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.body = std::move(body);
    request.peer = "127.0.0.1";
    request.headers.Set("Host", "127.0.0.1");
    return Await<http::Response>(runtime_,
                                 [&] { return router.Find(method, path).route->handler(request); });
  }

  SystemClock clock_;
  NoTokens tokens_;
  Authorizer authorizer_{{}};
  OpsAccess access_{{.loopback_without_token = true}, tokens_, authorizer_, clock_};
  Profiler profiler_{{.heap_sample_bytes = 64 * 1024}};
  Runtime runtime_{2};
};

// Keeps one processor busy while it lives.
struct Load {
  std::atomic<bool> stop = false;
  std::thread thread{[this] { BurnProcessorTime(stop); }};
  ~Load() {
    stop = true;
    thread.join();
  }
};

TEST_F(ProfilerTest, AProcessorProfileNamesTheHotFunction) {
  Load load;
  const auto profile = Cpu(std::chrono::milliseconds(600));
  ASSERT_TRUE(profile) << profile.error().message;
  const auto parsed = ParseCpuProfile(*profile);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->samples.empty());
  if (!HasPprof()) GTEST_SKIP() << "google-pprof is not installed";
  EXPECT_THAT(Pprof(*profile), HasSubstr("BurnProcessorTime"));
}

TEST_F(ProfilerTest, AFlameGraphNamesTheHotFunction) {
  Load load;
  const http::Response response = Send("GET", "/debug/flame", "seconds=1", "");
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("vedette::BurnProcessorTime"));
}

TEST_F(ProfilerTest, AHeapProfileNamesWhoHoldsMemory) {
  const auto held = HoldMuchMemory();
  const http::Response response = Send("GET", "/debug/pprof/heap", "", "");
  ASSERT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("heap profile:"));
  if (!HasPprof()) GTEST_SKIP() << "google-pprof is not installed";
  EXPECT_THAT(Pprof(response.body), HasSubstr("HoldMuchMemory"));
  EXPECT_EQ(held.size(), 64U);
}

TEST_F(ProfilerTest, OneProfileAtATimeAndACallerThatLeavesEndsIt) {
  Canceller canceller;
  std::atomic<bool> ended = false;
  Spawn(
      runtime_.At(0),
      [this]() -> Task<void> {
        // One of the short profiles below may be under way.
        while (!co_await profiler_.Cpu(std::chrono::seconds(60))) co_await Yield();
      },
      [&](std::exception_ptr) { ended = true; }, canceller);
  Result<std::string> second = Cpu(std::chrono::milliseconds(1));
  while (second) second = Cpu(std::chrono::milliseconds(1));
  EXPECT_EQ(second.error().code, Code::kFailedPrecondition);
  canceller.Cancel();
  while (!ended) std::this_thread::yield();
  // The cancelled profile lets go of the process at once, long before its time.
  const SteadyTime limit = clock_.SteadyNow() + std::chrono::seconds(30);
  while (!second && clock_.SteadyNow() < limit) second = Cpu(std::chrono::milliseconds(1));
  EXPECT_TRUE(second);
}

TEST_F(ProfilerTest, TheDurationIsBounded) {
  EXPECT_EQ(Cpu(std::chrono::milliseconds(0)).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Cpu(std::chrono::seconds(61)).error().code, Code::kInvalidArgument);
  for (const char* query : {"seconds=0", "seconds=-1", "seconds=61", "seconds=", "seconds=1x",
                            "seconds=99999999999999999999"}) {
    EXPECT_EQ(Send("GET", "/debug/pprof/profile", query, "").status, 400) << query;
  }
}

TEST_F(ProfilerTest, SymbolsAreLookedUpAsPprofAsks) {
  EXPECT_EQ(Send("GET", "/debug/pprof/symbol", "", "").body, "num_symbols: 1\n");
  char address[32];
  std::snprintf(address, sizeof address, "%#zx", reinterpret_cast<std::size_t>(&BurnProcessorTime));
  const http::Response response =
      Send("POST", "/debug/pprof/symbol", "", std::string(address) + "+0x1+junk");
  EXPECT_THAT(response.body, HasSubstr(std::string(address) + "\tvedette::BurnProcessorTime("));
  EXPECT_THAT(response.body, HasSubstr("0x1\t??\n"));
  EXPECT_THAT(Send("GET", "/debug/pprof/cmdline", "", "").body, HasSubstr("profile_test"));
}

TEST_F(ProfilerTest, NothingIsShownToStrangers) {
  OpsAccess closed({}, tokens_, authorizer_, clock_);
  http::Router router;
  AddProfileRoutes(router, closed, profiler_);
  for (const char* path : {"/debug/pprof/profile", "/debug/pprof/heap", "/debug/pprof/symbol",
                           "/debug/pprof/cmdline", "/debug/flame"}) {
    http::Request request;
    request.peer = "127.0.0.1";
    request.headers.Set("Host", "127.0.0.1");
    EXPECT_EQ(Await<http::Response>(
                  runtime_, [&] { return router.Find("GET", path).route->handler(request); })
                  .status,
              401)
        << path;
  }
}

}  // namespace
}  // namespace vedette
