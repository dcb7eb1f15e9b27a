// SPDX-License-Identifier: Apache-2.0
#include "services/trial/logic.h"

#include <algorithm>
#include <utility>

#include "services/trial/policy.h"

namespace vedette::trial {
namespace {

constexpr std::string_view kRead = "trial.read";
constexpr std::string_view kCreate = "trial.create";
constexpr std::string_view kManage = "trial.manage";
constexpr std::string_view kSeeTreatment = "alert.unblinded";

// `scope` as Authorizer::Studies and Authorizer::Sites give it.
bool Covers(const std::vector<std::string>& scope, const std::string& id) {
  return std::ranges::any_of(scope,
                             [&](const std::string& one) { return one == "*" || one == id; });
}

template <class T>
PutOutcome OutcomeOf(const Changes<T>& changes, std::int64_t revision) {
  return {static_cast<std::int32_t>(changes.added.size()),
          static_cast<std::int32_t>(changes.changed.size()), revision};
}

// Whether an item that tells the treatment would no longer be said to.
bool Uncovers(const std::vector<Item>& present, const Changes<Item>& changes) {
  return std::ranges::any_of(changes.changed, [&](const Item& item) {
    const auto old = std::ranges::find(present, item.code, &Item::code);
    return !item.unblinding && old != present.end() && old->unblinding;
  });
}

}  // namespace

TrialLogic::TrialLogic(TrialStore& store,
                       StudyCache& cache,
                       const Clock& clock,
                       const Authorizer& authorizer,
                       Logger logger)
    : store_(store),
      cache_(cache),
      clock_(clock),
      authorizer_(authorizer),
      logger_(std::move(logger)) {}

Task<Result<Study>> TrialLogic::CreateStudy(CallContext context,
                                            std::string id,
                                            std::string name,
                                            std::string phase) {
  VEDETTE_CO_CHECK_OK(authorizer_.Check(*context.principal, kCreate, "*", "*"));
  Study study{.id = std::move(id),
              .name = std::move(name),
              .phase = std::move(phase),
              .created_at = clock_.Now()};
  // It may be cached that there is no such study.
  auto invalidation = co_await cache_.BeginInvalidation(study.id);
  VEDETTE_CO_CHECK_OK(co_await store_.CreateStudy(context.deadline, study));
  co_await invalidation.Run(context.deadline);
  logger_.Info("Study created", {{"study", study.id}, {"by", context.principal->subject}});
  co_return study;
}

Task<Result<Study>> TrialLogic::GetStudy(CallContext context, std::string study_id) {
  co_return co_await cache_.GetStudy(context.deadline, std::move(study_id));
}

Task<Result<std::vector<Study>>> TrialLogic::ListStudies(CallContext context) {
  VEDETTE_CO_TRY(auto studies, co_await store_.ListStudies(context.deadline));
  const auto readable = authorizer_.Studies(*context.principal, kRead);
  std::erase_if(studies, [&](const Study& study) { return !Covers(readable, study.id); });
  co_return studies;
}

Task<Result<std::vector<Site>>> TrialLogic::ListSites(CallContext context, std::string study_id) {
  VEDETTE_CO_TRY(auto sites, co_await cache_.ListSites(context.deadline, study_id));
  const auto readable = authorizer_.Sites(*context.principal, kRead, study_id);
  std::erase_if(sites, [&](const Site& site) { return !Covers(readable, site.id); });
  co_return sites;
}

Task<Result<Dictionary>> TrialLogic::ListItems(CallContext context, std::string study_id) {
  co_return co_await cache_.ListItems(context.deadline, std::move(study_id));
}

Task<Result<PutOutcome>> TrialLogic::PutSites(CallContext context,
                                              std::string study_id,
                                              std::vector<Site> sites) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, study_id));
  VEDETTE_CO_CHECK_OK(CheckSites(sites));
  VEDETTE_CO_TRY(auto change, co_await store_.BeginChange(context.deadline, study_id));
  VEDETTE_CO_TRY(const auto present, co_await change.Sites());
  auto changes = PlanSites(present, std::move(sites));
  if (changes.empty()) co_return PutOutcome{.revision = change.revision() - 1};
  const PutOutcome outcome = OutcomeOf(changes, change.revision());
  VEDETTE_CO_CHECK_OK(co_await change.PutSites(std::move(changes)));
  VEDETTE_CO_CHECK_OK(co_await Commit(std::move(change), study_id, context.deadline));
  logger_.Info("Sites put", {{"study", study_id},
                             {"created", outcome.created},
                             {"updated", outcome.updated},
                             {"by", context.principal->subject}});
  co_return outcome;
}

