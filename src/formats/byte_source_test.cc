// SPDX-License-Identifier: Apache-2.0
#include "formats/byte_source.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace vedette::formats {
namespace {

std::string Gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> ReadAll(std::unique_ptr<ByteSource> source, std::size_t step) {
  VEDETTE_TRY(auto text, MakeTextSource(std::move(source)));
  std::string all;
  std::string buffer(step, '\0');
  while (true) {
    VEDETTE_TRY(const std::size_t count, text->Read(buffer));
    if (count == 0) return all;
    all.append(buffer, 0, count);
  }
}

Result<std::string> ReadAll(std::string_view bytes, std::size_t step = 7) {
  return ReadAll(MakeMemorySource(bytes), step);
}

TEST(ByteSourceTest, PassesPlainTextAndDropsTheMark) {
  EXPECT_EQ(ReadAll("a,b\n1,2\n"), "a,b\n1,2\n");
  EXPECT_EQ(ReadAll("\xef\xbb\xbf"
                    "a,b\n"),
            "a,b\n");
  EXPECT_EQ(ReadAll(""), "");
  EXPECT_EQ(ReadAll("a"), "a");
}

TEST(ByteSourceTest, InflatesEveryMember) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",x\n";
  EXPECT_EQ(ReadAll(Gzip(text), 1000), text);
  EXPECT_EQ(ReadAll(Gzip("\xef\xbb\xbf" + text), 1), text);
  EXPECT_EQ(ReadAll(Gzip("a,b\n") + Gzip("") + Gzip(text), 4096), "a,b\n" + text);
  EXPECT_EQ(ReadAll(Gzip(text) + std::string(512, '\0'), 4096), text);
}

TEST(ByteSourceTest, SaysWhenAGzipFileIsBroken) {
  const std::string whole = Gzip("a,b\n1,2\n3,4\n");
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const auto text = ReadAll(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(text.has_value()) << size;
    EXPECT_EQ(text.error().message, "The gzip file is cut off.");
  }
  std::string damaged = whole;
  damaged[whole.size() - 6] ^= 1;  // the checksum
  EXPECT_EQ(ReadAll(damaged).error().message, "The gzip file is damaged.");
  EXPECT_EQ(ReadAll(whole + "more").error().message, "The gzip file is damaged.");
}

TEST(ByteSourceTest, RefusesWideEncodings) {
  for (const std::string_view text :
       {std::string_view("\xff\xfe"
                         "a\0",
                         4),
        std::string_view("\xfe\xff\0a", 4), std::string_view("\0\0\xfe\xff", 4)}) {
    const auto read = ReadAll(text);
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().message, "The file is in UTF-16 or UTF-32; save it as UTF-8.");
  }
}

TEST(ByteSourceTest, ReadsFilesAndSaysWhyItCannot) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("byte_source_test_" + std::to_string(::getpid()));
  std::ofstream(path) << "a,b\n";
  auto file = OpenFileSource(path.string());
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ((*file)->size(), 4U);
  EXPECT_EQ(ReadAll(std::move(*file), 3), "a,b\n");
  std::filesystem::remove(path);
  EXPECT_EQ(OpenFileSource(path.string()).error().code, Code::kNotFound);
  EXPECT_EQ(OpenFileSource("/").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace vedette::formats
