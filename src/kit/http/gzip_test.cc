// SPDX-License-Identifier: Apache-2.0
#include "kit/http/gzip.h"

#include <gtest/gtest.h>

namespace vedette::http {
namespace {

using Outcome = GzipInflater::Outcome;

TEST(GzipTest, InflatesWhatWasDeflatedInAnyPieces) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919 % 1000);
  GzipDeflater deflater(1);
  deflater.Compress("something before");
  const std::string packed = deflater.Compress(text);
  for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, packed.size()}) {
    GzipInflater inflater;
    std::string out;
    for (std::size_t at = 0; at < packed.size(); at += step) {
      ASSERT_EQ(inflater.Append(std::string_view(packed).substr(at, step), out, text.size()),
                Outcome::kOk);
    }
    EXPECT_TRUE(inflater.Finished());
    EXPECT_EQ(out, text);
  }
}

TEST(GzipTest, StopsAtTheLimit) {
  const std::string bomb = GzipDeflater(9).Compress(std::string(64 * 1024 * 1024, 'a'));
  GzipInflater inflater;
  std::string out;
  EXPECT_EQ(inflater.Append(bomb, out, 100'000), Outcome::kTooLarge);
  EXPECT_LE(out.size(), 100'000U);
}

TEST(GzipTest, RefusesGarbageAndBytesAfterTheEnd) {
  std::string out;
  EXPECT_EQ(GzipInflater().Append("not gzip at all", out, 1000), Outcome::kBroken);
  EXPECT_EQ(GzipInflater().Append(GzipDeflater(1).Compress("x") + "y", out, 1000),
            Outcome::kBroken);
  GzipInflater cut;
  EXPECT_EQ(cut.Append(GzipDeflater(1).Compress("x").substr(0, 12), out, 1000), Outcome::kOk);
  EXPECT_FALSE(cut.Finished());
}

TEST(GzipTest, AcceptEncoding) {
  EXPECT_TRUE(AcceptsGzip("gzip, deflate, br"));
  EXPECT_TRUE(AcceptsGzip("br;q=1.0, GZIP;q=0.5"));
  EXPECT_TRUE(AcceptsGzip("*"));
  EXPECT_FALSE(AcceptsGzip(""));
  EXPECT_FALSE(AcceptsGzip("identity"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0"));
  EXPECT_FALSE(AcceptsGzip("gzip; q=0.000, *"));
  EXPECT_TRUE(AcceptsGzip("gzip;q=0.001"));
}

TEST(GzipTest, OnlyTextIsWorthIt) {
  EXPECT_TRUE(IsCompressible("application/json"));
  EXPECT_TRUE(IsCompressible("text/html; charset=utf-8"));
  EXPECT_FALSE(IsCompressible("image/png"));
  EXPECT_FALSE(IsCompressible("text/event-stream"));
}

}  // namespace
}  // namespace vedette::http
