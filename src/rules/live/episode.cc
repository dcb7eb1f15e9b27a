// SPDX-License-Identifier: Apache-2.0
#include "rules/live/episode.h"

#include "rules/live/episode_folder.h"

namespace vedette::rules {
namespace {

using State = Episode::State;

Seconds DayOf(Seconds time) { return time / kDay - (time % kDay < 0 ? 1 : 0); }

}  // namespace

void EpisodeFolder::Add(const JudgedAnchor& anchor, std::uint32_t index) {
  const EpisodeAnchor here{anchor.time, anchor.key, anchor.item, index};
  if (run_ && run_->state == State::kRecovering && anchor.time - run_->cleared > keep_) {
    Finish(run_->cleared + keep_);
  }
  if (anchor.outcome == AnchorOutcome::kClear && run_) {
    if (run_->state == State::kPending) {
      run_.reset();
    } else if (run_->state == State::kFiring) {
      run_->state = State::kRecovering;
      run_->cleared = anchor.time;
      if (keep_ == 0) {
        Finish(anchor.time);
      }
    }
    return;
  }
  if (anchor.outcome != AnchorOutcome::kTrue) {
    return;
  }
  if (!run_) {
    run_ = FoldedEpisode{.founding = here, .fired = here, .state = State::kPending};
  } else if (run_->state == State::kRecovering) {
    run_->state = State::kFiring;
  }
  run_->last = here;
  ++run_->anchors;
  if (run_->state == State::kPending && anchor.time - run_->founding.time >= for_) {
    run_->state = State::kFiring;
    run_->fired = here;
  }
  if (run_->state == State::kFiring && dedupe_ != Dedupe::kEpisode) {
    Fire(here);
    if (for_ == 0) {
      run_.reset();  // each true anchor fires, whatever came before it
    }
  }
}

// An anchor at which the run fires, where alerts are not episodes.
void EpisodeFolder::Fire(const EpisodeAnchor& anchor) {
  const bool joins =
      !finished_.empty() &&
      (dedupe_ == Dedupe::kSubject ||
       (dedupe_ == Dedupe::kDay && DayOf(finished_.back().founding.time) == DayOf(anchor.time)));
  if (joins) {
    finished_.back().last = anchor;
    ++finished_.back().anchors;
    return;
  }
  FoldedEpisode fired{.founding = anchor, .fired = anchor, .last = anchor, .anchors = 1};
  if (dedupe_ == Dedupe::kSubject) {
    fired.founding = run_->founding;
    fired.anchors = run_->anchors;
  }
  finished_.push_back(fired);
}

void EpisodeFolder::Finish(Seconds resolved) {
  if (dedupe_ == Dedupe::kEpisode) {
    run_->state = State::kResolved;
    run_->resolved = resolved;
    finished_.push_back(*run_);
  }
  run_.reset();
}

std::vector<FoldedEpisode> EpisodeFolder::Episodes() const {
  std::vector<FoldedEpisode> episodes = finished_;
  if (run_ && dedupe_ == Dedupe::kEpisode) {
    episodes.push_back(*run_);
  }
  return episodes;
}

void EpisodeFolder::DropFinished() {
  const bool keeps_latest = dedupe_ == Dedupe::kSubject || dedupe_ == Dedupe::kDay;
  if (!finished_.empty()) {
    finished_.erase(finished_.begin(), finished_.end() - (keeps_latest ? 1 : 0));
  }
}

std::vector<Episode> FoldEpisodes(const RuleDefinition& rule,
                                  std::span<const JudgedAnchor> anchors) {
  EpisodeFolder folder(rule);
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    folder.Add(anchors[i], i);
  }
  std::vector<Episode> episodes;
  for (const FoldedEpisode& folded : folder.Episodes()) {
    episodes.push_back({.founding = folded.founding.index,
                        .fired = folded.fired.index,
                        .last = folded.last.index,
                        .anchors = folded.anchors,
                        .state = folded.state,
                        .resolved = folded.resolved});
  }
  return episodes;
}

}  // namespace vedette::rules
