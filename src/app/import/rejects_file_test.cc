// SPDX-License-Identifier: Apache-2.0
#include "app/import/rejects_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "kit/testing/temp_dir.h"

namespace vedette::importing {
namespace {

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(RejectsFileTest, WritesCsv) {
  const testkit::TempDir folder;
  const std::string path = (std::filesystem::path(folder.path()) / "rejects.csv").string();
  auto file = RejectsFile::Create(path);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->Add("vs.csv", {7, "VSDTC", "a, \"b\"", "VS/P/7"}).has_value());
  EXPECT_TRUE(file->Add("vs.csv", {9, "", "whole row", ""}).has_value());
  EXPECT_TRUE(file->Finish().has_value());
  EXPECT_EQ(ReadText(path),
            "file,line,column,reason,key\n"
            "vs.csv,7,VSDTC,\"a, \"\"b\"\"\",VS/P/7\n"
            "vs.csv,9,,whole row,\n");
}

TEST(RejectsFileTest, LeavesNoFileWithoutRejects) {
  const testkit::TempDir folder;
  const std::string path = (std::filesystem::path(folder.path()) / "rejects.csv").string();
  std::ofstream(path) << "of an earlier import\n";
  auto file = RejectsFile::Create(path);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->Finish().has_value());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RejectsFileTest, SaysWhenItCannotWrite) {
  EXPECT_EQ(RejectsFile::Create("/no/such/folder/rejects.csv").error().code,
            Code::kInvalidArgument);
  auto full = RejectsFile::Create("/dev/full");
  ASSERT_TRUE(full.has_value());
  const formats::RowReject reject{1, "a", std::string(100000, 'x'), ""};
  EXPECT_FALSE(full->Add("f", reject).has_value());
}

}  // namespace
}  // namespace vedette::importing
