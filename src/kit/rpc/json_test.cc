// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/json.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <vedette/testing/v1/echo.pb.h>

#include <limits>
#include <random>

namespace vedette::rpc {
namespace {

namespace v1 = ::vedette::testing::v1;
using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class JsonTest : public ::testing::Test {
 protected:
  template <class Message>
  std::string Write(const Message& message) {
    std::string out;
    JsonCodec::Write(codec_.Compile(Message::descriptor()), message, out);
    return out;
  }
  template <class Message>
  Result<Message> Read(std::string text) {
    Message message;
    VEDETTE_CHECK_OK(JsonCodec::Read(codec_.Compile(Message::descriptor()), text, message));
    return message;
  }
  std::vector<FieldViolation> Violations(std::string text) {
    const auto read = Read<v1::Everything>(std::move(text));
    if (read) return {};
    EXPECT_EQ(read.error().code, Code::kInvalidArgument);
    return read.error().violations;
  }

  JsonCodec codec_;
};

v1::Everything Full() {
  v1::Everything all;
  all.set_small(std::numeric_limits<std::int32_t>::min());
  all.set_small_unsigned(std::numeric_limits<std::uint32_t>::max());
  all.set_large(std::numeric_limits<std::int64_t>::min());
  all.set_large_unsigned(std::numeric_limits<std::uint64_t>::max());
  all.set_real(1.0 / 3);
  all.set_short_real(0.1F);
  all.set_flag(true);
  all.set_text("quote \" backslash \\ newline \n tab \t bell \a slash / 中文 \U0001F600 \x7f");
  all.set_data(std::string("\x00\x01\xfe\xff", 4));
  all.set_mood(v1::WORRIED);
  all.mutable_part()->set_item_code("SYSBP");
  all.mutable_part()->set_number(0);
  for (const std::int64_t number : {0LL, -1LL, 1LL << 60}) all.add_numbers(number);
  all.add_texts("");
  all.add_texts("two");
  all.add_moods(v1::CALM);
  all.add_moods(v1::MOOD_UNSPECIFIED);
  all.add_parts()->add_tags("x");
  all.add_parts();
  all.set_maybe_text("");
  all.mutable_inner()->mutable_inner()->set_text("deep");
  return all;
}

TEST_F(JsonTest, WhatIsWrittenReadsBack) {
  for (const v1::Everything& message : {Full(), v1::Everything()}) {
    const auto read = Read<v1::Everything>(Write(message));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(MessageDifferencer::Equals(*read, message)) << read->DebugString();
  }
}

TEST_F(JsonTest, ProtobufReadsWhatWeWriteAndWeReadWhatItWrites) {
  const v1::Everything message = Full();
  v1::Everything theirs;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(Write(message), &theirs).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(theirs, message));
  std::string text;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(message, &text).ok());
  const auto ours = Read<v1::Everything>(text);
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_TRUE(MessageDifferencer::Equals(*ours, message));
}

TEST_F(JsonTest, RandomMessagesAgreeWithProtobuf) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    v1::Everything message;
    message.set_small(static_cast<std::int32_t>(random()));
    message.set_large(static_cast<std::int64_t>(random()));
    message.set_large_unsigned(random());
    message.set_real(
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 400) - 200));
    message.set_short_real(static_cast<float>(random() % 100000) / 7);
    std::string text;
    for (std::uint64_t n = random() % 40; n > 0; --n) text += static_cast<char>(random() % 128);
    message.set_text(text);
    message.set_data(text + "\xff");
    v1::Everything theirs;
    const std::string written = Write(message);
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(written, &theirs).ok()) << written;
    ASSERT_TRUE(MessageDifferencer::Equals(theirs, message)) << written;
    const auto ours = Read<v1::Everything>(written);
    ASSERT_TRUE(ours) << written;
    ASSERT_TRUE(MessageDifferencer::Equals(*ours, message)) << written;
  }
}

TEST_F(JsonTest, ContractOfTheWriter) {
  v1::Part part;
  EXPECT_EQ(Write(part), R"({"itemCode":"","tags":[]})");
  part.set_number(5);
  EXPECT_EQ(Write(part), R"({"itemCode":"","number":5,"tags":[]})");
  v1::Tick tick;
  tick.set_sequence(9007199254740993);
  EXPECT_EQ(Write(tick), R"({"sequence":9007199254740993,"text":""})");
  v1::Everything odd;
  odd.set_real(std::numeric_limits<double>::infinity());
  odd.set_mood(static_cast<v1::Mood>(77));
  EXPECT_THAT(Write(odd), HasSubstr(R"("real":null)"));
  EXPECT_THAT(Write(odd), HasSubstr(R"("mood":77)"));
}

TEST_F(JsonTest, BytesThatAreNoUtf8DoNotBreakTheOutput) {
  v1::Everything message;
  message.set_text("a\xff\xc3(\xe4\xb8z");
  const std::string written = Write(message);
  EXPECT_TRUE(simdjson::validate_utf8(written));
  const auto read = Read<v1::Everything>(written);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->text(), HasSubstr("a\xEF\xBF\xBD"));
}

