// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rules/clinical/feature_reader.h"
#include "rules/clinical/pools.h"
#include "rules/live/alert.h"
#include "rules/rule.h"

namespace vedette::rules {

// Whether the rule is judged once a day for each site, or for the study.
bool IsJudgedDaily(const Rule& rule);

// The items that the rates of a study are counted from (CountOf).
std::vector<std::uint32_t> ItemsOfKris(const Catalog& catalog);

// An alert of a site as it is on file, or of the study, whose site id is empty. `alert.rule` is an
// index into the rules.
struct SiteAlert {
  std::string site_id;
  DetectedAlert alert;
};

struct SiteTransition {
  std::string site_id;
  Transition transition;
};

// A condition that holds from day to day. What a process forgets of it is made anew from the alerts
// on file: then `for` and `keep_firing_for` begin again, so that alerts come and go later, if at
// all.
struct SiteRun {
  Seconds founded = 0;
  Seconds last = 0;           // the latest day it was true
  std::uint32_t anchors = 0;  // how many days it was true
  std::optional<Seconds> fired;
  std::optional<Seconds> cleared;
};
// By version id and site id.
using SiteRuns = std::map<std::pair<std::string, std::string>, SiteRun>;

// One day's tick.
struct SiteDay {
  const StudyContext& study;
  const KriSource& kris;
  Seconds day = 0;  // its first second, UTC: the anchor
  Seconds now = 0;  // when it is judged: by the versions that are at work then
};

// Where rules of this day are judged, as the back-test does.
Anchor AnchorOf(const SiteDay& day);
FeatureContext ContextOf(const SiteDay& day, const Rule& rule, const std::string& site_id);

// Judges every rule of the day and ends the alerts of versions that are at work no more. Gives what
// separates the alerts on file from what is detected: judged again on the same data, the same day
// gives nothing once that is on file. `sites` are those that rules of scope site are judged for.
// Other rules are passed over.
std::vector<SiteTransition> JudgeSites(const SiteDay& day,
                                       std::span<const TimedRule> rules,
                                       std::span<const std::string> sites,
                                       std::span<const SiteAlert> on_file,
                                       SiteRuns* runs);

// A subject of whom nothing is known: rules of sites have no other.
class Nobody final : public SubjectView {
 public:
  explicit Nobody(const Catalog& catalog) : catalog_(catalog) {}
  const Catalog& catalog() const override { return catalog_; }
  const TextPool& texts() const override { return texts_; }
  const RangeTable& ranges() const override { return ranges_; }
  std::span<const Observation> Series(std::uint32_t) const override { return {}; }
  std::span<const FormRow> Rows(std::string_view) const override { return {}; }
  const Observation* Attribute(std::uint32_t) const override { return nullptr; }

 private:
  const Catalog& catalog_;
  HashTextPool texts_;
  HashRangeTable ranges_;
};

}  // namespace vedette::rules
