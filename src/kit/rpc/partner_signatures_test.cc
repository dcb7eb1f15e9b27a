// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/partner_signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fstream>
#include <random>

#include "base/bytes.h"
#include "kit/auth/message_key.h"
#include "kit/http/message_signature.h"
#include "kit/rpc/testing/fixture.h"
#include "kit/task/runtime.h"
#include "kit/testing/fake_clock.h"
#include "kit/testing/temp_dir.h"

namespace vedette::rpc {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A partner with an Ed25519 key in a file, signing requests.
class Partner {
 public:
  explicit Partner(const std::string& file) : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {
    std::FILE* out = std::fopen(file.c_str(), "w");
    PEM_write_PUBKEY(out, key_);
    std::fclose(out);
  }
  ~Partner() { EVP_PKEY_free(key_); }
  Partner(const Partner&) = delete;
  Partner& operator=(const Partner&) = delete;

  // Signs as `input` says: "(…);created=…".
  void Sign(http::Request& request, const std::string& input, std::string target_uri = {}) const {
    const auto parsed = http::ParseDictionary("sig1=" + input);
    const auto base = http::SignatureBase(*parsed->at(0).list(), {.headers = request.headers,
                                                                  .method = request.method,
                                                                  .path = request.path,
                                                                  .query = request.query,
                                                                  .target_uri = target_uri});
    const std::string text = base.value_or("what cannot be signed");
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_);
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    request.headers.Set("Signature-Input", "sig1=" + input);
    request.headers.Set("Signature", "sig1=:" + Base64Encode(signature) + ":");
  }

 private:
  EVP_PKEY* key_;
};

class PartnerSignaturesTest : public ::testing::Test {
 protected:
  PartnerSignaturesTest() { Load({}); }

  void Load(std::string base_uri) {
    auto loaded = PartnerSignatures::Load({.keys = {"u-device=k1:" + file_}, .base_uri = base_uri},
                                          clock_, nonces_, metrics_);
    ASSERT_TRUE(loaded) << loaded.error().message;
    partners_ = *std::move(loaded);
  }

  static http::Request Post() {
    http::Request request;
    request.method = "POST";
    request.path = "/api/v1/events";
    request.query = "study=S1";
    request.body = R"({"value":1})";
    request.headers.Set("Content-Digest",
                        "sha-256=:" + Base64Encode(ContentDigest("sha-256", request.body)) + ":");
    return request;
  }

  std::string Input(std::string nonce,
                    std::chrono::seconds age = 0s,
                    std::string covered = R"("@method" "@path" "@query" "content-digest")",
                    std::string key = "k1") const {
    const std::int64_t created = ToUnixMicros(clock_.Now()) / 1'000'000 - age.count();
    return "(" + covered + ");created=" + std::to_string(created) + ";nonce=\"" + nonce +
           "\";keyid=\"" + key + "\"";
  }

  Status Check(const http::Request& request, std::string subject = "u-device") {
    Principal principal;
    principal.subject = std::move(subject);
    auto shared = std::make_shared<const Principal>(std::move(principal));
    return Await<Status>(runtime_,
                         [&] { return partners_->Check(shared, request, Deadline::None()); });
  }

