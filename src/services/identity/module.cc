// SPDX-License-Identifier: Apache-2.0
#include "services/identity/module.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "kit/db/migrate.h"
#include "model/role_table.h"
#include "services/identity/api.h"

namespace vedette::identity {
namespace {

RoleNames NamesOfRoles() {
  RoleNames names;
  for (const auto& [role, permissions] : DefaultRoleTable()) names.insert(role);
  return names;
}

PasswordCost CostOf(const IdentityConfig& config) {
  return {.memory_kib = static_cast<std::uint32_t>(config.password_memory_kib),
          .passes = static_cast<std::uint32_t>(config.password_passes)};
}

}  // namespace

void IdentityConfig::Describe(config::Section& section) {
  section.Field(
      "token_lifetime", token_lifetime,
      {.text = "How long an access token is good for.", .minimum = 60'000, .maximum = 86'400'000});
  section.Field("signing_key", signing_key,
                {.text = "Ed25519 key that signs tokens, PKCS #8 PEM. Empty: the file identity.pem "
                         "in the data folder, made at the first start."});
  section.Field("bootstrap_admin_password", bootstrap_admin_password,
                {.text = "Password of the user `admin`, made at a start without any user."});
  section.Field("password_memory_kib", password_memory_kib,
                {.text = "Memory that one password hash (argon2id) takes.",
                 .minimum = 64,
                 .maximum = 1'048'576});
  section.Field("password_passes", password_passes,
                {.text = "Passes of one password hash.", .minimum = 1, .maximum = 100});
  section.Field("password_threads", password_threads,
                {.text = "Passwords hashed at once.", .minimum = 1, .maximum = 64});
  section.Field("password_queue", password_queue,
                {.text = "Log-ins that may wait for a hash before more are refused.",
                 .minimum = 1,
                 .maximum = 100'000});
}

IdentityModule::IdentityModule(IdentityDependencies dependencies, IdentityConfig config)
    : database_(dependencies.database),
      logger_(dependencies.logger),
      config_(std::move(config)),
      store_(dependencies.database),
      passwords_(CostOf(config_),
                 static_cast<std::size_t>(config_.password_threads),
                 static_cast<std::size_t>(config_.password_queue)),
      throttle_(dependencies.clock),
      tokens_(dependencies.clock, std::chrono::floor<std::chrono::seconds>(config_.token_lifetime)),
      logic_(IdentityParts{store_, passwords_, throttle_, tokens_, dependencies.authorizer,
                           dependencies.clock, dependencies.logger, dependencies.metrics},
             NamesOfRoles(),
             config_.service_secret),
      api_(MakeIdentityApi(logic_)) {}

Task<Status> IdentityModule::Start() {
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(database_, Migrations(), logger_));
  VEDETTE_CO_CHECK_OK(LoadKey());
  VEDETTE_CO_CHECK_OK(co_await logic_.Bootstrap(config_.bootstrap_admin_password));
  started_ = true;
  co_return Status{};
}

Task<void> IdentityModule::Stop() {
  started_ = false;
  co_return;
}

Status IdentityModule::Ready() const {
  if (started_) return {};
  return Fail(Code::kUnavailable, "identity is not started.");
}

Task<Result<User>> IdentityModule::EnsureUser(std::string username,
                                              std::string display_name,
                                              Sensitive<std::string> password,
                                              std::vector<Grant> grants) {
  co_return co_await logic_.EnsureUser(std::move(username), std::move(display_name),
                                       std::move(password), std::move(grants));
}

Status IdentityModule::LoadKey() {
  if (!config_.signing_key.Reveal().empty()) {
    VEDETTE_TRY(auto key, SigningKey::FromPem(config_.signing_key));
    tokens_.UseKey(std::move(key));
    return {};
  }
  const std::filesystem::path folder = config_.data_dir;
  std::error_code ignored;  // loading tells what is wrong with the folder
  std::filesystem::create_directories(folder, ignored);
  VEDETTE_TRY(auto key, SigningKey::LoadOrCreateFile((folder / "identity.pem").string()));
  tokens_.UseKey(std::move(key));
  return {};
}

}  // namespace vedette::identity
