// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vedette {

class MetricsRegistry;
class Shedder;

namespace config {
class Section;
}  // namespace config

// What SetManual takes, as configuration.
struct DegradationOptions {
  std::vector<std::string> off;
  std::vector<std::string> always_on;

  void Describe(config::Section& section);
};

// Which features are switched off: by hand through live configuration, or by themselves while the
// process sheds. Contracts name features ("preview", "enrichment", "analytics"); code that can do
// without something asks IsOff. Thread-safe, some nanoseconds.
class Degradation {
 public:
  // `shedder` may be null and outlives it. Features are off while it sheds calls of any class; it
  // sheds reports first. Exports vedette_degradation_off{feature} and
  // vedette_degradation_refused_total{feature}.
  Degradation(const Shedder* shedder, MetricsRegistry& metrics);
  ~Degradation();

  // Names the feature, at set-up, so that metrics and the status page list it; harmless twice.
  // Throws std::logic_error for the 65th.
  void Declare(std::string_view feature);

  // By hand: off, whatever the load; and those that stay on under any load. Replaces the lists;
  // unknown names are kInvalidArgument and change nothing.
  Status SetManual(std::vector<std::string> off, std::vector<std::string> always_on);

  // False for what was not declared.
  bool IsOff(std::string_view feature) const;
  // Success, or kUnavailable that says the feature is switched off for now, with retry_after.
  Status Check(std::string_view feature) const;

  struct Feature {
    std::string name;
    bool off = false;
    bool by_hand = false;
  };
  std::vector<Feature> Snapshot() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vedette
