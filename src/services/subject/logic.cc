// SPDX-License-Identifier: Apache-2.0
#include "services/subject/logic.h"

#include <algorithm>
#include <utility>

#include "base/uuid.h"
#include "services/subject/masking.h"
#include "services/subject/policy.h"

namespace vedette::subject {
namespace {

constexpr std::string_view kCreate = "subject.create";
constexpr std::string_view kRead = "subject.read";
constexpr std::string_view kRegister = "subject.register";
constexpr std::string_view kNameField = "subject.name";
constexpr std::string_view kMobileField = "subject.mobile";
constexpr std::string_view kEnrolled = "enrolled";
constexpr std::int32_t kDefaultPage = 100;

}  // namespace

SubjectLogic::SubjectLogic(SubjectStore& store,
                           StudySites& sites,
                           const std::optional<SealedBox>& sealed_box,
                           const Clock& clock,
                           const Authorizer& authorizer,
                           Logger logger)
    : store_(store),
      sites_(sites),
      sealed_box_(sealed_box),
      clock_(clock),
      authorizer_(authorizer),
      logger_(std::move(logger)) {}

Task<Result<Subject>> SubjectLogic::Create(CallContext context, NewSubject subject) {
  auto sites = co_await sites_.SitesOf(context, subject.study_id);
  if (!sites && sites.error().code == Code::kNotFound) {
    co_return FailField("projectId", "is no study");
  }
  VEDETTE_CO_CHECK_OK(sites);
  if (subject.site_id.empty()) {
    VEDETTE_CO_TRY(subject.site_id, OnlySite(*sites, authorizer_.Sites(*context.principal, kCreate,
                                                                       subject.study_id)));
  }
  VEDETTE_CO_CHECK_OK(
      authorizer_.Check(*context.principal, kCreate, subject.study_id, subject.site_id));
  if (!sites->contains(subject.site_id)) {
    co_return FailField("siteId", "is no site of study " + subject.study_id);
  }

  SubjectRecord record{.id = NewId(),
                       .study_id = std::move(subject.study_id),
                       .site_id = std::move(subject.site_id),
                       .subject_number = std::move(subject.subject_number),
                       .age = subject.age,
                       .sex = std::move(subject.sex),
                       .status = std::string(kEnrolled),
                       .created_at = clock_.Now()};
  record.name_sealed = sealed_box_.value().Seal(subject.name, {kNameField, record.id});
  if (!subject.mobile.Reveal().empty()) {
    record.mobile_sealed = sealed_box_.value().Seal(subject.mobile, {kMobileField, record.id});
    record.mobile_hash = sealed_box_.value().LookupHash(subject.mobile, kMobileField);
  }
  VEDETTE_CO_TRY(record.subject_number, co_await store_.Create(context.deadline, record));
  logger_.Info("Subject enrolled", {{"study", record.study_id},
                                    {"site", record.site_id},
                                    {"subject", record.id},
                                    {"by", context.principal->subject}});
  co_return Show(std::move(record));
}

Task<Result<Subject>> SubjectLogic::Get(CallContext context, std::string id) {
  const auto uuid = Uuid::Parse(id);
  if (!uuid) co_return FailField("id", "is no subject id");
  VEDETTE_CO_TRY(auto record, co_await store_.Get(context.deadline, uuid->ToString()));
  VEDETTE_CO_CHECK_OK(CheckSiteScope(
      record.site_id, authorizer_.Sites(*context.principal, kRead, record.study_id)));
  co_return Show(std::move(record));
}

Task<Result<SubjectPage>> SubjectLogic::List(CallContext context,
                                             std::string study_id,
                                             std::string site_id,
                                             std::int32_t page_size,
                                             std::string page_token) {
  VEDETTE_CO_TRY(auto after, ReadPageToken(page_token));
  std::optional<std::vector<std::string>> sites =
      authorizer_.Sites(*context.principal, kRead, study_id);
  if (!site_id.empty()) {
    VEDETTE_CO_CHECK_OK(authorizer_.Check(*context.principal, kRead, study_id, site_id));
    sites = {std::move(site_id)};
  }
  if (CoversSite(*sites, "*")) sites.reset();

  const auto limit = static_cast<std::size_t>(page_size == 0 ? kDefaultPage : page_size);
  VEDETTE_CO_TRY(auto records,
                 co_await store_.List(context.deadline, std::move(study_id), std::move(sites),
                                      std::move(after), static_cast<std::int64_t>(limit) + 1));
  SubjectPage page;
  if (records.size() > limit) {
    records.resize(limit);
    page.next_page_token = MakePageToken(records.back().subject_number);
  }
  for (SubjectRecord& record : records) {
    VEDETTE_CO_TRY(auto subject, Show(std::move(record)));
    page.subjects.push_back(std::move(subject));
  }
  co_return page;
}

Task<Result<RegisterOutcome>> SubjectLogic::Register(CallContext context,
                                                     std::string study_id,
                                                     std::vector<Registration> registrations) {
  const auto scope = authorizer_.Sites(*context.principal, kRegister, study_id);
  for (const Registration& registration : registrations) {
    if (CoversSite(scope, registration.site_id)) continue;
    VEDETTE_CO_CHECK_OK(
        authorizer_.Check(*context.principal, kRegister, study_id, registration.site_id));
  }
  VEDETTE_CO_TRY(const auto sites, co_await sites_.SitesOf(context, study_id));
  VEDETTE_CO_CHECK_OK(CheckRegistrations(registrations, study_id, sites));

  std::vector<SubjectRecord> records;
  records.reserve(registrations.size());
  for (const Registration& registration : registrations) {
    records.push_back({.id = NewId(),
                       .study_id = study_id,
                       .site_id = registration.site_id,
                       .subject_number = registration.subject_number,
                       .age = registration.age,
                       .sex = registration.sex,
                       .status = std::string(kEnrolled),
                       .created_at = clock_.Now()});
  }
  VEDETTE_CO_TRY(const auto outcome,
                 co_await store_.Register(context.deadline, study_id, std::move(registrations),
                                          std::move(records)));
  logger_.Info("Subjects registered", {{"study", study_id},
                                       {"created", outcome.created},
                                       {"existing", outcome.existing},
                                       {"by", context.principal->subject}});
  co_return outcome;
}

Task<Result<std::vector<ResolvedSubject>>> SubjectLogic::Resolve(
    CallContext context, std::string study_id, std::vector<std::string> subject_numbers) {
  std::erase_if(subject_numbers, [](const std::string& text) { return !CanBeNumber(text); });
  const auto scope = authorizer_.Sites(*context.principal, kRead, study_id);
  VEDETTE_CO_TRY(auto subjects, co_await store_.Resolve(context.deadline, std::move(study_id),
                                                        std::move(subject_numbers)));
  std::erase_if(subjects, [&](const auto& subject) { return !CoversSite(scope, subject.site_id); });
  co_return subjects;
}

Task<Result<std::vector<Subject>>> SubjectLogic::GetMany(CallContext context,
                                                         std::string study_id,
                                                         std::vector<std::string> ids) {
  std::vector<std::string> known_form;
  known_form.reserve(ids.size());
  for (const std::string& id : ids) {
    if (const auto uuid = Uuid::Parse(id)) known_form.push_back(uuid->ToString());
  }
  const auto scope = authorizer_.Sites(*context.principal, kRead, study_id);
  VEDETTE_CO_TRY(auto records, co_await store_.GetMany(context.deadline, std::move(study_id),
                                                       std::move(known_form)));
  std::vector<Subject> subjects;
  subjects.reserve(records.size());
  for (SubjectRecord& record : records) {
    if (!CoversSite(scope, record.site_id)) continue;
    VEDETTE_CO_TRY(auto subject, Show(std::move(record)));
    subjects.push_back(std::move(subject));
  }
  co_return subjects;
}

std::string SubjectLogic::NewId() const { return NewUuid(clock_.Now()).ToString(); }

Result<Subject> SubjectLogic::Show(SubjectRecord record) const {
  VEDETTE_TRY(auto name, Mask(MaskName, record.name_sealed, record.id, kNameField));
  VEDETTE_TRY(auto mobile, Mask(MaskMobile, record.mobile_sealed, record.id, kMobileField));
  return Subject{.id = std::move(record.id),
                 .study_id = std::move(record.study_id),
                 .site_id = std::move(record.site_id),
                 .subject_number = std::move(record.subject_number),
                 .name = std::move(name),
                 .mobile = std::move(mobile),
                 .age = record.age,
                 .sex = std::move(record.sex),
                 .status = std::move(record.status),
                 .created_at = record.created_at};
}

Result<std::string> SubjectLogic::Mask(std::string (*mask)(std::string_view),
                                       const std::optional<Bytes>& sealed,
                                       const std::string& subject_id,
                                       std::string_view field) const {
  if (!sealed) return std::string();
  auto opened = sealed_box_.value().Open(*sealed, {field, subject_id});
  if (!opened) {
    logger_.Error("Personal data does not open", {{"subject", subject_id}, {"field", field}});
    return std::unexpected(std::move(opened).error());
  }
  return mask(opened->Reveal());
}

}  // namespace vedette::subject
