// SPDX-License-Identifier: Apache-2.0
#include "services/subject/module.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "kit/db/migrate.h"
#include "services/subject/api.h"
#include "services/subject/trial_sites.h"

namespace vedette::subject {

void SubjectConfig::Describe(config::Section& section) {
  section.Field("keys", keys,
                {.text = "Keys that seal names and phone numbers, one `<id> <key>` a line. Empty: "
                         "the file subject.keys in the data folder, made at the first start."});
}

SubjectModule::SubjectModule(SubjectDependencies dependencies, SubjectConfig config)
    : database_(dependencies.database),
      logger_(dependencies.logger),
      config_(std::move(config)),
      store_(dependencies.database),
      sites_(MakeTrialSites(dependencies.trial)),
      logic_(store_,
             *sites_,
             sealed_box_,
             dependencies.clock,
             dependencies.authorizer,
             dependencies.logger),
      api_(MakeSubjectApi(logic_)) {}

Task<Status> SubjectModule::Start() {
  VEDETTE_CO_CHECK_OK(co_await db::Migrate(database_, Migrations(), logger_));
  VEDETTE_CO_CHECK_OK(co_await LoadKeys());
  started_ = true;
  co_return Status{};
}

Task<void> SubjectModule::Stop() {
  started_ = false;
  co_return;
}

Status SubjectModule::Ready() const {
  if (started_) return {};
  return Fail(Code::kUnavailable, "subject is not started.");
}

Task<Status> SubjectModule::LoadKeys() {
  if (!config_.keys.Reveal().empty()) {
    VEDETTE_CO_TRY(auto ring, KeyRing::Parse(config_.keys));
    sealed_box_.emplace(std::move(ring));
    co_return Status{};
  }
  const std::filesystem::path folder = config_.data_dir;
  const std::filesystem::path file = folder / "subject.keys";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    // Fresh keys would leave what is sealed closed for ever, and nobody would notice at once.
    VEDETTE_CO_TRY(const bool sealed, co_await store_.HoldsPersonalData(Deadline::None()));
    if (sealed) {
      co_return Fail(Code::kFailedPrecondition,
                     "The store holds personal data, but the keys that open it are not at " +
                         file.string() + ": restore the file, or give subject.keys.");
    }
    std::filesystem::create_directories(folder, ignored);
  }
  VEDETTE_CO_TRY(auto ring, KeyRing::LoadOrCreateFile(file.string()));
  sealed_box_.emplace(std::move(ring));
  co_return Status{};
}

}  // namespace vedette::subject
