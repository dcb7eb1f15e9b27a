// SPDX-License-Identifier: Apache-2.0
#include "kit/http/message_signature.h"

#include <gtest/gtest.h>

#include <random>

namespace vedette::http {
namespace {

// The request of RFC 9421 §B.2.
Headers ExampleHeaders() {
  Headers headers;
  headers.Add("Host", "example.com");
  headers.Add("Date", "Tue, 20 Apr 2021 02:07:55 GMT");
  headers.Add("Content-Type", "application/json");
  headers.Add("Content-Length", "18");
  return headers;
}

SfInnerList Covered(std::string_view text) {
  const auto dictionary = ParseDictionary("sig=" + std::string(text));
  return dictionary && dictionary->at(0).list() ? *dictionary->at(0).list() : SfInnerList{};
}

TEST(SignatureBaseTest, IsTheOneOfTheStandardsExample) {
  const Headers headers = ExampleHeaders();
  const auto base = SignatureBase(
      Covered(R"(("date" "@method" "@path" "@query" "@authority" "content-type" "content-length"))"
              R"(;created=1618884473;keyid="test-key-ed25519")"),
      {.headers = headers, .method = "POST", .path = "/foo", .query = "param=Value&Pet=dog"});
  EXPECT_EQ(base,
            "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
            "\"@method\": POST\n"
            "\"@path\": /foo\n"
            "\"@query\": ?param=Value&Pet=dog\n"
            "\"@authority\": example.com\n"
            "\"content-type\": application/json\n"
            "\"content-length\": 18\n"
            "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" "
            "\"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
}

TEST(SignatureBaseTest, DerivesWhatThereIs) {
  Headers headers;
  headers.Add("HOST", "Example.COM:8443");
  headers.Add("X-Two", "  a ");
  headers.Add("x-two", "b");
  const SignedMessage message{.headers = headers,
                              .method = "GET",
                              .path = "",
                              .query = "",
                              .target_uri = "https://example.com/"};
  EXPECT_EQ(SignatureBase(Covered(R"(("@authority" "@path" "@query" "@request-target" "x-two"))"),
                          message),
            "\"@authority\": example.com:8443\n\"@path\": /\n\"@query\": ?\n"
            "\"@request-target\": /\n\"x-two\": a, b\n"
            "\"@signature-params\": (\"@authority\" \"@path\" \"@query\" \"@request-target\" "
            "\"x-two\")");
  EXPECT_TRUE(SignatureBase(Covered(R"(("@target-uri"))"), message));
  for (const char* wrong :
       {R"(("absent"))", R"(("@status"))", R"(("@unknown"))", R"(("X-Two"))", R"((x-two))",
        R"(("x-two" "x-two"))", R"(("x-two";sf))", R"((""))", R"(("@method";req))"}) {
    EXPECT_FALSE(SignatureBase(Covered(wrong), message)) << wrong;
  }
}

TEST(StructuredFieldsTest, ReadsEveryKindAndWritesItBack) {
  const auto dictionary = ParseDictionary(
      "a=1, b=-12.50;x;y=?0 ,\tc=tok/en*, d=\"a\\\"b\\\\\", e=:aGVsbG8=:, f, g=?0;q=1,"
      "h=(1 \"two\";p=3   :AAE=:);created=5, a=2");
  ASSERT_TRUE(dictionary);
  EXPECT_EQ(dictionary->size(), 8U);
  const auto text = [&](std::string_view name) {
    const SfMember* member = FindMember(*dictionary, name);
    if (member == nullptr) return std::string("absent");
    if (const auto* list = member->list()) return Serialize(*list);
    return Serialize(std::get<SfItem>(member->value));
  };
  EXPECT_EQ(text("a"), "2");  // the last counts
  EXPECT_EQ(text("b"), "-12.50;x;y=?0");
  EXPECT_EQ(text("c"), "tok/en*");
  EXPECT_EQ(text("d"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(text("e"), ":aGVsbG8=:");
  EXPECT_EQ(FindMember(*dictionary, "e")->bytes()->bytes, "hello");
  EXPECT_EQ(text("f"), "?1");
  EXPECT_EQ(text("g"), "?0;q=1");
  EXPECT_EQ(text("h"), "(1 \"two\";p=3 :AAE=:);created=5");
  EXPECT_EQ(FindMember(*dictionary, "z"), nullptr);
  EXPECT_TRUE(ParseDictionary("")->empty());
  EXPECT_TRUE(ParseDictionary("  ")->empty());
}

TEST(StructuredFieldsTest, RefusesWhatIsNone) {
  for (const char* wrong : {"A=1",
                            "a=",
                            "a=1,",
                            "a=1;",
                            "a=1 b=2",
                            "a=(1",
                            "a=(1 2",
                            "a=(1\t2)",
                            "a=(1,2)",
                            "a=\"x",
                            "a=\"\\x\"",
                            "a=:a",
                            "a=:~:",
                            "a=?2",
                            "a=1.",
                            "a=1.2345",
                            "a=1234567890123456",
                            "a=1234567890123.1",
                            "a=-",
                            "a=1;B",
                            "=1",
                            ",",
                            "a=\"\x01\"",
                            "a=\"\xc3\"",
                            "a=@1"}) {
    EXPECT_FALSE(ParseDictionary(wrong)) << wrong;
  }
  std::string many;
  for (int i = 0; i < 65; ++i) many += (i ? ",k" : "k") + std::to_string(i);
  EXPECT_FALSE(ParseDictionary(many));
}

TEST(StructuredFieldsTest, SurvivesAnyBytes) {
  const std::string seed =
      "sig=(\"@method\" \"@path\";x=1);created=1;nonce=\"abc\";keyid=\"k\", d=:aGVsbG8=:, e=?1";
  std::mt19937 random(11);
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seed;
    for (std::uint32_t damage = 1 + random() % 4; damage > 0; --damage) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    text.resize(random() % (text.size() + 1));
    const auto once = ParseDictionary(text);
    if (!once) continue;
    ++read;
    // What was read is written so that it reads the same.
    for (const SfMember& member : *once) {
      const auto* list = member.list();
      const std::string written =
          list ? Serialize(*list) : Serialize(std::get<SfItem>(member.value));
      const auto again = ParseDictionary("x=" + written);
      ASSERT_TRUE(again) << written;
      const auto* second = again->at(0).list();
      EXPECT_EQ(second ? Serialize(*second) : Serialize(std::get<SfItem>(again->at(0).value)),
                written);
    }
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace vedette::http
