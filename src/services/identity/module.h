// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/identity/v1/identity.vedette.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/sensitive.h"
#include "kit/auth/authorizer.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/service/module.h"
#include "kit/telemetry/metrics.h"
#include "services/identity/logic.h"
#include "services/identity/passwords.h"
#include "services/identity/store.h"
#include "services/identity/throttle.h"
#include "services/identity/token_issuer.h"

namespace vedette::identity {

// The references outlive the module.
struct IdentityDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
  MetricsRegistry& metrics;
};

struct IdentityConfig {
  std::chrono::milliseconds token_lifetime = std::chrono::hours(1);
  Sensitive<std::string> signing_key;
  Sensitive<std::string> bootstrap_admin_password;
  std::int64_t password_memory_kib = 19'456;
  std::int64_t password_passes = 2;
  std::int64_t password_threads = 2;
  std::int64_t password_queue = 64;
  // What Vedette's services share. Given by the process.
  Sensitive<std::string> service_secret;
  // Where the signing key is kept when `signing_key` is empty: identity.pem. Given by the process.
  std::string data_dir = "./data";

  void Describe(config::Section& section);
};

// Users, their roles, and the tokens that say so.
class IdentityModule final : public Module {
 public:
  IdentityModule(IdentityDependencies dependencies, IdentityConfig config);

  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

  // Unguarded; answers once started. Lives as long as the module.
  v1::IdentityApi& api() { return *api_; }

  // As IdentityLogic::EnsureUser, for the process itself. Once started.
  Task<Result<User>> EnsureUser(std::string username,
                                std::string display_name,
                                Sensitive<std::string> password,
                                std::vector<Grant> grants);

 private:
  Status LoadKey();

  db::Database& database_;
  Logger logger_;
  IdentityConfig config_;
  IdentityStore store_;
  Passwords passwords_;
  LogInThrottle throttle_;
  TokenIssuer tokens_;
  IdentityLogic logic_;
  std::unique_ptr<v1::IdentityApi> api_;
  std::atomic<bool> started_ = false;
};

}  // namespace vedette::identity
