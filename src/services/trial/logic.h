// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "services/trial/store.h"
#include "services/trial/study_cache.h"
#include "services/trial/types.h"

namespace vedette::trial {

// What trial does, for a caller whose permission on the study the guard has checked. Thread-safe.
class TrialLogic {
 public:
  // `cache` reads from `store`.
  TrialLogic(TrialStore& store,
             StudyCache& cache,
             const Clock& clock,
             const Authorizer& authorizer,
             Logger logger);

  // kAlreadyExists when the id is taken. Gives the caller no role on the study, and
  // needs the permission on every study.
  Task<Result<Study>> CreateStudy(CallContext context,
                                  std::string id,
                                  std::string name,
                                  std::string phase);
  Task<Result<Study>> GetStudy(CallContext context, std::string study_id);
  // Those the caller may read.
  Task<Result<std::vector<Study>>> ListStudies(CallContext context);
  // Those of the study that the caller may read.
  Task<Result<std::vector<Site>>> ListSites(CallContext context, std::string study_id);
  Task<Result<Dictionary>> ListItems(CallContext context, std::string study_id);

  Task<Result<RevisedDesign>> GetDesign(CallContext context, std::string study_id);

  // All need the permission on all sites of the study, take all or nothing, and leave the revision
  // alone when everything was there already.
  Task<Result<PutOutcome>> PutSites(CallContext context,
                                    std::string study_id,
                                    std::vector<Site> sites);
  // To say that an item does not tell the treatment after all is for those who may see that.
  Task<Result<PutOutcome>> PutItems(CallContext context,
                                    std::string study_id,
                                    std::vector<Item> items);
  Task<Result<RevisedDesign>> PutDesign(CallContext context, std::string study_id, Design design);

 private:
  Status CheckWholeStudy(const Principal& principal, const std::string& study_id) const;

  // Commits, and has what was cached of the study deleted.
  Task<Status> Commit(StudyChange change, std::string study_id, Deadline deadline);

  TrialStore& store_;
  StudyCache& cache_;
  const Clock& clock_;
  const Authorizer& authorizer_;
  Logger logger_;
};

}  // namespace vedette::trial
