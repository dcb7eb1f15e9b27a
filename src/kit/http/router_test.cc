// SPDX-License-Identifier: Apache-2.0
#include "kit/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace vedette::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

Task<Response> Empty(Request) { co_return Response(); }

class RouterTest : public testing::Test {
 protected:
  void Add(std::string method, std::string pattern) { router_.Add(method, pattern, Empty); }
  std::string Pattern(std::string_view method, std::string_view path) {
    const Router::Match match = router_.Find(method, path);
    return match.route ? match.route->pattern : "";
  }
  Router router_;
};

TEST_F(RouterTest, LiteralsWinOverVariables) {
  Add("GET", "/trial/{id}");
  Add("GET", "/trial/active");
  EXPECT_EQ(Pattern("GET", "/trial/active"), "/trial/active");
  EXPECT_EQ(Pattern("GET", "/trial/7"), "/trial/{id}");
}

TEST_F(RouterTest, GoesBackToAVariableWhenTheLiteralLeadsNowhere) {
  Add("GET", "/a/b/c");
  Add("GET", "/a/{x}/d");
  const Router::Match match = router_.Find("GET", "/a/b/d");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->pattern, "/a/{x}/d");
  EXPECT_THAT(match.variables, ElementsAre(Pair("x", "b")));
}

TEST_F(RouterTest, VariablesAreDecodedAndNamed) {
  Add("GET", "/s/{study}/subject/{id}");
  const Router::Match match = router_.Find("GET", "/s/A%2FB/subject/%E4%B8%AD+1");
  ASSERT_NE(match.route, nullptr);
  EXPECT_THAT(match.variables, ElementsAre(Pair("study", "A/B"), Pair("id", "\xE4\xB8\xAD+1")));
}

TEST_F(RouterTest, AVariableIsNeverEmpty) {
  Add("GET", "/trial/{id}");
  EXPECT_EQ(Pattern("GET", "/trial/"), "");
  EXPECT_EQ(Pattern("GET", "/trial"), "");
}

TEST_F(RouterTest, VerbEndsThePath) {
  Add("POST", "/rules/{id}:activate");
  Add("POST", "/rules/{id}");
  Add("POST", "/events:record");
  const Router::Match match = router_.Find("POST", "/rules/r1:activate");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->pattern, "/rules/{id}:activate");
  EXPECT_THAT(match.variables, ElementsAre(Pair("id", "r1")));
  EXPECT_EQ(Pattern("POST", "/events:record"), "/events:record");
  // A colon that is no verb, or is escaped, belongs to the id.
  EXPECT_THAT(router_.Find("POST", "/rules/a:b").variables, ElementsAre(Pair("id", "a:b")));
  EXPECT_THAT(router_.Find("POST", "/rules/a%3Aactivate").variables,
              ElementsAre(Pair("id", "a:activate")));
}

TEST_F(RouterTest, PrefixTakesTheRestAndYieldsToTheRest) {
  Add("GET", "/**");
  Add("GET", "/api/{x}");
  EXPECT_EQ(Pattern("GET", "/api/1"), "/api/{x}");
  EXPECT_EQ(Pattern("GET", "/"), "/**");
  const Router::Match match = router_.Find("GET", "/assets/a%20b.js");
  ASSERT_NE(match.route, nullptr);
  EXPECT_THAT(match.variables, ElementsAre(Pair("**", "assets/a b.js")));
}

TEST_F(RouterTest, WrongMethodNamesTheRightOnes) {
  Add("GET", "/a");
  Add("POST", "/a");
  const Router::Match match = router_.Find("DELETE", "/a");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed_methods, "GET, POST");
  EXPECT_EQ(router_.Find("DELETE", "/b").allowed_methods, "");
}

TEST_F(RouterTest, HeadIsAnsweredByGet) {
  Add("GET", "/a");
  EXPECT_EQ(Pattern("HEAD", "/a"), "/a");
}

TEST_F(RouterTest, BadEscapesAreMalformed) {
  Add("GET", "/{x}");
  EXPECT_TRUE(router_.Find("GET", "/%4").malformed);
  EXPECT_TRUE(router_.Find("GET", "/%zz").malformed);
  EXPECT_TRUE(router_.Find("GET", "no-slash").malformed);
}

TEST_F(RouterTest, BadPatternsAreDefects) {
  EXPECT_THROW(Add("GET", "a"), std::invalid_argument);
  EXPECT_THROW(Add("GET", "/a//b"), std::invalid_argument);
  EXPECT_THROW(Add("GET", "/{a}/{a}"), std::invalid_argument);
  EXPECT_THROW(Add("GET", "/x{a}"), std::invalid_argument);
  EXPECT_THROW(Add("GET", "/{a=b/*}"), std::invalid_argument);
  Add("GET", "/{a}");
  EXPECT_THROW(Add("GET", "/{b}"), std::invalid_argument);
}

}  // namespace
}  // namespace vedette::http
