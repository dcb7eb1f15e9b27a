// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/desk.h"

#include <algorithm>
#include <utility>

namespace vedette::monitor {
namespace {

constexpr std::string_view kRead = "alert.read";
constexpr std::string_view kAct = "alert.act";
constexpr std::string_view kJudge = "alert.medical";
constexpr std::string_view kSilence = "alert.silence";

}  // namespace

Task<Result<std::string>> AlertDesk::Sign(const CallContext& context, std::string password) {
  if (password.empty()) {
    co_return FailField("password", "is needed: this is signed with your password");
  }
  co_return co_await dependencies_.peers.ConfirmSignature(context, std::move(password));
}

Status AlertDesk::CheckSite(const CallContext& context, const Silence& silence) const {
  // What names no site is for who may do so on all.
  const std::string_view site = silence.site_id.empty() ? std::string_view("*") : silence.site_id;
  return dependencies_.authorizer.Check(*context.principal, kSilence, silence.study_id, site);
}

Task<Result<EnrichedAlert>> AlertDesk::Act(CallContext context,
                                           std::string study_id,
                                           std::string alert_id,
                                           ActionRequest request,
                                           std::string password,
                                           std::int64_t seen) {
  VEDETTE_CO_TRY(const auto shown, co_await dependencies_.reader.Get(context, study_id, alert_id));
  const AlertRecord& alert = *shown.alert;
  VEDETTE_CO_CHECK_OK(
      dependencies_.authorizer.Check(*context.principal, kAct, study_id, alert.covering_site()));
  if (NeedsMedicalRole(alert.severity, request)) {
    VEDETTE_CO_CHECK_OK(dependencies_.authorizer.Check(*context.principal, kJudge, study_id,
                                                       alert.covering_site()));
  }
  // What cannot be done is refused before anybody signs it.
  VEDETTE_CO_CHECK_OK(Decide({.severity = alert.severity, .workflow = alert.workflow}, request));
  ActionEntry entry{.study_id = study_id,
                    .alert_id = alert.id,
                    .request = std::move(request),
                    .seen = seen,
                    .actor = context.principal->name};
  if (NeedsSignature(alert.severity, entry.request)) {
    VEDETTE_CO_TRY(entry.signed_by, co_await Sign(context, std::move(password)));
  }
  VEDETTE_CO_CHECK_OK(co_await dependencies_.writer.Act(std::move(entry), context.deadline));
  dependencies_.feed.Wake();
  co_return co_await dependencies_.reader.Get(std::move(context), std::move(study_id),
                                              std::move(alert_id));
}

Task<Result<Silence>> AlertDesk::CreateSilence(CallContext context,
                                               Silence silence,
                                               std::string password) {
  const Timestamp now = dependencies_.clock.Now();
  VEDETTE_CO_CHECK_OK(CheckSilenceEnd(silence.until, now));
  VEDETTE_CO_CHECK_OK(CheckSite(context, silence));
  for (const auto& rule : dependencies_.rules.AtWork(silence.study_id, now)) {
    if (rule->definition().rule_id == silence.rule_id &&
        rule->definition().severity == rules::Severity::kCritical) {
      co_return FailField("ruleId", "is a critical rule, whose alerts are never silenced");
    }
  }
  VEDETTE_CO_CHECK_OK(co_await Sign(context, std::move(password)));
  silence.id = NewUuid(now);
  silence.created_by = context.principal->name;
  silence.created_at = now;
  VEDETTE_CO_CHECK_OK(co_await dependencies_.writer.Put(silence, context.deadline));
  co_return silence;
}

Task<Result<std::vector<Silence>>> AlertDesk::ListSilences(CallContext context,
                                                           std::string study_id) {
  const auto sites = dependencies_.authorizer.Sites(*context.principal, kRead, study_id);
  const bool all = std::ranges::find(sites, "*") != sites.end();
  VEDETTE_CO_TRY(auto silences,
                 co_await dependencies_.store.Silences(context.deadline, std::move(study_id),
                                                       dependencies_.clock.Now()));
  std::erase_if(silences, [&](const Silence& silence) {
    if (all || (silence.site_id.empty() && silence.subject_number.empty())) return false;
    return std::ranges::find(sites, silence.site_id) == sites.end();
  });
  co_return silences;
}

Task<Result<Silence>> AlertDesk::FindSilence(CallContext context, std::string study_id, Uuid id) {
  VEDETTE_CO_TRY(auto silences,
                 co_await dependencies_.store.Silences(context.deadline, std::move(study_id),
                                                       dependencies_.clock.Now()));
  const auto found = std::ranges::find(silences, id, &Silence::id);
  if (found == silences.end()) co_return Fail(Code::kNotFound, "The study has no such silence.");
  co_return std::move(*found);
}

Task<Result<Silence>> AlertDesk::EndSilence(CallContext context,
                                            std::string study_id,
                                            std::string silence_id) {
  const auto id = Uuid::Parse(silence_id);
  if (!id) co_return FailField("silenceId", "is not a UUID");
  VEDETTE_CO_TRY(const auto silence, co_await FindSilence(context, study_id, *id));
  VEDETTE_CO_CHECK_OK(CheckSite(context, silence));
  VEDETTE_CO_CHECK_OK(co_await dependencies_.writer.End({.study_id = study_id,
                                                         .id = *id,
                                                         .at = dependencies_.clock.Now(),
                                                         .by = context.principal->name},
                                                        context.deadline));
  co_return co_await FindSilence(std::move(context), std::move(study_id), *id);
}

}  // namespace vedette::monitor
