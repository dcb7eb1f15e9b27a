// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "rules/live/episode.h"

namespace vedette::rules {

// One anchor of an episode, and where it stood among those added.
struct EpisodeAnchor {
  Seconds time = 0;
  std::uint64_t key = 0;
  std::uint32_t item = UINT32_MAX;
  std::uint32_t index = 0;
};

struct FoldedEpisode {
  EpisodeAnchor founding;
  EpisodeAnchor fired;  // meaningful unless pending
  EpisodeAnchor last;
  std::uint32_t anchors = 0;
  Episode::State state = Episode::State::kFiring;
  Seconds cleared = 0;   // of kRecovering: the first clear anchor
  Seconds resolved = 0;  // of kResolved
};

// FoldEpisodes one anchor at a time. Can be copied at any anchor and continued from there.
class EpisodeFolder {
 public:
  explicit EpisodeFolder(const RuleDefinition& rule)
      : for_(rule.for_), keep_(rule.keep_firing_for), dedupe_(rule.dedupe) {}

  // Continues after the last true anchor of an episode that is open. `episode`: pending or firing.
  static EpisodeFolder After(const RuleDefinition& rule, const FoldedEpisode& episode) {
    EpisodeFolder folder(rule);
    folder.run_ = episode;
    return folder;
  }

  // In order of (time, key, item).
  void Add(const JudgedAnchor& anchor, std::uint32_t index = 0);
  // Whether a clear anchor can change anything.
  bool open() const { return run_.has_value(); }
  // What has been found, by founding anchor, the open episode last.
  std::vector<FoldedEpisode> Episodes() const;
  // Forgets what is over and cannot change by anchors that come.
  void DropFinished();
  // Whether continuing from here differs from starting anew.
  bool fresh() const { return !run_ && finished_.empty(); }
  std::size_t bytes() const { return finished_.capacity() * sizeof(FoldedEpisode); }

 private:
  void Fire(const EpisodeAnchor& anchor);
  void Finish(Seconds resolved);

  Seconds for_;
  Seconds keep_;
  Dedupe dedupe_;
  std::optional<FoldedEpisode> run_;     // of true anchors, whatever is deduplicated
  std::vector<FoldedEpisode> finished_;  // or, unless by episode, all that fired
};

}  // namespace vedette::rules
