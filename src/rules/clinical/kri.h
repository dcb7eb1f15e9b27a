// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog.h"
#include "rules/clinical/kri_source.h"
#include "rules/clinical/subject_record.h"

namespace vedette::rules {

// What is counted of one site or subject.
struct RateCount {
  double numerator = 0;
  double denominator = 0;
  RateCount& operator+=(const RateCount& other) {
    numerator += other.numerator;
    denominator += other.denominator;
    return *this;
  }
  bool operator==(const RateCount&) const = default;
};

enum class RateKind : std::uint8_t {
  kRate,        // events over exposure: the variance of a mean of Poisson counts
  kProportion,  // some of many: binomial
};

// Sites held against each other: the normal approximation with overdispersion of the gsm project
// (gsm.core, vignette "KRI method"). Sites without denominator take no part; those below
// `minimum_denominator` do, but get no score.
struct RateScores {
  double mean = 0;             // sum of numerators / sum of denominators
  double dispersion = 0;       // mean square of the scores before it
  std::vector<double> scores;  // by site; NaN: none
};
RateScores ScoreRates(std::span<const RateCount> sites, RateKind kind, double minimum_denominator);

// Which of the intervals that ascending thresholds make a score lies in, 0 the lowest; a score
// equal to a threshold lies above it.
std::size_t IntervalOf(double score, std::span<const double> thresholds);

// A proportion where numerator and denominator count rows of the same form, else a rate.
RateKind KindOf(const CatalogKri& kri);

// What one subject adds to its site, as it is known now. Rows count up to `as_of`; days on study
// count from the reference day of the visits to `as_of`, or to the attribute "end" where the study
// has one and it is earlier, both included.
RateCount CountOf(const CatalogKri& kri, const SubjectView& subject, Seconds as_of);

// Sums over subjects, by KRI and site. Sums of shards add up to those of the study.
class KriSums {
 public:
  explicit KriSums(std::size_t kris) : sums_(kris) {}
  void Add(std::uint32_t kri, std::string_view site_id, const RateCount& count);
  // Adds what one subject contributes to every KRI.
  void AddSubject(const SubjectView& subject, std::string_view site_id, Seconds as_of);
  void Merge(const KriSums& other);

  const std::map<std::string, RateCount, std::less<>>& Sites(std::uint32_t kri) const {
    return sums_[kri];
  }
  std::size_t size() const { return sums_.size(); }

 private:
  std::vector<std::map<std::string, RateCount, std::less<>>> sums_;
};

// The KRIs of all sites at one moment.
class KriTable final : public KriSource {
 public:
  KriTable(const Catalog& catalog, const KriSums& sums);
  // Of the study: its sums and its rate, and no score.
  std::optional<KriValue> Value(std::uint32_t kri, std::string_view site_id) const override;

 private:
  std::vector<std::map<std::string, KriValue, std::less<>>> values_;  // "" is the study
};

}  // namespace vedette::rules
