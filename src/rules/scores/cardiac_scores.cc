// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "rules/scores/formula.h"

namespace vedette::rules {
namespace {

double QtcBazett(double qt, double rr) {
  return qt > 0 && rr > 0 ? qt / std::sqrt(rr / 1000) : kUnknown;
}

double QtcFridericia(double qt, double rr) {
  return qt > 0 && rr > 0 ? qt / std::cbrt(rr / 1000) : kUnknown;
}

double QtcSagie(double qt, double rr) {
  return qt > 0 && rr > 0 ? 1000 * (qt / 1000 + 0.154 * (1 - rr / 1000)) : kUnknown;
}

double RrFromHeartRate(double heart_rate) { return heart_rate > 0 ? 60000 / heart_rate : kUnknown; }

double MeanArterialPressure(double systolic, double diastolic) {
  return (2 * diastolic + systolic) / 3;
}

double MeanArterialPressureByRate(double systolic, double diastolic, double heart_rate) {
  if (heart_rate <= 0) return kUnknown;
  return diastolic + 0.01 * std::exp(4.14 - 40.74 / heart_rate) * (systolic - diastolic);
}

double OrthostaticDrop(double systolic_supine,
                       double diastolic_supine,
                       double systolic_standing,
                       double diastolic_standing) {
  return systolic_supine - systolic_standing >= 20 || diastolic_supine - diastolic_standing >= 10
             ? 1
             : 0;
}

constexpr ScoreFunction kScores[] = {
    Score<QtcBazett>({.name = "qtcb",
                      .signature = "qtcb(qt [ms], rr [ms]) → ms",
                      .source = "Bazett HC, Heart 1920;7:353",
                      .units = {"ms", "ms"},
                      .result_unit = "ms"}),
    Score<QtcFridericia>({.name = "qtcf",
                          .signature = "qtcf(qt [ms], rr [ms]) → ms",
                          .source = "Fridericia LS, Acta Med Scand 1920;53:469",
                          .units = {"ms", "ms"},
                          .result_unit = "ms"}),
    Score<QtcSagie>({.name = "qtc_sagie",
                     .signature = "qtc_sagie(qt [ms], rr [ms]) → ms",
                     .source = "Sagie A et al., Am J Cardiol 1992;70:797 (Framingham)",
                     .units = {"ms", "ms"},
                     .result_unit = "ms"}),
    Score<RrFromHeartRate>({.name = "rr_from_hr",
                            .signature = "rr_from_hr(heart_rate [/min]) → ms",
                            .source = "60 000 ms in a minute",
                            .units = {"/min"},
                            .result_unit = "ms"}),
    Score<MeanArterialPressure>({.name = "mean_arterial_pressure",
                                 .signature = "mean_arterial_pressure(systolic [mm[Hg]], "
                                              "diastolic [mm[Hg]]) → mm[Hg]",
                                 .source = "(2 diastolic + systolic) / 3",
                                 .units = {"mm[Hg]", "mm[Hg]"},
                                 .result_unit = "mm[Hg]"}),
    Score<MeanArterialPressureByRate>(
        {.name = "mean_arterial_pressure_hr",
         .signature = "mean_arterial_pressure_hr(systolic [mm[Hg]], diastolic [mm[Hg]], "
                      "heart_rate [/min]) → mm[Hg]",
         .source = "Moran D et al., J Basic Clin Physiol Pharmacol 1995;6:89",
         .units = {"mm[Hg]", "mm[Hg]", "/min"},
         .result_unit = "mm[Hg]"}),
    Score<OrthostaticDrop>(
        {.name = "orthostatic_drop",
         .signature = "orthostatic_drop(systolic_supine [mm[Hg]], diastolic_supine [mm[Hg]], "
                      "systolic_standing [mm[Hg]], diastolic_standing [mm[Hg]]) → 1 or 0",
         .source = "Freeman R et al., Clin Auton Res 2011;21:69: 20 systolic or 10 diastolic",
         .units = {"mm[Hg]", "mm[Hg]", "mm[Hg]", "mm[Hg]"}}),
};

}  // namespace

std::span<const ScoreFunction> CardiacScores() { return kScores; }

}  // namespace vedette::rules
