// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "kit/testing/fake_clock.h"

namespace vedette {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class TokenTest : public testing::Test {
 protected:
  TokenTest() { keys_.Add(key_.public_key()); }

  TokenClaims Claims() const {
    return {
        "vedette",
        "vedette",
        "token-1",
        {"user-1", "李 \"quoted\" \\ name", false, {{"cra", "S1", "701"}, {"monitor", "S2", "*"}}},
        kNow,
        kNow,
        kNow + seconds(900)};
  }

  std::string Signed(const TokenClaims& claims) const { return *SignToken(claims, key_); }

  // A token with any two texts, rightly signed.
  std::string Forge(const std::string& header, const std::string& payload) const {
    std::string token = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
    return token + "." + Base64UrlEncode(key_.Sign(token));
  }
  std::string Header() const {
    return R"({"alg":"EdDSA","kid":")" + key_.public_key().kid() + R"("})";
  }

  Result<TokenClaims> Verify(const std::string& token, Timestamp now = kNow) const {
    return VerifyToken(token, keys_, expectation_, now);
  }
  std::string ErrorOf(const std::string& token, Timestamp now = kNow) const {
    const auto claims = Verify(token, now);
    if (claims) return "accepted";
    EXPECT_EQ(claims.error().code, Code::kUnauthenticated);
    return claims.error().message;
  }

  static constexpr Timestamp kNow = FakeClock::kStart;
  const SigningKey key_ = SigningKey::Generate();
  PublicKeySet keys_;
  TokenExpectation expectation_;
};

TEST_F(TokenTest, WhatIsSignedIsRead) {
  const auto claims = Verify(Signed(Claims()));
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->principal.subject, "user-1");
  EXPECT_EQ(claims->principal.name, "李 \"quoted\" \\ name");
  EXPECT_FALSE(claims->principal.is_service);
  EXPECT_EQ(claims->principal.grants, Claims().principal.grants);
  EXPECT_EQ(claims->id, "token-1");
  EXPECT_EQ(claims->issued_at, kNow);
  EXPECT_EQ(claims->expires_at, kNow + seconds(900));
}

TEST_F(TokenTest, AServiceIsMarked) {
  TokenClaims claims = Claims();
  claims.principal.is_service = true;
  claims.principal.grants.clear();
  const auto read = Verify(Signed(claims));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->principal.is_service);
  EXPECT_TRUE(read->principal.grants.empty());
}

TEST_F(TokenTest, ExpiresAfterTheLeeway) {
  const std::string token = Signed(Claims());
  EXPECT_TRUE(Verify(token, kNow + seconds(929)));
  EXPECT_EQ(ErrorOf(token, kNow + seconds(930)), "The access token has expired; sign in again.");
}

TEST_F(TokenTest, IsNotValidBeforeItsTime) {
  TokenClaims claims = Claims();
  claims.not_before = kNow + seconds(60);
  const std::string token = Signed(claims);
  EXPECT_THAT(ErrorOf(token, kNow + seconds(29)), HasSubstr("not valid yet"));
  EXPECT_TRUE(Verify(token, kNow + seconds(30)));
}

TEST_F(TokenTest, IsForUsFromUs) {
  TokenClaims claims = Claims();
  claims.issuer = "elsewhere";
  EXPECT_THAT(ErrorOf(Signed(claims)), HasSubstr("another system"));
  claims = Claims();
  claims.audience = "elsewhere";
  EXPECT_THAT(ErrorOf(Signed(claims)), HasSubstr("another system"));
}

TEST_F(TokenTest, AnUnknownKeyIsRefused) {
  const SigningKey other = SigningKey::Generate();
  EXPECT_THAT(ErrorOf(*SignToken(Claims(), other)), HasSubstr("key that is not in use"));
}

TEST_F(TokenTest, AnotherKeyUnderOurKidIsRefused) {
  const SigningKey other = SigningKey::Generate();
  const std::string text = Signed(Claims());
  const std::string signed_text = text.substr(0, text.rfind('.'));
  EXPECT_THAT(ErrorOf(signed_text + "." + Base64UrlEncode(other.Sign(signed_text))),
              HasSubstr("signature"));
}

TEST_F(TokenTest, OnlyEdDsaIsAccepted) {
  const std::string text = Signed(Claims());
  const std::string payload =
      *Base64UrlDecode(text.substr(text.find('.') + 1, text.rfind('.') - text.find('.') - 1));
  const std::string kid = key_.public_key().kid();
  for (const std::string alg : {"none", "None", "HS256", "RS256", "eddsa", ""}) {
    const std::string header = R"({"alg":")" + alg + R"(","kid":")" + kid + R"("})";
    EXPECT_NE(ErrorOf(Forge(header, payload)), "accepted") << alg;
  }
  // Unsigned, and with an HMAC keyed by the public key.
  const std::string none =
      Base64UrlEncode(R"({"alg":"none","kid":")" + kid + R"("})") + "." + Base64UrlEncode(payload);
  EXPECT_NE(ErrorOf(none + "."), "accepted");
  const std::string hmac =
      Base64UrlEncode(R"({"alg":"HS256","kid":")" + kid + R"("})") + "." + Base64UrlEncode(payload);
  const Sha256Digest mac = HmacSha256(key_.public_key().jwk_x(), hmac);
  EXPECT_NE(ErrorOf(hmac + "." + Base64UrlEncode(AsBytes(mac))), "accepted");
}

