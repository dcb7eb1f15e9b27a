// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "rules/scores/formula.h"

namespace vedette::rules {
namespace {

bool Plausible(double weight, double height) { return weight > 0 && height > 0; }

double BodyMassIndex(double weight, double height) {
  return Plausible(weight, height) ? weight / ((height / 100) * (height / 100)) : kUnknown;
}

// The surface formulas of the form factor * height^a * weight^b.
double Surface(double weight, double height, double factor, double a, double b) {
  return Plausible(weight, height) ? factor * std::pow(height, a) * std::pow(weight, b) : kUnknown;
}

double DuBois(double weight, double height) {
  return Surface(weight, height, 0.007184, 0.725, 0.425);
}

double GehanGeorge(double weight, double height) {
  return Surface(weight, height, 0.0235, 0.42246, 0.51456);
}

double Haycock(double weight, double height) {
  return Surface(weight, height, 0.024265, 0.3964, 0.5378);
}

double Fujimoto(double weight, double height) {
  return Surface(weight, height, 0.008883, 0.663, 0.444);
}

double Takahira(double weight, double height) {
  return Surface(weight, height, 0.007241, 0.725, 0.425);
}

double Mosteller(double weight, double height) {
  return Plausible(weight, height) ? std::sqrt(height * weight / 3600) : kUnknown;
}

double Boyd(double weight, double height) {
  if (!Plausible(weight, height)) return kUnknown;
  const double grams = weight * 1000;
  return 0.0003207 * std::pow(height, 0.3) * std::pow(grams, 0.7285 - 0.0188 * std::log10(grams));
}

constexpr ScoreFunction Bsa(std::string_view name,
                            std::string_view signature,
                            std::string_view source) {
  return {.name = name,
          .signature = signature,
          .source = source,
          .units = {"kg", "cm"},
          .result_unit = "m2"};
}

constexpr ScoreFunction kScores[] = {
    Score<BodyMassIndex>({.name = "bmi",
                          .signature = "bmi(weight [kg], height [cm]) → kg/m2",
                          .source = "WHO Technical Report Series 894 (2000)",
                          .units = {"kg", "cm"},
                          .result_unit = "kg/m2"}),
    Score<Boyd>(Bsa("bsa_boyd",
                    "bsa_boyd(weight [kg], height [cm]) → m2",
                    "Boyd E, The growth of the surface area of the human body, 1935")),
    Score<DuBois>(Bsa("bsa_dubois",
                      "bsa_dubois(weight [kg], height [cm]) → m2",
                      "DuBois D, DuBois EF, Arch Intern Med 1916;17:863")),
    Score<Fujimoto>(Bsa("bsa_fujimoto",
                        "bsa_fujimoto(weight [kg], height [cm]) → m2",
                        "Fujimoto S et al., Nippon Eiseigaku Zasshi 1968;23:443")),
    Score<GehanGeorge>(Bsa("bsa_gehan_george",
                           "bsa_gehan_george(weight [kg], height [cm]) → m2",
                           "Gehan EA, George SL, Cancer Chemother Rep 1970;54:225")),
    Score<Haycock>(Bsa("bsa_haycock",
                       "bsa_haycock(weight [kg], height [cm]) → m2",
                       "Haycock GB et al., J Pediatr 1978;93:62")),
    Score<Mosteller>(Bsa("bsa_mosteller",
                         "bsa_mosteller(weight [kg], height [cm]) → m2",
                         "Mosteller RD, N Engl J Med 1987;317:1098")),
    Score<Takahira>(Bsa("bsa_takahira",
                        "bsa_takahira(weight [kg], height [cm]) → m2",
                        "Takahira H, Jpn J Physiol 1925")),
};

}  // namespace

std::span<const ScoreFunction> BodyScores() { return kScores; }

}  // namespace vedette::rules
