// SPDX-License-Identifier: Apache-2.0
#include "services/trial/api.h"

#include <utility>

#include "services/trial/messages.h"

namespace vedette::trial {
namespace {

class TrialApiOverLogic final : public v1::TrialApi {
 public:
  explicit TrialApiOverLogic(TrialLogic& logic) : logic_(logic) {}

  Task<Result<v1::Study>> CreateStudy(CallContext context,
                                      v1::CreateStudyRequest request) override {
    VEDETTE_CO_TRY(auto study,
                   co_await logic_.CreateStudy(std::move(context), std::move(*request.mutable_id()),
                                               std::move(*request.mutable_name()),
                                               std::move(*request.mutable_phase())));
    co_return ToProto(std::move(study));
  }

  Task<Result<v1::Study>> GetStudy(CallContext context, v1::GetStudyRequest request) override {
    VEDETTE_CO_TRY(auto study, co_await logic_.GetStudy(std::move(context),
                                                        std::move(*request.mutable_study_id())));
    co_return ToProto(std::move(study));
  }

  Task<Result<v1::ListStudiesResponse>> ListStudies(CallContext context,
                                                    v1::ListStudiesRequest) override {
    VEDETTE_CO_TRY(auto studies, co_await logic_.ListStudies(std::move(context)));
    v1::ListStudiesResponse response;
    for (Study& study : studies) *response.add_studies() = ToProto(std::move(study));
    co_return response;
  }

  Task<Result<v1::PutSitesResponse>> PutSites(CallContext context,
                                              v1::PutSitesRequest request) override {
    std::vector<Site> sites;
    for (v1::Site& site : *request.mutable_sites()) sites.push_back(FromProto(site));
    VEDETTE_CO_TRY(
        const auto outcome,
        co_await logic_.PutSites(std::move(context), std::move(*request.mutable_study_id()),
                                 std::move(sites)));
    v1::PutSitesResponse response;
    response.set_created(outcome.created);
    response.set_updated(outcome.updated);
    co_return response;
  }

  Task<Result<v1::ListSitesResponse>> ListSites(CallContext context,
                                                v1::ListSitesRequest request) override {
    VEDETTE_CO_TRY(auto sites, co_await logic_.ListSites(std::move(context),
                                                         std::move(*request.mutable_study_id())));
    v1::ListSitesResponse response;
    for (Site& site : sites) *response.add_sites() = ToProto(std::move(site));
    co_return response;
  }

  Task<Result<v1::PutItemsResponse>> PutItems(CallContext context,
                                              v1::PutItemsRequest request) override {
    std::vector<Item> items;
    for (v1::Item& item : *request.mutable_items()) items.push_back(FromProto(item));
    VEDETTE_CO_TRY(
        const auto outcome,
        co_await logic_.PutItems(std::move(context), std::move(*request.mutable_study_id()),
                                 std::move(items)));
    v1::PutItemsResponse response;
    response.set_created(outcome.created);
    response.set_updated(outcome.updated);
    response.set_revision(outcome.revision);
    co_return response;
  }

  Task<Result<v1::ListItemsResponse>> ListItems(CallContext context,
                                                v1::ListItemsRequest request) override {
    VEDETTE_CO_TRY(
        auto dictionary,
        co_await logic_.ListItems(std::move(context), std::move(*request.mutable_study_id())));
    v1::ListItemsResponse response;
    for (Item& item : dictionary.items) *response.add_items() = ToProto(std::move(item));
    response.set_revision(dictionary.revision);
    co_return response;
  }

  Task<Result<v1::StudyDesign>> PutDesign(CallContext context,
                                          v1::PutDesignRequest request) override {
    VEDETTE_CO_TRY(
        const auto design,
        co_await logic_.PutDesign(std::move(context), std::move(*request.mutable_study_id()),
                                  FromProto(request.design())));
    co_return ToProto(design);
  }

  Task<Result<v1::StudyDesign>> GetDesign(CallContext context,
                                          v1::GetDesignRequest request) override {
    VEDETTE_CO_TRY(
        const auto design,
        co_await logic_.GetDesign(std::move(context), std::move(*request.mutable_study_id())));
    co_return ToProto(design);
  }

 private:
  TrialLogic& logic_;
};

}  // namespace

std::unique_ptr<v1::TrialApi> MakeTrialApi(TrialLogic& logic) {
  return std::make_unique<TrialApiOverLogic>(logic);
}

}  // namespace vedette::trial
