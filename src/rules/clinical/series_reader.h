// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/clinical/feature_reader.h"

namespace vedette::rules {

// ReadFeature of the features of one item's series.
Slot ReadSeries(const Feature& feature,
                const SubjectView& subject,
                const Anchor& anchor,
                const FeatureContext& context,
                bool* inexact);

}  // namespace vedette::rules
