// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "rules/scores/formula.h"

namespace vedette::rules {
namespace {

// Kleene's three values as 0, 1/2 (unknown) and 1: `and` is the minimum, `or` the maximum.
double AtLeast(double value, double limit) {
  if (std::isnan(value)) return 0.5;
  return value >= limit ? 1 : 0;
}

double HysLaw(double alt, double ast, double bilirubin, double alp) {
  const double hurt = std::max(AtLeast(alt, 3), AtLeast(ast, 3));
  const double met = std::min({hurt, AtLeast(bilirubin, 2), 1 - AtLeast(alp, 2)});
  return met == 0.5 ? kUnknown : met;
}

double EdishQuadrant(double peak_alt, double peak_bilirubin) {
  return (peak_alt >= 3 ? 2 : 0) + (peak_bilirubin >= 2 ? 1 : 0);
}

double RRatio(double alt, double alp) { return alp > 0 ? alt / alp : kUnknown; }

constexpr ScoreFunction kScores[] = {
    Optional<HysLaw, 0>(
        {.name = "hys_law",
         .signature = "hys_law(alt, ast, bilirubin, alp; each in × ULN, may be unknown) → 1 or 0",
         .source = "FDA, Drug-Induced Liver Injury: Premarketing Clinical Evaluation, 2009"}),
    Score<EdishQuadrant>(
        {.name = "edish_quadrant",
         .signature = "edish_quadrant(peak_alt [× ULN], peak_bilirubin [× ULN]) → 0 normal, "
                      "1 hyperbilirubinaemia, 2 Temple's corollary, 3 Hy's law",
         .source = "Watkins PB et al., Hepatology 2011;54:1680 (eDISH: 3 and 2 × ULN)"}),
    Score<RRatio>({.name = "r_ratio",
                   .signature = "r_ratio(alt [× ULN], alp [× ULN]) → ratio",
                   .source = "Bénichou C, J Hepatol 1990;11:272 (hepatocellular from 5)"}),
};

}  // namespace

std::span<const ScoreFunction> HepaticScores() { return kScores; }

}  // namespace vedette::rules
