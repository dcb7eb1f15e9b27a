// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "rules/clinical/feature_reader.h"

namespace vedette::rules {

// 64 bits of what the features are at an anchor: other evidence, other digest, in every process.
// What merely counts time is left out.
std::uint64_t EvidenceDigest(std::span<const Feature> features,
                             const SubjectView& subject,
                             const Anchor& anchor,
                             const FeatureContext& context);

}  // namespace vedette::rules
