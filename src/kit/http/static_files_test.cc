// SPDX-License-Identifier: Apache-2.0
#include "kit/http/static_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "kit/http/gzip.h"
#include "kit/http/test_server.h"

namespace vedette::http {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (fs::temp_directory_path() / "vedette-static-XXXXXX").string();
    root_ = mkdtemp(name.data());
    fs::create_directories(root_ / "site/assets");
    fs::create_directories(root_ / "site/.git");
    Write("site/index.html", "<!doctype html>page");
    Write("site/assets/app-Ab3_9xYz.js", std::string(5000, 'x'));
    Write("site/assets/logo.png", "png");
    Write("site/.git/config", "secret");
    Write("outside.txt", "secret");
    fs::create_symlink(root_ / "outside.txt", root_ / "site/link.txt");
    fs::create_directory_symlink(root_, root_ / "site/up");
  }
  ~StaticFilesTest() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  std::shared_ptr<const StaticFiles> Load() {
    auto files = StaticFiles::Load((root_ / "site").string());
    EXPECT_TRUE(files) << files.error().message;
    return *files;
  }

  fs::path root_;
};

TEST_F(StaticFilesTest, ServesFilesWithTypeTagAndPolicy) {
  const auto files = Load();
  const Response page = files->Serve("", {});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html>page");
  EXPECT_EQ(page.headers.Get("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.Get("cache-control"), "no-cache");
  EXPECT_TRUE(page.headers.Get("content-security-policy"));
  const Response script = files->Serve("assets/app-Ab3_9xYz.js", {});
  EXPECT_EQ(script.headers.Get("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(files->Serve("assets/logo.png", {}).headers.Get("cache-control"), "no-cache");
}

TEST_F(StaticFilesTest, AKnownTagIsNotSentAgain) {
  const auto files = Load();
  Headers headers;
  headers.Set("If-None-Match", std::string(*files->Serve("", {}).headers.Get("etag")));
  EXPECT_EQ(files->Serve("", headers).status, 304);
  EXPECT_TRUE(files->Serve("", headers).body.empty());
  headers.Set("If-None-Match", "\"other\"");
  EXPECT_EQ(files->Serve("", headers).status, 200);
}

TEST_F(StaticFilesTest, SendsGzipToThoseWhoTakeIt) {
  const auto files = Load();
  Headers headers;
  headers.Set("Accept-Encoding", "gzip");
  const Response script = files->Serve("assets/app-Ab3_9xYz.js", headers);
  EXPECT_EQ(script.headers.Get("content-encoding"), "gzip");
  std::string out;
  GzipInflater().Append(script.body, out, 10'000);
  EXPECT_EQ(out, std::string(5000, 'x'));
  EXPECT_NE(script.headers.Get("etag"),
            files->Serve("assets/app-Ab3_9xYz.js", {}).headers.Get("etag"));
}

TEST_F(StaticFilesTest, PagesOfTheClientsRouterAreTheIndex) {
  const auto files = Load();
  EXPECT_EQ(files->Serve("alerts/7", {}).body, "<!doctype html>page");
  EXPECT_EQ(files->Serve("assets/gone.js", {}).status, 404);
}

TEST_F(StaticFilesTest, NothingOutsideCanBeReached) {
  const auto files = Load();
  EXPECT_EQ(files->size(), 3U);
  for (const char* path : {"../outside.txt", "link.txt", "up/outside.txt", ".git/config",
                           "/etc/passwd.txt", "assets/../../outside.txt"}) {
    EXPECT_EQ(files->Serve(path, {}).status, 404) << path;
  }
  TestServer server;
  AddStaticRoutes(server.router, "/**", files);
  server.Start();
  for (const char* path : {"/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt",
                           "/assets/%2e%2e%2f..%2foutside.txt", "//etc/hosts.txt"}) {
    ClientResponse response = server.Fetch({.target = path});
    EXPECT_GE(response.status, 400) << path;
    EXPECT_EQ(response.body.find("secret"), std::string::npos) << path;
  }
  EXPECT_EQ(server.Fetch({.target = "/"}).body, "<!doctype html>page");
}

TEST_F(StaticFilesTest, LoadRefusesWhatIsMissingOrTooLarge) {
  EXPECT_EQ(StaticFiles::Load((root_ / "none").string()).error().code, Code::kNotFound);
  EXPECT_EQ(StaticFiles::Load((root_ / "site").string(), {.max_total_bytes = 100}).error().code,
            Code::kPayloadTooLarge);
}

}  // namespace
}  // namespace vedette::http
