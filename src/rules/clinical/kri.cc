// SPDX-License-Identifier: Apache-2.0
#include "rules/clinical/kri.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "rules/clinical/visit_schedule.h"

namespace vedette::rules {
namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

Seconds DayOf(Seconds time) { return time >= 0 ? time / kDay : -((kDay - 1 - time) / kDay); }

double DaysOnStudy(const SubjectView& subject, Seconds as_of) {
  const auto start = TimeAttribute(subject, subject.catalog().visit_reference);
  if (!start) {
    return 0;
  }
  const Seconds end = std::min(as_of, TimeAttribute(subject, "end").value_or(as_of));
  return static_cast<double>(std::max(DayOf(end) - DayOf(*start) + 1, Seconds{0}));
}

double CountRows(const SubjectView& subject,
                 std::string_view form,
                 Seconds as_of,
                 const CatalogItem* field,
                 std::string_view term) {
  const std::span<const FormRow> rows = subject.Rows(form);
  const auto counts = [&](const FormRow& row) {
    if (row.time > as_of) {
      return false;
    }
    if (field == nullptr) {
      return true;
    }
    const Observation* observation = row.Find(subject.catalog().IndexOf(*field));
    return observation != nullptr && field->kind == ValueKind::kText &&
           !std::isnan(observation->value()) &&
           subject.texts().Text(static_cast<std::uint32_t>(observation->value())) == term;
  };
  return static_cast<double>(std::count_if(rows.begin(), rows.end(), counts));
}

}  // namespace

RateScores ScoreRates(std::span<const RateCount> sites, RateKind kind, double minimum_denominator) {
  RateScores result;
  RateCount total;
  double taking_part = 0;
  for (const RateCount& site : sites) {
    if (site.denominator > 0) {
      total += site;
      ++taking_part;
    }
  }
  result.scores.assign(sites.size(), kNoScore);
  if (taking_part == 0) {
    return result;
  }
  result.mean = total.numerator / total.denominator;
  const double variance =
      kind == RateKind::kProportion ? result.mean * (1 - result.mean) : result.mean;
  const auto deviation = [&](const RateCount& site) {
    const double rate = site.numerator / site.denominator;
    return variance > 0 ? (rate - result.mean) / std::sqrt(variance / site.denominator) : 0;
  };
  for (const RateCount& site : sites) {
    if (site.denominator > 0) {
      result.dispersion += deviation(site) * deviation(site) / taking_part;
    }
  }
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (sites[i].denominator > 0 && sites[i].denominator >= minimum_denominator) {
      result.scores[i] =
          result.dispersion > 0 ? deviation(sites[i]) / std::sqrt(result.dispersion) : 0;
    }
  }
  return result;
}

std::size_t IntervalOf(double score, std::span<const double> thresholds) {
  return static_cast<std::size_t>(std::upper_bound(thresholds.begin(), thresholds.end(), score) -
                                  thresholds.begin());
}

RateKind KindOf(const CatalogKri& kri) {
  return kri.denominator == kri.numerator_form ? RateKind::kProportion : RateKind::kRate;
}

RateCount CountOf(const CatalogKri& kri, const SubjectView& subject, Seconds as_of) {
  const CatalogItem* field =
      kri.numerator_field.empty()
          ? nullptr
          : subject.catalog().FindField(kri.numerator_form, kri.numerator_field);
  const bool no_such_field = field == nullptr && !kri.numerator_field.empty();
  return {.numerator = no_such_field ? 0
                                     : CountRows(subject, kri.numerator_form, as_of, field,
                                                 kri.numerator_term),
          .denominator = kri.denominator == "days"
                             ? DaysOnStudy(subject, as_of)
                             : CountRows(subject, kri.denominator, as_of, nullptr, {})};
}

void KriSums::Add(std::uint32_t kri, std::string_view site_id, const RateCount& count) {
  auto& sites = sums_[kri];
  const auto found = sites.find(site_id);
  (found != sites.end() ? found->second : sites[std::string(site_id)]) += count;
}

void KriSums::AddSubject(const SubjectView& subject, std::string_view site_id, Seconds as_of) {
  const std::vector<CatalogKri>& kris = subject.catalog().kris;
  for (std::uint32_t kri = 0; kri < kris.size() && kri < sums_.size(); ++kri) {
    Add(kri, site_id, CountOf(kris[kri], subject, as_of));
  }
}

void KriSums::Merge(const KriSums& other) {
  sums_.resize(std::max(sums_.size(), other.sums_.size()));
  for (std::uint32_t kri = 0; kri < other.sums_.size(); ++kri) {
    for (const auto& [site, count] : other.sums_[kri]) {
      Add(kri, site, count);
    }
  }
}

KriTable::KriTable(const Catalog& catalog, const KriSums& sums) : values_(catalog.kris.size()) {
  for (std::uint32_t kri = 0; kri < values_.size() && kri < sums.size(); ++kri) {
    std::vector<RateCount> counts;
    RateCount study;
    for (const auto& [site, count] : sums.Sites(kri)) {
      counts.push_back(count);
      study += count;
    }
    const RateScores scores =
        ScoreRates(counts, KindOf(catalog.kris[kri]), catalog.kris[kri].minimum_denominator);
    const auto value = [](const RateCount& count, double score) {
      return KriValue{
          .score = score,
          .rate = count.denominator > 0 ? count.numerator / count.denominator : kNoScore,
          .numerator = count.numerator,
          .denominator = count.denominator};
    };
    std::size_t at = 0;
    for (const auto& [site, count] : sums.Sites(kri)) {
      values_[kri].emplace(site, value(count, scores.scores[at++]));
    }
    values_[kri].insert_or_assign("", value(study, kNoScore));
  }
}

std::optional<KriValue> KriTable::Value(std::uint32_t kri, std::string_view site_id) const {
  if (kri >= values_.size()) {
    return std::nullopt;
  }
  const auto found = values_[kri].find(site_id);
  return found == values_[kri].end() ? std::nullopt : std::optional(found->second);
}

}  // namespace vedette::rules
