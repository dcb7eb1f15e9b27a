// SPDX-License-Identifier: Apache-2.0
#include "services/subject/trial_sites.h"

#include <utility>

namespace vedette::subject {
namespace {

// Of trial's errors these say what the caller should know; the others are between the two services.
bool PassesOn(Code code) {
  return code == Code::kNotFound || code == Code::kDeadlineExceeded || code == Code::kCancelled ||
         code == Code::kResourceExhausted;
}

class TrialSites final : public StudySites {
 public:
  explicit TrialSites(trial::v1::TrialApi& trial) : trial_(trial) {}

  Task<Result<SiteSet>> SitesOf(CallContext context, std::string study_id) override {
    context.principal = self_;
    context.bearer_token = nullptr;
    trial::v1::ListSitesRequest request;
    request.set_study_id(std::move(study_id));
    auto response = co_await trial_.ListSites(std::move(context), std::move(request));
    if (!response && !PassesOn(response.error().code)) {
      co_return Fail(Code::kUnavailable, "The study's sites cannot be looked up now; try again.");
    }
    VEDETTE_CO_CHECK_OK(response);
    SiteSet sites;
    for (const trial::v1::Site& site : response->sites()) sites.insert(site.id());
    co_return sites;
  }

 private:
  trial::v1::TrialApi& trial_;
  const std::shared_ptr<const Principal> self_ = std::make_shared<const Principal>(
      Principal{.subject = "subject", .name = "subject", .is_service = true, .grants = {}});
};

}  // namespace

std::unique_ptr<StudySites> MakeTrialSites(trial::v1::TrialApi& trial) {
  return std::make_unique<TrialSites>(trial);
}

}  // namespace vedette::subject
