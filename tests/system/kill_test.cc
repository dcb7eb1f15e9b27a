// SPDX-License-Identifier: Apache-2.0
// kill -9 during an import and during concurrent single writes, again and again: after each restart
// every acknowledged event is there once, and so is every alert it owed.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "kit/http/client.h"
#include "system/study.h"
#include "system/system.h"

namespace vedette::system_test {
namespace {

constexpr int kWriters = 8;
constexpr int kFileRows = 1500;

int Kills() {
  const char* text = std::getenv("VEDETTE_KILLS");
  return text == nullptr ? 50 : std::atoi(text);
}

// Every second value is over the threshold of 140.
double Value(int number) { return number % 2 == 0 ? 120 : 160; }

// When a device that measures every five minutes took its reading, from 2024 on.
std::string TimeOf(int number) {
  using std::chrono::minutes;
  const auto time = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1) + minutes(5) * number;
  const std::time_t seconds = std::chrono::sys_seconds(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M", &parts)};
}

class KillTest : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    system_.Start();
    token_ = system_.Token();
    SetUpStudy(system_, token_);
  }

  // One after the other until the server is gone; a write without an answer counts as not
  // acknowledged and its key is sent again after the restart.
  void Write(int writer) {
    Runtime runtime(1);
    runtime.RunBlocking([&] { return WriteLoop(writer); });
  }
  Task<void> WriteLoop(int writer);

  // A file of `kFileRows` readings whose keys and times no other round has, five minutes apart.
  std::filesystem::path MakeFile(int round) {
    const auto path = system_.folder() / ("round" + std::to_string(round) + ".csv");
    std::ofstream file(path);
    file << "DOMAIN,USUBJID,VSSEQ,VSTESTCD,VSSTRESC,VSSTRESN,VSSTRESU,VSSTAT,VSDTC\n";
    for (int row = 0; row < kFileRows; ++row) {
      const int value = static_cast<int>(Value(row));
      const int number = round * kFileRows + row;
      file << "VS,702-001," << number << ",SYSBP," << value << "," << value << ",mmHg,,"
           << TimeOf(number) << "\n";
    }
    return path;
  }

  std::string Count(const std::string& what) {
    return JsonAt(system_.Rest("GET", kSummary, {}, token_).body, "/" + what);
  }

  System system_{GetParam()};
  std::string token_;
  std::array<std::atomic<int>, kWriters> next_{};  // first number not acknowledged
};

Task<void> KillTest::WriteLoop(int writer) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto connection =
      co_await http::ClientConnection::Connect({"127.0.0.1", system_.http_port()}, deadline);
  while (connection) {
    const int number = next_[static_cast<std::size_t>(writer)];
    http::ClientRequest request;
    request.method = "POST";
    request.target = kEvents;
    request.headers.Set("Content-Type", "application/json");
    request.headers.Set("Authorization", "Bearer " + token_);
    request.body =
        Reading("701-001", Value(number), std::to_string(writer) + "/" + std::to_string(number));
    const auto answer = co_await connection->Fetch(std::move(request), deadline);
    if (!answer || answer->status != 200) co_return;
    ++next_[static_cast<std::size_t>(writer)];
  }
}

TEST_P(KillTest, NothingAcknowledgedIsLostAndNothingIsTwice) {
  std::mt19937 random(7);
  const int kills = Kills();
  for (int round = 0; round < kills; ++round) {
    const auto file = MakeFile(round);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([this, writer] { Write(writer); });
    }
    // The import goes on over the kill: it retries until the server is back, then ends with 0.
    int import_code = -1;
    const auto send = [&] {
      return system_.Command({"import", "--study", kStudy, file.string()}).code;
    };
    std::thread import([&] { import_code = send(); });
    // Sooner or later, from before the first commit to the middle of the file.
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 180));
    system_.Kill();
    for (std::thread& thread : threads) thread.join();
    system_.Start();
    import.join();
    // Signing in is not tried again: one that came just then begins anew.
    if (import_code != 0) import_code = send();
    ASSERT_EQ(import_code, 0) << "round " << round;

    // Each writer's first unacknowledged event may be there or not; sending it again settles it.
    int events = (round + 1) * kFileRows;
    int alerts = (round + 1) * kFileRows / 2;
    for (int writer = 0; writer < kWriters; ++writer) {
      const int number = next_[static_cast<std::size_t>(writer)]++;
      const RestAnswer answer = system_.Rest(
          "POST", kEvents,
          Reading("701-001", Value(number), std::to_string(writer) + "/" + std::to_string(number)),
          token_);
      ASSERT_EQ(answer.status, 200) << answer.body;
      events += number + 1;
      alerts += (number + 1) / 2;
    }
    ASSERT_EQ(Count("events"), std::to_string(events)) << "round " << round;
    ASSERT_EQ(Count("alerts"), std::to_string(alerts)) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         KillTest,
                         testing::Values(Shape::kSingleSqlite, Shape::kSinglePostgres),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace vedette::system_test