TEST_F(JsonTest, ReaderIsLenientWhereItIsHarmless) {
  const auto read = Read<v1::Everything>(
      R"( {"small": 5.0, "large": "-42", "smallUnsigned": 1e3, "small_unsigned_": null,
           "mood": 2, "maybe_text": "proto name", "part": null, "text": "é😀"} )");
  ASSERT_FALSE(read);  // small_unsigned_
  const auto good = Read<v1::Everything>(
      R"( {"small": 5.0, "large": "-42", "smallUnsigned": 1e3, "mood": 2,
           "maybe_text": "proto name", "part": null, "text": "\u00e9\ud83d\ude00"} )");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->small(), 5);
  EXPECT_EQ(good->large(), -42);
  EXPECT_EQ(good->small_unsigned(), 1000U);
  EXPECT_EQ(good->mood(), v1::WORRIED);
  EXPECT_EQ(good->maybe_text(), "proto name");
  EXPECT_FALSE(good->has_part());
  EXPECT_EQ(good->text(), "é😀");
  EXPECT_TRUE(Read<v1::Everything>(""));
  EXPECT_TRUE(Read<v1::Everything>(" \n"));
}

TEST_F(JsonTest, ViolationsNameTheirPlace) {
  EXPECT_THAT(
      Violations(R"({"parts":[{"itemCode":"A"},{"itemcode":"B"}]})"),
      ElementsAre(FieldViolation{"parts[1].itemcode", "is not known; did you mean itemCode?"}));
  EXPECT_THAT(Violations(R"({"wholly_unlike":1})"),
              ElementsAre(FieldViolation{"wholly_unlike", "is not known"}));
  EXPECT_THAT(Violations(R"({"inner":{"inner":{"flag":"yes"}}})"),
              ElementsAre(FieldViolation{"inner.inner.flag", "must be true or false"}));
  EXPECT_THAT(Violations(R"({"small":"x","text":5,"part":[],"parts":{},"flag":1,"real":"1"})"),
              ElementsAre(FieldViolation{"small", "must be a whole number in range"},
                          FieldViolation{"text", "must be a string"},
                          FieldViolation{"part", "must be an object"},
                          FieldViolation{"parts", "must be a list"},
                          FieldViolation{"flag", "must be true or false"},
                          FieldViolation{"real", "must be a number"}));
  EXPECT_THAT(Violations(R"({"moods":["CALM","ANGRY",99]})"),
              ElementsAre(FieldViolation{"moods[1]", "is none of the known values"},
                          FieldViolation{"moods[2]", "is none of the known values"}));
  EXPECT_THAT(Violations(R"({"text":"a","text":"b"})"),
              ElementsAre(FieldViolation{"text", "is given twice"}));
  EXPECT_THAT(Violations(R"({"numbers":[1,null]})"),
              ElementsAre(FieldViolation{"numbers[1]", "must not be null"}));
  EXPECT_THAT(Violations(R"({"data":"%%%"})"),
              ElementsAre(FieldViolation{"data", "must be Base64"}));
}

TEST_F(JsonTest, NumbersOutOfRangeAreRefused) {
  for (const char* text :
       {R"({"small":2147483648})", R"({"small":-2147483649})", R"({"smallUnsigned":-1})",
        R"({"large":9223372036854775808})", R"({"largeUnsigned":18446744073709551616})",
        R"({"small":1.5})", R"({"large":1e30})", R"({"shortReal":1e300})"}) {
    EXPECT_THAT(Violations(text), SizeIs(1)) << text;
  }
  for (const char* text : {R"({"real":1e999})", R"({"small":01})", R"({"small":+1})",
                           R"({"small":0x10})", R"({"real":NaN})", R"({"real":.5})"}) {
    EXPECT_FALSE(Read<v1::Everything>(text)) << text;
  }
}

TEST_F(JsonTest, TextThatIsNoJsonIsRefused) {
  for (const std::string text : {"{",
                                 "}",
                                 "[]",
                                 "null",
                                 "1",
                                 "\"x\"",
                                 "{\"text\":}",
                                 "{\"text\" \"a\"}",
                                 "{\"text\":\"a\"",
                                 "{\"text\":\"a\"}}",
                                 "{\"text\":\"a\"} x",
                                 "{\"text\":\"a\",}",
                                 "{text:\"a\"}",
                                 "{\"text\":\"\\ud800\"}",
                                 "{\"text\":\"\\x\"}",
                                 "{\"text\":\"a\nb\"}",
                                 "{\"text\":\"\xff\"}",
                                 "{'text':'a'}",
                                 "\xef\xbb\xbf",
                                 "{\"numbers\":[1 2]}",
                                 "{\"numbers\":[1,]}",
                                 "{\"flag\":tru}"}) {
    const auto read = Read<v1::Everything>(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::kInvalidArgument) << text;
  }
}

TEST_F(JsonTest, DepthIsLimited) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "{\"inner\":";
  EXPECT_FALSE(Read<v1::Everything>(text));
  std::string closed = text + "{}" + std::string(100'000, '}');
  EXPECT_FALSE(Read<v1::Everything>(closed));
  EXPECT_FALSE(Read<v1::Everything>("{\"unknown\":" + std::string(100'000, '[')));
  EXPECT_FALSE(Read<v1::Everything>("{\"text\":" + std::string(100'000, '[')));
}

// Whatever the bytes, reading ends, and what it accepts can be written again.
TEST_F(JsonTest, DamagedTextNeverBreaksTheReader) {
  std::mt19937_64 random(11);
  const std::string good = Write(Full());
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        case 2:
          text.insert(at, 1, "{}[]\",:0\\"[random() % 9]);
          break;
        default:
          text.resize(at + 1);
      }
      if (text.empty()) text = "{";
    }
    if (const auto read = Read<v1::Everything>(text)) {
      EXPECT_TRUE(Read<v1::Everything>(Write(*read)));
    }
  }
}

}  // namespace
}  // namespace vedette::rpc
