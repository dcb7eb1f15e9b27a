// SPDX-License-Identifier: Apache-2.0
#include "kit/config/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>
#include <vector>

namespace vedette::config {
namespace {

class PrivateFileTest : public testing::Test {
 protected:
  PrivateFileTest() {
    folder_ =
        std::filesystem::temp_directory_path() / ("vedette_private_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "key";
  }
  ~PrivateFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(PrivateFileTest, WhatIsWrittenIsReadAndPrivate) {
  ASSERT_TRUE(WritePrivateFile(path_, std::string("a\0b", 3)));
  EXPECT_EQ(ReadPrivateFile(path_), std::string("a\0b", 3));
  struct stat facts{};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(PrivateFileTest, AnExistingFileIsKept) {
  ASSERT_TRUE(WritePrivateFile(path_, "first"));
  const Status second = WritePrivateFile(path_, "second");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kAlreadyExists);
  EXPECT_EQ(ReadPrivateFile(path_), "first");
}

TEST_F(PrivateFileTest, OfRacingWritersOneWinsAndTheOthersAreTold) {
  for (int round = 0; round < 20; ++round) {
    constexpr int kWriters = 4;
    std::filesystem::remove(path_);
    std::vector<Status> outcomes(kWriters);
    {
      std::latch all(kWriters);
      std::vector<std::jthread> writers;
      for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back([&, i] {
          const std::string content(std::size_t{1000}, static_cast<char>('a' + i));
          all.arrive_and_wait();
          outcomes[static_cast<std::size_t>(i)] = WritePrivateFile(path_, content);
        });
      }
    }
    std::string expected;
    for (int i = 0; i < kWriters; ++i) {
      const Status& outcome = outcomes[static_cast<std::size_t>(i)];
      if (outcome) {
        EXPECT_EQ(expected, "") << "two won";
        expected.assign(1000, static_cast<char>('a' + i));
      } else {
        EXPECT_EQ(outcome.error().code, Code::kAlreadyExists) << outcome.error().message;
      }
    }
    EXPECT_EQ(ReadPrivateFile(path_), expected);
  }
}

TEST_F(PrivateFileTest, RefusesWhatIsNoPrivateFile) {
  EXPECT_EQ(ReadPrivateFile(path_).error().code, Code::kNotFound);
  EXPECT_EQ(ReadPrivateFile(folder_).error().code, Code::kInvalidArgument);
  ASSERT_TRUE(WritePrivateFile(path_, "x"));
  chmod(path_.c_str(), 0604);
  EXPECT_EQ(ReadPrivateFile(path_).error().code, Code::kFailedPrecondition);
  std::ofstream(path_) << std::string(kPrivateFileLimit + 1, 'x');
  chmod(path_.c_str(), 0600);
  EXPECT_EQ(ReadPrivateFile(path_).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace vedette::config