TEST_F(TokenTest, EveryTruncationAndEveryChangedCharacterIsRefused) {
  const std::string token = Signed(Claims());
  for (std::size_t i = 0; i < token.size(); ++i) {
    EXPECT_NE(ErrorOf(token.substr(0, i)), "accepted") << i;
    EXPECT_NE(ErrorOf(token.substr(0, i) + token.substr(i + 1)), "accepted") << i;
    for (const char c : {'A', 'B', '.', '=', '+', ' ', '\0', '\xff'}) {
      if (token[i] == c) continue;
      std::string changed = token;
      changed[i] = c;
      EXPECT_NE(ErrorOf(changed), "accepted") << i << " " << static_cast<int>(c);
    }
  }
  for (const std::string suffix : {"=", ".", " ", "\n", "A", ".A"}) {
    EXPECT_NE(ErrorOf(token + suffix), "accepted");
  }
}

TEST_F(TokenTest, MalformedHeadersAreRefused) {
  const std::string kid = key_.public_key().kid();
  const std::string payload = "{}";
  for (const std::string& header : std::vector<std::string>{
           "", "[]", "null", "{", R"({"alg":"EdDSA"})", R"({"alg":"EdDSA","kid":7})",
           R"({"alg":["EdDSA"],"kid":")" + kid + R"("})",
           R"({"alg":"EdDSA","kid":")" + kid + R"(","crit":["exp"]})",
           R"({"alg":"none","alg":"EdDSA","kid":")" + kid + R"("})",
           R"({"alg":"EdDSA","typ":"JWE","kid":")" + kid + R"("})",
           R"({"alg":"EdDSA","kid":")" + kid + R"("} x)", std::string(2000, '[')}) {
    EXPECT_EQ(ErrorOf(Forge(header, payload)), "The access token is malformed; sign in again.")
        << header;
  }
}

TEST_F(TokenTest, MalformedClaimsAreRefused) {
  const std::string good =
      R"("iss":"vedette","aud":"vedette","sub":"u","name":"n","jti":"j","iat":1767225600,)"
      R"("exp":1767226500,"grants":[])";
  ASSERT_EQ(ErrorOf(Forge(Header(), "{" + good + "}")), "accepted");
  const auto replaced = [&](std::string from, std::string to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return "{" + text.replace(at, from.size(), to) + "}";
  };
  for (const std::string& payload :
       std::vector<std::string>{"",
                                "[]",
                                "{}",
                                "{" + good,
                                "{" + good + R"(,"sub":"admin"})",
                                "{" + good + R"(,"svc":"true"})",
                                "{" + good + R"(,"svc":1})",
                                "{" + good + R"(,"nbf":"1"})",
                                replaced(R"("exp":1767226500)", R"("exp":1767226500.5)"),
                                replaced(R"("exp":1767226500)", R"("exp":"1767226500")"),
                                replaced(R"("exp":1767226500)", R"("exp":-1)"),
                                replaced(R"("exp":1767226500)", R"("exp":9223372036854775807)"),
                                replaced(R"("exp":1767226500)", R"("exp":1e300)"),
                                replaced(R"("exp":1767226500,)", ""),
                                replaced(R"("sub":"u")", R"("sub":"")"),
                                replaced(R"("sub":"u")", R"("sub":null)"),
                                replaced(R"("sub":"u")", "\"sub\":\"\xff\""),
                                replaced("[]", "{}"),
                                replaced("[]", R"(["cra"])"),
                                replaced("[]", R"([["cra","S1"]])"),
                                replaced("[]", R"([["cra","S1","701","702"]])"),
                                replaced("[]", R"([["cra","S1",701]])"),
                                replaced("[]", R"([["cra","","701"]])"),
                                replaced("[]", R"([[[[[[[[[["cra"]]]]]]]]]])")}) {
    EXPECT_EQ(ErrorOf(Forge(Header(), payload)), "The access token is malformed; sign in again.")
        << payload;
  }
}

TEST_F(TokenTest, SizeIsLimited) {
  TokenClaims claims = Claims();
  for (int i = 0; i < 500; ++i) {
    claims.principal.grants.push_back({"investigator", "S1", std::to_string(i)});
  }
  const auto token = SignToken(claims, key_);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Code::kResourceExhausted);
  EXPECT_NE(ErrorOf(Forge(Header(), std::string(9000, ' '))), "accepted");
}

TEST_F(TokenTest, TheKeyIdIsReadWithoutVerifying) {
  EXPECT_EQ(TokenKeyId(Signed(Claims())), key_.public_key().kid());
  EXPECT_FALSE(TokenKeyId("a.b"));
}

}  // namespace
}  // namespace vedette
