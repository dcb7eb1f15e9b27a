// SPDX-License-Identifier: Apache-2.0
#include "system/rule_life.h"

#include <stdexcept>

#include "kit/testing/eventually.h"

namespace vedette::system_test {
namespace {

constexpr char kSigner[] = "rule.signer";
constexpr char kSignerPassword[] = "a second pair of eyes";

std::string Must(const RestAnswer& answer) {
  if (answer.status / 100 != 2) {
    throw std::runtime_error("refused: " + std::to_string(answer.status) + " " + answer.body);
  }
  return answer.body;
}

// The second person's token; makes them where they are not there yet.
std::string SignerToken(System& system, const std::string& admin_token) {
  const RestAnswer created = system.Rest("POST", "/api/v1/identity/users",
                                         std::string(R"({"username":")") + kSigner +
                                             R"(","displayName":"Second Person",)" +
                                             R"("password":")" + kSignerPassword + "\"}",
                                         admin_token);
  if (created.status == 201) {
    Must(system.Rest("POST", "/api/v1/identity/users/" + JsonAt(created.body, "/id") + "/roles",
                     R"({"grant":{"role":"data_manager","studyId":"*","siteId":"*"}})",
                     admin_token));
  }
  return system.Token(kSigner, kSignerPassword);
}

void AwaitBacktest(System& system, const std::string& token, const std::string& path) {
  std::string answer;
  testkit::Eventually([&] {
    answer = Must(system.Rest("GET", path, {}, token));
    return JsonAt(answer, "/endedAt") != "0";
  });
  if (JsonAt(answer, "/status") != "done") {
    throw std::runtime_error("the back-test did not end well: " + answer);
  }
}

}  // namespace

void PutRuleToWork(System& system,
                   const std::string& admin_token,
                   const std::string& study,
                   const std::string& body) {
  const std::string root = "/api/v1/studies/" + study;
  const auto post = [&](const std::string& path, const std::string& text,
                        const std::string& token) {
    return Must(system.Rest("POST", root + path, text, token));
  };
  const std::string written = post("/rules", body, admin_token);
  const std::string rule = JsonAt(written, "/ruleId");
  const std::string started = post("/backtests", R"({"ruleId":")" + rule + "\"}", admin_token);
  AwaitBacktest(system, admin_token, root + "/backtests/" + JsonAt(started, "/id"));
  post("/rules/" + rule + ":sign",
       R"({"version":)" + JsonAt(written, "/version") + R"(,"password":")" + kSignerPassword +
           R"(","meaning":"reviewed and approved"})",
       SignerToken(system, admin_token));
  post("/rules/" + rule + ":activate", "{}", admin_token);
}

}  // namespace vedette::system_test
