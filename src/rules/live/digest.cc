// SPDX-License-Identifier: Apache-2.0
#include "rules/live/digest.h"

#include <bit>
#include <cmath>
#include <string_view>

namespace vedette::rules {
namespace {

// A step of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t Mix(std::uint64_t state, std::uint64_t value) {
  state += 0x9E3779B97F4A7C15ULL ^ value;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9ULL;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBULL;
  return state ^ (state >> 31);
}

std::uint64_t HashText(std::string_view text) {
  std::uint64_t hash = text.size();
  for (const char c : text) {
    hash = Mix(hash, static_cast<unsigned char>(c));
  }
  return hash;
}

bool IsText(const Feature& feature, const Catalog& catalog) {
  switch (feature.kind) {
    case FeatureKind::kValue:
    case FeatureKind::kPrevious:
    case FeatureKind::kBaseline:
    case FeatureKind::kAsOf:
    case FeatureKind::kAttribute:
    case FeatureKind::kRowField:
    case FeatureKind::kFormField:
      return catalog.items[feature.item].kind == ValueKind::kText;
    default:
      return false;
  }
}

}  // namespace

std::uint64_t EvidenceDigest(std::span<const Feature> features,
                             const SubjectView& subject,
                             const Anchor& anchor,
                             const FeatureContext& context) {
  std::uint64_t digest = features.size();
  bool inexact = false;
  for (const Feature& feature : features) {
    if (feature.kind == FeatureKind::kNow || feature.kind == FeatureKind::kMissedInARow) {
      continue;
    }
    const Slot slot = ReadFeature(feature, subject, anchor, context, &inexact);
    std::uint64_t bits = static_cast<std::uint64_t>(slot.integer);
    if (feature.slot == SlotKind::kNumber) {
      // One representation each of unknown and of zero.
      bits = std::isnan(slot.number) ? 0x7FF8000000000000ULL
             : slot.number == 0      ? 0
                                     : std::bit_cast<std::uint64_t>(slot.number);
    }
    if (IsText(feature, subject.catalog()) && slot.integer != kMissing) {
      const double number =
          feature.slot == SlotKind::kNumber ? slot.number : static_cast<double>(slot.integer);
      bits = number >= 0 ? HashText(subject.texts().Text(static_cast<std::uint32_t>(number))) : 0;
    }
    digest = Mix(digest, bits);
  }
  return Mix(digest, inexact ? 1 : 0);
}

}  // namespace vedette::rules
