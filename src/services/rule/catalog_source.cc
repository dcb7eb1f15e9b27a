// SPDX-License-Identifier: Apache-2.0
#include "services/rule/catalog_source.h"

#include <vedette/trial/v1/trial.vedette.h>

#include <iterator>
#include <utility>
#include <vector>

#include "contract/catalog.h"

namespace vedette::rule {
namespace {

namespace pb = trial::v1;

class TrialCatalogs final : public CatalogSource {
 public:
  explicit TrialCatalogs(pb::TrialApi& trial)
      : trial_(trial),
        principal_(std::make_shared<const Principal>(
            Principal{.subject = "rule", .name = "rule", .is_service = true, .grants = {}})) {}

  Task<Result<std::shared_ptr<const rules::Catalog>>> Load(CallContext context,
                                                           std::string study_id) override {
    // In rule's own name: whoever may write rules need not be allowed to read the study.
    context.principal = principal_;
    pb::ListItemsRequest items_request;
    items_request.set_study_id(study_id);
    VEDETTE_CO_TRY(auto listed, co_await trial_.ListItems(context, std::move(items_request)));
    pb::GetDesignRequest design_request;
    design_request.set_study_id(study_id);
    VEDETTE_CO_TRY(auto design,
                   co_await trial_.GetDesign(std::move(context), std::move(design_request)));
    std::vector<pb::Item> items(std::make_move_iterator(listed.mutable_items()->begin()),
                                std::make_move_iterator(listed.mutable_items()->end()));
    co_return contract::MakeCatalog(std::move(study_id), design.revision(), items, design);
  }

 private:
  pb::TrialApi& trial_;
  std::shared_ptr<const Principal> principal_;
};

}  // namespace

std::unique_ptr<CatalogSource> MakeTrialCatalogs(trial::v1::TrialApi& trial) {
  return std::make_unique<TrialCatalogs>(trial);
}

}  // namespace vedette::rule
