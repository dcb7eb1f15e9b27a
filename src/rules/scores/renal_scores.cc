// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "rules/scores/formula.h"
#include "rules/scores/significant_digits.h"

namespace vedette::rules {
namespace {

double EgfrCkdEpi2021(double creatinine, double age, double female) {
  if (creatinine <= 0 || age <= 0) return kUnknown;
  const bool is_female = female != 0;
  const double relative = creatinine / (is_female ? 0.7 : 0.9);
  return 142 * std::pow(std::min(relative, 1.0), is_female ? -0.241 : -0.302) *
         std::pow(std::max(relative, 1.0), -1.2) * std::pow(0.9938, age) * (is_female ? 1.012 : 1);
}

double EgfrMdrd(double creatinine, double age, double female, double black) {
  if (creatinine <= 0 || age <= 0) return kUnknown;
  return 175 * std::pow(creatinine, -1.154) * std::pow(age, -0.203) * (female != 0 ? 0.742 : 1) *
         (black != 0 ? 1.212 : 1);
}

double CockcroftGault(double creatinine, double age, double weight, double female) {
  if (creatinine <= 0 || age <= 0 || weight <= 0) return kUnknown;
  return (140 - age) * weight * (female != 0 ? 0.85 : 1) / (72 * creatinine);
}

// Stage by creatinine alone; urine output and kidney replacement are not seen.
double KdigoAkiStage(double creatinine, double lowest_7_days, double lowest_48_hours) {
  if (creatinine <= 0 || lowest_7_days <= 0 || lowest_48_hours <= 0) return kUnknown;
  const double ratio = creatinine / lowest_7_days;
  const bool risen = CompareAt15Digits(ratio, 1.5) >= 0;
  if (!risen) {
    if (std::isnan(lowest_48_hours)) return kUnknown;
    // 1.2 - 0.9 is a rise of 0.3 although its double is less.
    if (CompareAt15Digits(creatinine, lowest_48_hours + 0.3) < 0) return 0;
  }
  if (CompareAt15Digits(ratio, 3) >= 0 || creatinine >= 4) return 3;
  return CompareAt15Digits(ratio, 2) >= 0 ? 2 : 1;
}

double AnionGap(double sodium, double chloride, double bicarbonate) {
  return sodium - (chloride + bicarbonate);
}

double CorrectedCalcium(double calcium, double albumin) { return calcium + 0.8 * (4 - albumin); }

constexpr ScoreFunction kScores[] = {
    Score<EgfrCkdEpi2021>(
        {.name = "egfr_ckd_epi_2021",
         .signature = "egfr_ckd_epi_2021(creatinine [mg/dL], age [years], female [0, 1]) → "
                      "mL/min/{1.73_m2}",
         .source = "Inker LA et al., N Engl J Med 2021;385:1737",
         .units = {"mg/dL", "any", ""},
         .result_unit = "mL/min/{1.73_m2}"}),
    Score<EgfrMdrd>({.name = "egfr_mdrd",
                     .signature = "egfr_mdrd(creatinine [mg/dL], age [years], female [0, 1], "
                                  "black [0, 1]) → mL/min/{1.73_m2}",
                     .source = "Levey AS et al., Ann Intern Med 2006;145:247 (IDMS)",
                     .units = {"mg/dL", "any", "", ""},
                     .result_unit = "mL/min/{1.73_m2}"}),
    Score<CockcroftGault>({.name = "crcl_cockcroft_gault",
                           .signature = "crcl_cockcroft_gault(creatinine [mg/dL], age [years], "
                                        "weight [kg], female [0, 1]) → mL/min",
                           .source = "Cockcroft DW, Gault MH, Nephron 1976;16:31",
                           .units = {"mg/dL", "any", "kg", ""},
                           .result_unit = "mL/min"}),
    Optional<KdigoAkiStage, 2>(
        {.name = "kdigo_aki_stage",
         .signature = "kdigo_aki_stage(creatinine [mg/dL], lowest_7_days [mg/dL], "
                      "lowest_48_hours [mg/dL], may be unknown) → 0 to 3",
         .source = "KDIGO, Kidney Int Suppl 2012;2:1, table 2, creatinine criteria",
         .units = {"mg/dL", "mg/dL", "mg/dL"}}),
    Score<AnionGap>({.name = "anion_gap",
                     .signature = "anion_gap(sodium [mmol/L], chloride [mmol/L], "
                                  "bicarbonate [mmol/L]) → mmol/L",
                     .source = "Emmett M, Narins RG, Medicine 1977;56:38",
                     .units = {"mmol/L", "mmol/L", "mmol/L"},
                     .result_unit = "mmol/L"}),
    Score<CorrectedCalcium>(
        {.name = "corrected_calcium",
         .signature = "corrected_calcium(calcium [mg/dL], albumin [g/dL]) → mg/dL",
         .source = "Payne RB et al., Br Med J 1973;4:643",
         .units = {"mg/dL", "g/dL"},
         .result_unit = "mg/dL"}),
};

}  // namespace

std::span<const ScoreFunction> RenalScores() { return kScores; }

}  // namespace vedette::rules
