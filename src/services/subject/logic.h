// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "kit/auth/authorizer.h"
#include "kit/auth/sealed_box.h"
#include "kit/rpc/call_context.h"
#include "kit/task/task.h"
#include "services/subject/store.h"
#include "services/subject/types.h"

namespace vedette::subject {

using SiteSet = std::set<std::string, std::less<>>;

// The sites of a study, as trial knows them.
class StudySites {
 public:
  virtual ~StudySites() = default;
  // kNotFound when there is no such study; kUnavailable when trial is away.
  virtual Task<Result<SiteSet>> SitesOf(CallContext context, std::string study_id) = 0;
};

// What subject does, for a caller whose permission on the study (where the request names one) the
// guard has checked; the caller's sites are checked here. Personal data leaves it masked only.
// Thread-safe.
class SubjectLogic {
 public:
  // `sealed_box` must hold its keys before the first call; they come with the module's start.
  SubjectLogic(SubjectStore& store,
               StudySites& sites,
               const std::optional<SealedBox>& sealed_box,
               const Clock& clock,
               const Authorizer& authorizer,
               Logger logger);

  // Without a site, on the only one the caller's role covers. kInvalidArgument for a study or site
  // that is not there, kAlreadyExists for a taken number.
  Task<Result<Subject>> Create(CallContext context, NewSubject subject);

  // kInvalidArgument for what is no id, kNotFound for an unknown one, kPermissionDenied for a
  // subject of a site outside the caller's role.
  Task<Result<Subject>> Get(CallContext context, std::string id);

  // The subjects on the caller's sites, or on one of them. `page_size` 0 takes 100.
  Task<Result<SubjectPage>> List(CallContext context,
                                 std::string study_id,
                                 std::string site_id,
                                 std::int32_t page_size,
                                 std::string page_token);

  // All or nothing. kConflict when a subject is registered on another site already.
  Task<Result<RegisterOutcome>> Register(CallContext context,
                                         std::string study_id,
                                         std::vector<Registration> registrations);

  // On the caller's sites; what is not known is left out.
  Task<Result<std::vector<ResolvedSubject>>> Resolve(CallContext context,
                                                     std::string study_id,
                                                     std::vector<std::string> subject_numbers);
  Task<Result<std::vector<Subject>>> GetMany(CallContext context,
                                             std::string study_id,
                                             std::vector<std::string> ids);

 private:
  std::string NewId() const;
  Result<Subject> Show(SubjectRecord record) const;
  Result<std::string> Mask(std::string (*mask)(std::string_view),
                           const std::optional<Bytes>& sealed,
                           const std::string& subject_id,
                           std::string_view field) const;

  SubjectStore& store_;
  StudySites& sites_;
  const std::optional<SealedBox>& sealed_box_;
  const Clock& clock_;
  const Authorizer& authorizer_;
  Logger logger_;
};

}  // namespace vedette::subject
