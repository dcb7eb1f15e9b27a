// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vedette/subject/v1/subject.vedette.h>
#include <vedette/trial/v1/trial.vedette.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/sensitive.h"
#include "kit/auth/authorizer.h"
#include "kit/auth/sealed_box.h"
#include "kit/config/section.h"
#include "kit/db/database.h"
#include "kit/service/module.h"
#include "services/subject/logic.h"
#include "services/subject/store.h"

namespace vedette::subject {

// The references outlive the module.
struct SubjectDependencies {
  db::Database& database;
  const Clock& clock;
  const Authorizer& authorizer;
  Logger logger;
  trial::v1::TrialApi& trial;
};

struct SubjectConfig {
  // The keys that seal personal data (kit/auth/sealed_box.h tells the format).
  Sensitive<std::string> keys;
  // Where the keys are kept when `keys` is empty: subject.keys. Given by the process.
  std::string data_dir = "./data";

  void Describe(config::Section& section);
};

// Subjects and their sealed data.
class SubjectModule final : public Module {
 public:
  SubjectModule(SubjectDependencies dependencies, SubjectConfig config);

  // kFailedPrecondition when the store holds personal data and the keys' file is not there.
  Task<Status> Start() override;
  Task<void> Stop() override;
  Status Ready() const override;

  // Unguarded; answers once started. Lives as long as the module.
  v1::SubjectApi& api() { return *api_; }

 private:
  Task<Status> LoadKeys();

  db::Database& database_;
  Logger logger_;
  SubjectConfig config_;
  std::optional<SealedBox> sealed_box_;
  SubjectStore store_;
  std::unique_ptr<StudySites> sites_;
  SubjectLogic logic_;
  std::unique_ptr<v1::SubjectApi> api_;
  std::atomic<bool> started_ = false;
};

}  // namespace vedette::subject
