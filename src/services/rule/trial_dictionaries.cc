// SPDX-License-Identifier: Apache-2.0
#include "services/rule/trial_dictionaries.h"

#include <vedette/trial/v1/trial.vedette.h>

#include <utility>

namespace vedette::rule {
namespace {

namespace pb = trial::v1;

ItemDefinition FromProto(pb::Item& message) {
  ItemDefinition item{.code = std::move(*message.mutable_code()),
                      .name = std::move(*message.mutable_name()),
                      .type = message.type() == pb::TEXT ? ItemType::kText : ItemType::kNumber,
                      .unit = std::move(*message.mutable_unit())};
  for (pb::UnitConversion& conversion : *message.mutable_accepted_units()) {
    item.accepted_units.push_back(
        {std::move(*conversion.mutable_unit()), conversion.factor(), conversion.offset()});
  }
  if (message.has_plausible_low()) item.plausible_low = message.plausible_low();
  if (message.has_plausible_high()) item.plausible_high = message.plausible_high();
  return item;
}

class TrialDictionaries final : public DictionarySource {
 public:
  explicit TrialDictionaries(pb::TrialApi& trial)
      : trial_(trial),
        principal_(std::make_shared<const Principal>(
            Principal{.subject = "rule", .name = "rule", .is_service = true, .grants = {}})) {}

  Task<Result<std::shared_ptr<const StudyDictionary>>> Load(CallContext context,
                                                            std::string study_id) override {
    // In rule's own name: whoever may write rules need not be allowed to read the study.
    context.principal = principal_;
    pb::ListItemsRequest request;
    request.set_study_id(study_id);
    VEDETTE_CO_TRY(auto response,
                   co_await trial_.ListItems(std::move(context), std::move(request)));
    std::vector<ItemDefinition> items;
    items.reserve(static_cast<std::size_t>(response.items_size()));
    for (pb::Item& item : *response.mutable_items()) items.push_back(FromProto(item));
    co_return std::make_shared<const StudyDictionary>(std::move(study_id), response.revision(),
                                                      std::move(items));
  }

 private:
  pb::TrialApi& trial_;
  std::shared_ptr<const Principal> principal_;
};

}  // namespace

std::unique_ptr<DictionarySource> MakeTrialDictionaries(trial::v1::TrialApi& trial) {
  return std::make_unique<TrialDictionaries>(trial);
}

}  // namespace vedette::rule
