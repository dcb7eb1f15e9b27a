// SPDX-License-Identifier: Apache-2.0
#include "kit/config/file_source.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "kit/config/document.h"
#include "kit/testing/temp_dir.h"

namespace vedette::config {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class Heard {
 public:
  void Add(const LiveDocument& document) {
    const std::scoped_lock lock(mutex_);
    documents_.push_back(document);
    more_.notify_all();
  }
  // The next one that was told.
  std::optional<LiveDocument> Next() {
    std::unique_lock lock(mutex_);
    if (!more_.wait_for(lock, 20s, [&] { return !documents_.empty(); })) return std::nullopt;
    LiveDocument document = documents_.front();
    documents_.pop_front();
    return document;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<LiveDocument> documents_;
};

class FileSourceTest : public testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  void Start() {
    source_.emplace(path_, 2ms);
    source_->Start([this](const LiveDocument& document) { heard_.Add(document); });
  }
  std::optional<std::string> NextText() {
    const auto next = heard_.Next();
    if (!next) return "nothing was told";
    return next->text;
  }

  testkit::TempDir dir_;
  std::string path_ = dir_.path() / "live.yaml";
  Heard heard_;
  std::optional<FileSource> source_;
};

TEST_F(FileSourceTest, TellsWhatIsThereAndEachChange) {
  Write("a: 1");
  Start();
  const auto first = heard_.Next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->text, "a: 1");
  EXPECT_TRUE(first->revision.starts_with("mtime "));
  Write("a: 2");
  EXPECT_EQ(NextText(), "a: 2");
}

TEST_F(FileSourceTest, TellsAbsenceAndReturn) {
  Start();
  EXPECT_EQ(NextText(), std::nullopt);
  Write("a: 1");
  EXPECT_EQ(NextText(), "a: 1");
  fs::remove(path_);
  EXPECT_EQ(NextText(), std::nullopt);
}

TEST_F(FileSourceTest, SeesALinkThatIsTurnedAsAConfigMapDoes) {
  fs::create_directory(dir_.path() / "v1");
  fs::create_directory(dir_.path() / "v2");
  std::ofstream(dir_.path() / "v1" / "live.yaml") << "a: 1";
  std::ofstream(dir_.path() / "v2" / "live.yaml") << "a: 2";
  fs::create_directory_symlink("v1", dir_.path() / "data");
  fs::create_symlink("data/live.yaml", path_);
  Start();
  EXPECT_EQ(NextText(), "a: 1");
  fs::create_directory_symlink("v2", dir_.path() / "data.new");
  fs::rename(dir_.path() / "data.new", dir_.path() / "data");
  EXPECT_EQ(NextText(), "a: 2");
}

TEST_F(FileSourceTest, WhatIsNoFileOrTooLargeIsNoDocument) {
  Write(std::string(kDocumentLimit + 1, '#'));
  Start();
  EXPECT_EQ(NextText(), std::nullopt);
  Write("a: 1");
  EXPECT_EQ(NextText(), "a: 1");
  fs::remove(path_);
  EXPECT_EQ(NextText(), std::nullopt);
  fs::create_directory(path_);
  fs::remove(path_);
  Write("a: 3");
  EXPECT_EQ(NextText(), "a: 3");
}

TEST_F(FileSourceTest, EndsWithTheSourceBeforeTheFirstInterval) {
  FileSource source(path_, std::chrono::hours(1));
  source.Start([](const LiveDocument&) {});
}

}  // namespace
}  // namespace vedette::config
