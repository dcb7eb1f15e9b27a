// SPDX-License-Identifier: Apache-2.0
#include "kit/service/ops_access.h"

#include <gtest/gtest.h>

#include "kit/service/status_routes.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

// The token is the caller's role, held on every study and site; "one-study" holds the
// administrator's on one alone.
class RoleTokens final : public Authenticator {
 public:
  Task<Result<std::shared_ptr<const Principal>>> Authenticate(std::string token,
                                                              Deadline deadline) override {
    EXPECT_TRUE(deadline.IsSet());
    if (token == "forged") co_return Fail(Code::kUnauthenticated, "The token is not valid.");
    Principal principal{.subject = "u1", .name = "someone"};
    if (token == "one-study") {
      principal.grants = {{"administrator", "S1", "*"}};
    } else {
      principal.grants = {{token, "*", "*"}};
    }
    co_return std::make_shared<const Principal>(std::move(principal));
  }
};

class OpsAccessTest : public testing::Test {
 protected:
  // The status of GET /debug/status.
  int Get(const OpsAccess& access, http::Request request) {
    http::Router router;
    AddStatusRoutes(router, access, status_);
    request.method = "GET";
    request.path = "/debug/status";
    response_ = Await<http::Response>(
        runtime_, [&] { return router.Find("GET", "/debug/status").route->handler(request); });
    return response_.status;
  }

  static http::Request From(std::string peer, std::string authorization = {}) {
    http::Request request;
    request.peer = std::move(peer);
    request.headers.Set("Host", "localhost:8080");
    if (!authorization.empty()) request.headers.Set("Authorization", std::move(authorization));
    return request;
  }

  FakeClock clock_;
  Runtime runtime_{1};
  RoleTokens tokens_;
  Authorizer authorizer_{RoleTable{{"administrator", {"ops.read"}}, {"investigator", {}}}};
  StatusRegistry status_;
  OpsAccess closed_{{}, tokens_, authorizer_, clock_};
  OpsAccess local_{{.loopback_without_token = true}, tokens_, authorizer_, clock_};
  http::Response response_;
};

TEST_F(OpsAccessTest, ATokenWithThePermissionIsNeeded) {
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "Bearer administrator")), 200);
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "bearer  administrator")), 200);
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "Bearer investigator")), 403);
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "Bearer one-study")), 403);
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "Bearer forged")), 401);
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "Basic administrator")), 401);
  EXPECT_EQ(Get(closed_, From("10.0.0.1", "Bearer ")), 401);
  EXPECT_EQ(Get(closed_, From("127.0.0.1")), 401);
  EXPECT_EQ(response_.headers.Get("WWW-Authenticate"), "Bearer");
}

TEST_F(OpsAccessTest, ThisMachineMayBeLetIn) {
  EXPECT_EQ(Get(local_, From("127.0.0.1")), 200);
  EXPECT_EQ(Get(local_, From("::1")), 200);
  EXPECT_EQ(Get(local_, From("::ffff:127.0.0.1")), 200);
  EXPECT_EQ(Get(local_, From("10.0.0.1")), 401);
  EXPECT_EQ(Get(local_, From("")), 401);
  // A token that is there is checked all the same.
  EXPECT_EQ(Get(local_, From("127.0.0.1", "Bearer investigator")), 403);
}

TEST_F(OpsAccessTest, WhatAProxyOrAForeignPageSendsIsNotFromThisMachine) {
  for (const char* header : {"X-Forwarded-For", "Forwarded", "Via", "Origin", "Sec-Fetch-Site"}) {
    http::Request request = From("127.0.0.1");
    request.headers.Set(header, "something");
    EXPECT_EQ(Get(local_, request), 401) << header;
  }
  http::Request request = From("127.0.0.1");
  request.headers.Set("Host", "rebound.example:8080");
  EXPECT_EQ(Get(local_, request), 401);
  request.headers.Set("Host", "[::1]:8080");
  request.headers.Set("Sec-Fetch-Site", "same-origin");
  EXPECT_EQ(Get(local_, request), 200);
}

TEST_F(OpsAccessTest, TheStatusPageIsHtmlOrJson) {
  status_.Add("a", "A", [] { return StatusPairs{{{"x", 1}}}; });
  http::Request request = From("127.0.0.1");
  ASSERT_EQ(Get(local_, request), 200);
  EXPECT_EQ(response_.headers.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(response_.headers.Get("Cache-Control"), "no-store");
  request.query = "format=json";
  ASSERT_EQ(Get(local_, request), 200);
  EXPECT_EQ(response_.body, status_.Json());
  request.query.clear();
  request.headers.Set("Accept", "application/json");
  ASSERT_EQ(Get(local_, request), 200);
  EXPECT_EQ(response_.headers.Get("Content-Type"), "application/json");
}

}  // namespace
}  // namespace vedette