Task<Result<PutOutcome>> TrialLogic::PutItems(CallContext context,
                                              std::string study_id,
                                              std::vector<Item> items) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, study_id));
  VEDETTE_CO_CHECK_OK(CheckItems(items));
  VEDETTE_CO_TRY(auto change, co_await store_.BeginChange(context.deadline, study_id));
  VEDETTE_CO_TRY(const auto present, co_await change.Items());
  VEDETTE_CO_TRY(auto changes, PlanItems(present, std::move(items)));
  if (Uncovers(present, changes)) {
    VEDETTE_CO_CHECK_OK(authorizer_.Check(*context.principal, kSeeTreatment, study_id, "*"));
  }
  if (changes.empty()) co_return PutOutcome{.revision = change.revision() - 1};
  const PutOutcome outcome = OutcomeOf(changes, change.revision());
  VEDETTE_CO_CHECK_OK(co_await change.PutItems(std::move(changes)));
  VEDETTE_CO_CHECK_OK(co_await Commit(std::move(change), study_id, context.deadline));
  logger_.Info("Items put", {{"study", study_id},
                             {"created", outcome.created},
                             {"updated", outcome.updated},
                             {"by", context.principal->subject}});
  co_return outcome;
}

Task<Result<RevisedDesign>> TrialLogic::GetDesign(CallContext context, std::string study_id) {
  co_return co_await cache_.GetDesign(context.deadline, std::move(study_id));
}

Task<Result<RevisedDesign>> TrialLogic::PutDesign(CallContext context,
                                                  std::string study_id,
                                                  Design design) {
  VEDETTE_CO_CHECK_OK(CheckWholeStudy(*context.principal, study_id));
  VEDETTE_CO_TRY(auto change, co_await store_.BeginChange(context.deadline, study_id));
  VEDETTE_CO_TRY(const auto items, co_await change.Items());
  VEDETTE_CO_CHECK_OK(CheckDesign(design, items));
  design = Sorted(std::move(design));
  VEDETTE_CO_TRY(const auto present, co_await change.GetDesign());
  if (present == design) co_return RevisedDesign{std::move(design), change.revision() - 1};
  VEDETTE_CO_CHECK_OK(co_await change.PutDesign(design));
  const std::int64_t revision = change.revision();
  VEDETTE_CO_CHECK_OK(co_await Commit(std::move(change), study_id, context.deadline));
  logger_.Info("Design put", {{"study", study_id}, {"by", context.principal->subject}});
  co_return RevisedDesign{std::move(design), revision};
}

Task<Status> TrialLogic::Commit(StudyChange change, std::string study_id, Deadline deadline) {
  auto invalidation = co_await cache_.BeginInvalidation(std::move(study_id));
  VEDETTE_CO_CHECK_OK(co_await change.Commit());
  co_await invalidation.Run(deadline);
  co_return Status{};
}

Status TrialLogic::CheckWholeStudy(const Principal& principal, const std::string& study_id) const {
  const auto sites = authorizer_.Sites(principal, kManage, study_id);
  if (std::ranges::find(sites, "*") != sites.end()) return {};
  return Fail(Code::kPermissionDenied,
              "Changing study " + study_id +
                  " needs \"trial.manage\" on all of its sites; your role covers some of them.");
}

}  // namespace vedette::trial
