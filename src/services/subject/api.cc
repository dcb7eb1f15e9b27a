// SPDX-License-Identifier: Apache-2.0
#include "services/subject/api.h"

#include <chrono>
#include <utility>

namespace vedette::subject {
namespace {

std::int64_t ToUnixSeconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

v1::Subject ToProto(Subject subject) {
  v1::Subject message;
  message.set_id(std::move(subject.id));
  message.set_project_id(std::move(subject.study_id));
  message.set_site_id(std::move(subject.site_id));
  message.set_subject_number(std::move(subject.subject_number));
  message.set_name(std::move(subject.name));
  message.set_mobile(std::move(subject.mobile));
  message.set_age(subject.age);
  message.set_sex(std::move(subject.sex));
  message.set_status(std::move(subject.status));
  message.set_created_at(ToUnixSeconds(subject.created_at));
  return message;
}

std::vector<std::string> Take(google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end())};
}

class SubjectApiOverLogic final : public v1::SubjectApi {
 public:
  explicit SubjectApiOverLogic(SubjectLogic& logic) : logic_(logic) {}

  Task<Result<v1::Subject>> CreateSubject(CallContext context,
                                          v1::CreateSubjectRequest request) override {
    NewSubject wanted{.name = Sensitive(std::move(*request.mutable_name())),
                      .age = request.age(),
                      .study_id = std::move(*request.mutable_project_id()),
                      .site_id = std::move(*request.mutable_site_id()),
                      .subject_number = std::move(*request.mutable_subject_number()),
                      .mobile = Sensitive(std::move(*request.mutable_mobile())),
                      .sex = std::move(*request.mutable_sex())};
    VEDETTE_CO_TRY(auto subject, co_await logic_.Create(std::move(context), std::move(wanted)));
    co_return ToProto(std::move(subject));
  }

  Task<Result<v1::Subject>> GetSubject(CallContext context,
                                       v1::GetSubjectRequest request) override {
    VEDETTE_CO_TRY(auto subject,
                   co_await logic_.Get(std::move(context), std::move(*request.mutable_id())));
    co_return ToProto(std::move(subject));
  }

  Task<Result<v1::ListSubjectsResponse>> ListSubjects(CallContext context,
                                                      v1::ListSubjectsRequest request) override {
    VEDETTE_CO_TRY(auto page, co_await logic_.List(
                                  std::move(context), std::move(*request.mutable_project_id()),
                                  std::move(*request.mutable_site_id()), request.page_size(),
                                  std::move(*request.mutable_page_token())));
    v1::ListSubjectsResponse response;
    for (Subject& subject : page.subjects) *response.add_subjects() = ToProto(std::move(subject));
    response.set_next_page_token(std::move(page.next_page_token));
    co_return response;
  }

  Task<Result<v1::GetPatientInfoResponse>> GetPatientInfo(
      CallContext context, v1::GetPatientInfoRequest request) override {
    auto found = co_await logic_.Get(std::move(context), std::move(*request.mutable_patient_id()));
    if (!found) {
      // The caller knows the id under this route's name.
      for (FieldViolation& violation : found.error().violations) violation.field = "patientId";
    }
    VEDETTE_CO_TRY(auto subject, std::move(found));
    v1::GetPatientInfoResponse response;
    v1::PatientInfo& info = *response.mutable_patient_info();
    info.set_id(std::move(subject.id));
    info.set_name(std::move(subject.name));
    info.set_mobile(std::move(subject.mobile));
    info.set_trial_id(std::move(subject.study_id));
    info.set_created_at(ToUnixSeconds(subject.created_at));
    co_return response;
  }

  Task<Result<v1::RegisterSubjectsResponse>> RegisterSubjects(
      CallContext context, v1::RegisterSubjectsRequest request) override {
    std::vector<Registration> registrations;
    registrations.reserve(static_cast<std::size_t>(request.subjects_size()));
    for (v1::SubjectRegistration& subject : *request.mutable_subjects()) {
      registrations.push_back({.subject_number = std::move(*subject.mutable_subject_number()),
                               .site_id = std::move(*subject.mutable_site_id()),
                               .age = subject.age(),
                               .sex = std::move(*subject.mutable_sex())});
    }
    VEDETTE_CO_TRY(
        const auto outcome,
        co_await logic_.Register(std::move(context), std::move(*request.mutable_study_id()),
                                 std::move(registrations)));
    v1::RegisterSubjectsResponse response;
    response.set_created(outcome.created);
    response.set_existing(outcome.existing);
    co_return response;
  }

  Task<Result<v1::ResolveSubjectsResponse>> ResolveSubjects(
      CallContext context, v1::ResolveSubjectsRequest request) override {
    VEDETTE_CO_TRY(auto subjects, co_await logic_.Resolve(
                                      std::move(context), std::move(*request.mutable_study_id()),
                                      Take(*request.mutable_subject_numbers())));
    v1::ResolveSubjectsResponse response;
    for (ResolvedSubject& subject : subjects) {
      v1::ResolvedSubject& added = *response.add_subjects();
      added.set_id(std::move(subject.id));
      added.set_subject_number(std::move(subject.subject_number));
      added.set_site_id(std::move(subject.site_id));
    }
    co_return response;
  }

  Task<Result<v1::BatchGetSubjectsResponse>> BatchGetSubjects(
      CallContext context, v1::BatchGetSubjectsRequest request) override {
    VEDETTE_CO_TRY(auto subjects, co_await logic_.GetMany(std::move(context),
                                                          std::move(*request.mutable_study_id()),
                                                          Take(*request.mutable_ids())));
    v1::BatchGetSubjectsResponse response;
    for (Subject& subject : subjects) *response.add_subjects() = ToProto(std::move(subject));
    co_return response;
  }

 private:
  SubjectLogic& logic_;
};

}  // namespace

std::unique_ptr<v1::SubjectApi> MakeSubjectApi(SubjectLogic& logic) {
  return std::make_unique<SubjectApiOverLogic>(logic);
}

}  // namespace vedette::subject