  void ExpectRefused(const http::Request& request, std::string reason) {
    const Status status = Check(request);
    ASSERT_FALSE(status) << reason;
    EXPECT_EQ(status.error().code, Code::kUnauthenticated);
    EXPECT_THAT(status.error().message, HasSubstr(reason));
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  Runtime runtime_{1};
  testkit::TempDir dir_;
  std::string file_ = dir_.path() / "partner.pem";
  Partner partner_{file_};
  LocalNonceStore nonces_{clock_};
  std::unique_ptr<PartnerSignatures> partners_;
};

TEST_F(PartnerSignaturesTest, ASignedRequestPassesOnce) {
  http::Request request = Post();
  partner_.Sign(request, Input("nonce-0001"));
  EXPECT_TRUE(Check(request));
  ExpectRefused(request, "used before");
  partner_.Sign(request, Input("nonce-0002"));
  EXPECT_TRUE(Check(request));
}

TEST_F(PartnerSignaturesTest, WhoHasNoKeyNeedNotSign) {
  EXPECT_TRUE(Check(Post(), "u-maria"));
  ExpectRefused(Post(), "must be signed");
}

TEST_F(PartnerSignaturesTest, WhatIsCoveredCannotBeChanged) {
  const auto changed = [&](auto change, std::string reason) {
    http::Request request = Post();
    partner_.Sign(request, Input("nonce-change"));
    change(request);
    ExpectRefused(request, reason);
  };
  changed([](http::Request& r) { r.method = "PUT"; }, "does not fit");
  changed([](http::Request& r) { r.path = "/api/v1/event"; }, "does not fit");
  changed([](http::Request& r) { r.query = "study=S2"; }, "does not fit");
  changed([](http::Request& r) { r.body = R"({"value":2})"; }, "Content-Digest");
  changed([](http::Request& r) { r.headers.Remove("Content-Digest"); }, "Content-Digest");
  changed([](http::Request& r) { r.headers.Set("Content-Digest", "md5=:AAAA:"); },
          "Content-Digest");
  changed([](http::Request& r) { r.headers.Set("Content-Encoding", "gzip"); },
          "without Content-Encoding");
  changed(
      [&](http::Request& r) {
        r.headers.Set("Content-Digest",
                      *r.headers.Get("Content-Digest") == "" ? "" : "sha-256=:AAAA:");
      },
      "Content-Digest");
}

TEST_F(PartnerSignaturesTest, EverythingThatMattersMustBeCovered) {
  for (const char* covered :
       {R"("@method" "@path" "@query")", R"("@path" "@query" "content-digest")",
        R"("@method" "@path" "content-digest")", R"("@method" "@query" "content-digest")", ""}) {
    http::Request request = Post();
    partner_.Sign(request, Input("nonce-cover", 0s, covered));
    ExpectRefused(request, "must cover");
  }
  http::Request get = Post();
  get.method = "GET";
  get.body.clear();
  partner_.Sign(get, Input("nonce-get", 0s, R"("@method" "@path" "@query")"));
  EXPECT_TRUE(Check(get)) << "without a body there is no digest";
}

TEST_F(PartnerSignaturesTest, TheTimeMustBeNear) {
  for (const auto age : {301s, -301s}) {
    http::Request request = Post();
    partner_.Sign(request, Input("nonce-time", age));
    ExpectRefused(request, "too long ago, or ahead");
  }
  http::Request request = Post();
  partner_.Sign(request, Input("nonce-old", 299s));
  EXPECT_TRUE(Check(request));
  partner_.Sign(request, Input("nonce-ahead", -299s));
  EXPECT_TRUE(Check(request));
  // As long as a signature is good, its nonce is remembered.
  clock_.Advance(590s);
  ExpectRefused(request, "used before");
  partner_.Sign(request, Input("nonce-expired") + ";expires=5");
  ExpectRefused(request, "expired");
}

TEST_F(PartnerSignaturesTest, ANonceIsRememberedToTheEndOfItsLastSecond) {
  http::Request request = Post();
  partner_.Sign(request, Input("nonce-edge", -300s));
  EXPECT_TRUE(Check(request));
  // `created` is in whole seconds, so the signature is good until this second is over.
  clock_.Advance(600s + 999ms);
  ExpectRefused(request, "used before");
  clock_.Advance(1ms);
  ExpectRefused(request, "too long ago, or ahead");
}

TEST_F(PartnerSignaturesTest, KeyAlgorithmAndNonceAreThePartners) {
  http::Request request = Post();
  partner_.Sign(request,
                Input("nonce-key", 0s, R"("@method" "@path" "@query" "content-digest")", "k2"));
  ExpectRefused(request, "names a key of yours");
  partner_.Sign(request, Input("nonce-alg") + ";alg=\"ecdsa-p256-sha256\"");
  ExpectRefused(request, "alg");
  partner_.Sign(request, Input("nonce-alg2") + ";alg=\"ed25519\"");
  EXPECT_TRUE(Check(request));
  partner_.Sign(request, Input("short"));
  ExpectRefused(request, "nonce");
  partner_.Sign(request, Input(std::string(129, 'n')));
  ExpectRefused(request, "nonce");
  const std::string bare = R"(("@method" "@path" "@query" "content-digest");keyid="k1")";
  partner_.Sign(request, bare);
  ExpectRefused(request, "when it was created");
  Partner stranger(dir_.path() / "stranger.pem");
  stranger.Sign(request, Input("nonce-stranger"));
  ExpectRefused(request, "does not fit");
  // A signature that fails does not use up the nonce.
  partner_.Sign(request, Input("nonce-stranger"));
  EXPECT_TRUE(Check(request));
}

TEST_F(PartnerSignaturesTest, TargetUriNeedsTheConfiguredBase) {
  const std::string covered = R"("@method" "@target-uri" "content-digest")";
  const std::string uri = "https://vedette.example/api/v1/events?study=S1";
  http::Request request = Post();
  partner_.Sign(request, Input("nonce-uri-1", 0s, covered), uri);
  ExpectRefused(request, "lacks or is not supported");
  Load("https://vedette.example");
  EXPECT_TRUE(Check(request));
  partner_.Sign(request, Input("nonce-uri-2", 0s, covered), "https://other.example/x");
  ExpectRefused(request, "does not fit");
}

TEST_F(PartnerSignaturesTest, AnyBytesInTheHeadersAreRefusedNotBroken) {
  http::Request signed_request = Post();
  partner_.Sign(signed_request, Input("nonce-bytes"));
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    http::Request request = signed_request;
    const char* name = random() % 2 == 0 ? "Signature-Input" : "Signature";
    std::string value(*request.headers.Get(name));
    value[random() % value.size()] = static_cast<char>(random());
    if (value == *signed_request.headers.Get(name)) continue;
    request.headers.Set(name, value);
    const Status status = Check(request);
    if (status) continue;  // what was changed is read as the same
    EXPECT_EQ(status.error().code, Code::kUnauthenticated);
  }
}

