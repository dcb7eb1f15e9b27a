// SPDX-License-Identifier: Apache-2.0
#include "services/trial/api.h"

#include <vedette/trial/v1/trial.pb.h>

#include <chrono>
#include <utility>

namespace vedette::trial {
namespace {

std::int64_t ToUnixSeconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

v1::Study ToProto(Study study) {
  v1::Study message;
  message.set_id(std::move(study.id));
  message.set_name(std::move(study.name));
  message.set_phase(std::move(study.phase));
  message.set_status(study.status == StudyStatus::kClosed ? "closed" : "active");
  message.set_created_at(ToUnixSeconds(study.created_at));
  message.set_revision(study.revision);
  return message;
}

v1::Site ToProto(Site site) {
  v1::Site message;
  message.set_id(std::move(site.id));
  message.set_name(std::move(site.name));
  message.set_country(std::move(site.country));
  return message;
}

v1::Item ToProto(Item item) {
  v1::Item message;
  message.set_code(std::move(item.code));
  message.set_name(std::move(item.name));
  message.set_domain(std::move(item.domain));
  message.set_type(item.type == ItemType::kText ? v1::TEXT : v1::NUMBER);
  message.set_unit(std::move(item.unit));
  for (UnitConversion& conversion : item.accepted_units) {
    v1::UnitConversion& added = *message.add_accepted_units();
    added.set_unit(std::move(conversion.unit));
    added.set_factor(conversion.factor);
    added.set_offset(conversion.offset);
  }
  if (item.plausible_low) message.set_plausible_low(*item.plausible_low);
  if (item.plausible_high) message.set_plausible_high(*item.plausible_high);
  return message;
}

Site FromProto(v1::Site& message) {
  return {std::move(*message.mutable_id()), std::move(*message.mutable_name()),
          std::move(*message.mutable_country())};
}

Item FromProto(v1::Item& message) {
  Item item{.code = std::move(*message.mutable_code()),
            .name = std::move(*message.mutable_name()),
            .domain = std::move(*message.mutable_domain()),
            .type = message.type() == v1::TEXT ? ItemType::kText : ItemType::kNumber,
            .unit = std::move(*message.mutable_unit())};
  for (v1::UnitConversion& conversion : *message.mutable_accepted_units()) {
    item.accepted_units.push_back(
        {std::move(*conversion.mutable_unit()), conversion.factor(), conversion.offset()});
  }
  if (message.has_plausible_low()) item.plausible_low = message.plausible_low();
  if (message.has_plausible_high()) item.plausible_high = message.plausible_high();
  return item;
}

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

 private:
  TrialLogic& logic_;
};

}  // namespace

std::unique_ptr<v1::TrialApi> MakeTrialApi(TrialLogic& logic) {
  return std::make_unique<TrialApiOverLogic>(logic);
}

}  // namespace vedette::trial
