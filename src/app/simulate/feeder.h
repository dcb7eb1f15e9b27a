// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/client/session.h"
#include "app/simulate/study_model.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/sensitive.h"
#include "kit/task/task.h"

namespace vedette::simulate {

// When the study was created; nullopt when it is not there yet. A study that is continued must be
// made from the same beginning, or the same keys would come with other values.
Task<Result<std::optional<Timestamp>>> FindCreation(app::Session& session);

// A user who may watch the study.
struct DemoUser {
  std::string username;
  Sensitive<std::string> password;
};

// Brings a StudyModel into a running system through its public operations, as an administrator.
// Everything can be repeated: what is there already stays. Used from one executor.
class Feeder {
 public:
  Feeder(const StudyModel& model, app::Session& session);
  ~Feeder();

  // Study, sites, items, design, and subjects.
  Task<Status> SetUp();
  // Creates the user, when it is not there, as medical monitor of the study.
  Task<Status> AddUser(DemoUser user);
  // Records; the alerts raised.
  Task<Result<std::int64_t>> Send(std::vector<SimulatedObservation> observations);

 private:
  Task<Status> PutStudy();
  Task<Status> PutSubjects();
  Task<Status> PutDesign();

  struct Apis;
  const StudyModel& model_;
  app::Session& session_;
  std::unique_ptr<Apis> apis_;
};

}  // namespace vedette::simulate