TEST_F(PartnerSignaturesTest, WrongEntriesAreRefusedAtTheStart) {
  for (const std::string& entry :
       {std::string(), std::string("u"), "u=" + file_, "=k:" + file_, "u=:" + file_,
        std::string("u=k:"), std::string("u=k:/nowhere.pem")}) {
    EXPECT_FALSE(PartnerSignatures::Load({.keys = {entry}}, clock_, nonces_, metrics_)) << entry;
  }
  EXPECT_FALSE(PartnerSignatures::Load({.keys = {"u=k:" + file_, "u=k:" + file_}}, clock_, nonces_,
                                       metrics_));
}

TEST(PartnerRestTest, ComesAfterAuthenticationAndHoldsForGrpcToo) {
  testkit::TempDir dir;
  const std::string file = dir.path() / "partner.pem";
  const Partner partner(file);
  SystemClock clock;
  LocalNonceStore nonces(clock);
  MetricsRegistry metrics;
  auto partners =
      *PartnerSignatures::Load({.keys = {"u-maria=k1:" + file}}, clock, nonces, metrics);
  testing::EchoFixture fixture({}, {.partners = partners.get()});
  const auto send = [&](std::string token, bool sign) {
    http::Request request;
    request.method = "GET";
    request.path = "/api/testing/me";
    if (!token.empty()) request.headers.Set("Authorization", "Bearer " + token);
    if (sign) {
      partner.Sign(request, R"(("@method" "@path" "@query");created=)" +
                                std::to_string(ToUnixMicros(clock.Now()) / 1'000'000) +
                                R"(;nonce="nonce-rest";keyid="k1")");
    }
    return Await<http::Response>(fixture.runtime, [&] { return fixture.rest.Send(request); });
  };
  EXPECT_THAT(send("expired", true).body, HasSubstr("The token has expired"));
  const http::Response unsigned_call = send("maria", false);
  EXPECT_EQ(unsigned_call.status, 401);
  EXPECT_THAT(unsigned_call.body, HasSubstr("must be signed"));
  EXPECT_EQ(send("maria", true).status, 200);
  EXPECT_EQ(send("maria", true).status, 401);
  EXPECT_EQ(send("central", false).status, 200);
  const auto by_grpc = Await<Result<testing::v1::WhoAmIResponse>>(
      fixture.runtime, [&] { return fixture.client->WhoAmI(testing::ContextOf("maria"), {}); });
  ASSERT_FALSE(by_grpc);
  EXPECT_EQ(by_grpc.error().code, Code::kUnauthenticated);
}

}  // namespace
}  // namespace vedette::rpc
