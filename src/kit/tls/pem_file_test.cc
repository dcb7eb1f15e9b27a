// SPDX-License-Identifier: Apache-2.0
#include "kit/tls/pem_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "kit/testing/temp_dir.h"

namespace vedette::tls {
namespace {

TEST(PemFileTest, HoldsWhatWasWritten) {
  const testkit::TempDir directory;
  const std::string path = directory.path() / "server.pem";
  std::ofstream(path) << "-----BEGIN CERTIFICATE-----\n";
  EXPECT_EQ(ReadPemFile(path), "-----BEGIN CERTIFICATE-----\n");
}

TEST(PemFileTest, NoPathIsNoCertificate) { EXPECT_EQ(ReadPemFile(""), ""); }

TEST(PemFileTest, WhatCannotBeReadIsNamed) {
  const testkit::TempDir directory;
  for (const std::string path : {directory.path() / "absent.pem", directory.path()}) {
    const auto text = ReadPemFile(path);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error(),
              (Error{Code::kInvalidArgument, "The TLS file " + path + " cannot be read."}));
  }
}

}  // namespace
}  // namespace vedette::tls
