// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/feature_reader.h"

#include "rules/clinical/clinical_scope.h"
#include "rules/clinical/series_reader.h"
#include "rules/clinical/slot_value.h"
#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

Slot ReadStored(const Feature& feature, const Observation* observation, bool* inexact) {
  if (observation == nullptr || !HasValue(*observation)) {
    return Missing(feature.slot);
  }
  if (!observation->exact()) {
    *inexact = true;
  }
  return FromNumber(feature.slot, observation->value() * feature.factor + feature.offset);
}

const Observation* LatestField(const Feature& feature, const SubjectView& subject) {
  const auto rows = subject.Rows(subject.catalog().items[feature.item].form);
  for (std::size_t i = rows.size(); i-- > 0;) {
    const Observation* field = rows[i].Find(feature.item);
    if (field != nullptr && HasValue(*field)) {
      return field;
    }
  }
  return nullptr;
}

Slot ReadVisit(const Feature& feature, const SubjectView& subject, const Anchor& anchor) {
  const auto& visits = subject.catalog().visits;
  const CatalogVisit* visit = anchor.visit;
  if (feature.count != kAnchorVisit) {
    visit = feature.count < visits.size() ? &visits[feature.count] : nullptr;
  }
  if (visit == nullptr) {
    return Missing(feature.slot);
  }
  if (feature.kind == FeatureKind::kVisitDone || feature.kind == FeatureKind::kVisitTime) {
    const Observation* record = VisitRecord(*visit, subject, anchor.as_of);
    if (feature.kind == FeatureKind::kVisitDone) {
      return FromTruth(record != nullptr);
    }
    return record == nullptr ? Missing(feature.slot) : FromInteger(feature.slot, record->time());
  }
  const auto times = TimesOf(*visit, subject);
  if (!times) {
    return Missing(feature.slot);
  }
  return FromInteger(feature.slot, feature.kind == FeatureKind::kVisitDue ? times->due
                                   : feature.kind == FeatureKind::kVisitWindowStart
                                       ? times->window_start
                                       : times->window_end);
}

Slot ReadKri(const Feature& feature, const FeatureContext& context) {
  const auto value =
      context.kris == nullptr ? std::nullopt : context.kris->Value(feature.count, context.site_id);
  if (!value) {
    return Missing(feature.slot);
  }
  return FromNumber(feature.slot, feature.kind == FeatureKind::kKriScore ? value->score
                                  : feature.kind == FeatureKind::kKriNumerator
                                      ? value->numerator
                                      : value->denominator);
}

}  // namespace

StudyContext::StudyContext(std::shared_ptr<const Catalog> catalog) : catalog_(std::move(catalog)) {
  for (const CatalogItem& item : catalog_->items) {
    const auto find = [&](GradeDirection direction) {
      return item.grading.empty()
                 ? nullptr
                 : FindGradeCriteria(catalog_->grading_version, direction, item.grading, item.unit);
    };
    low_.push_back(find(GradeDirection::kLow));
    high_.push_back(find(GradeDirection::kHigh));
  }
  const CatalogItem* dose = catalog_->FindAttribute(catalog_->first_dose);
  if (dose != nullptr && dose->kind == ValueKind::kTime) {
    first_dose_ = catalog_->IndexOf(*dose);
  }
}

Slot ReadFeature(const Feature& feature,
                 const SubjectView& subject,
                 const Anchor& anchor,
                 const FeatureContext& context,
                 bool* inexact) {
  switch (feature.kind) {
    case FeatureKind::kAttribute:
      return ReadStored(feature, subject.Attribute(feature.item), inexact);
    case FeatureKind::kRowField:
      return ReadStored(feature, anchor.row == nullptr ? nullptr : anchor.row->Find(feature.item),
                        inexact);
    case FeatureKind::kRowHas: {
      const Observation* field = anchor.row == nullptr ? nullptr : anchor.row->Find(feature.item);
      return FromTruth(field != nullptr && HasValue(*field));
    }
    case FeatureKind::kFormField:
      return ReadStored(feature, LatestField(feature, subject), inexact);
    case FeatureKind::kVisitDue:
    case FeatureKind::kVisitWindowStart:
    case FeatureKind::kVisitWindowEnd:
    case FeatureKind::kVisitDone:
    case FeatureKind::kVisitTime:
      return ReadVisit(feature, subject, anchor);
    case FeatureKind::kNow:
      return FromInteger(feature.slot, anchor.now);
    case FeatureKind::kAnchorTime:
      return FromInteger(feature.slot, anchor.time);
    case FeatureKind::kKriScore:
    case FeatureKind::kKriNumerator:
    case FeatureKind::kKriDenominator:
      return ReadKri(feature, context);
    case FeatureKind::kExpression:
      return ReadExpression(feature, subject, anchor, context, inexact);
    default:
      return ReadSeries(feature, subject, anchor, context, inexact);
  }
}

}  // namespace vedette::rules
