// SPDX-License-Identifier: Apache-2.0
#include "rules/live/episode.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules/live/episode_folder.h"

namespace vedette::rules {
namespace {

// One anchor per word, at the hour before the colon: T true, C clear, U neither.
std::vector<JudgedAnchor> Anchors(std::string_view text) {
  std::vector<JudgedAnchor> anchors;
  Seconds hour = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      hour = hour * 10 + (c - '0');
    } else if (c == 'T' || c == 'C' || c == 'U') {
      anchors.push_back({.time = hour * 3600,
                         .key = anchors.size(),
                         .item = 0,
                         .outcome = c == 'T'   ? AnchorOutcome::kTrue
                                    : c == 'C' ? AnchorOutcome::kClear
                                               : AnchorOutcome::kNone});
      hour = 0;
    }
  }
  return anchors;
}

// "founding-fired-last xN state[@hour]" of each episode.
std::string Told(const std::vector<Episode>& episodes) {
  std::string text;
  for (const Episode& episode : episodes) {
    text += text.empty() ? "" : "; ";
    text += std::to_string(episode.founding) + "-" + std::to_string(episode.fired) + "-" +
            std::to_string(episode.last) + " x" + std::to_string(episode.anchors);
    switch (episode.state) {
      case Episode::State::kPending:
        text += " pending";
        break;
      case Episode::State::kFiring:
        text += " firing";
        break;
      case Episode::State::kRecovering:
        text += " recovering";
        break;
      case Episode::State::kResolved:
        text += " resolved@" + std::to_string(episode.resolved / 3600);
        break;
    }
  }
  return text;
}

struct Case {
  const char* anchors;
  int for_hours;
  int keep_hours;
  Dedupe dedupe;
  const char* expected;
};

constexpr Dedupe kEpisode = Dedupe::kEpisode;

const Case kCases[] = {
    {"", 0, 0, kEpisode, ""},
    {"1C 2U 3C", 0, 0, kEpisode, ""},
    {"1T", 0, 0, kEpisode, "0-0-0 x1 firing"},
    {"1T 2T 3T", 0, 0, kEpisode, "0-0-2 x3 firing"},
    {"1T 2C", 0, 0, kEpisode, "0-0-0 x1 resolved@2"},
    {"1T 2C 3T", 0, 0, kEpisode, "0-0-0 x1 resolved@2; 2-2-2 x1 firing"},
    // Unknown between keeps the episode as it is.
    {"1T 2U 3T", 0, 0, kEpisode, "0-0-2 x2 firing"},
    {"1T 2C 3U 4T", 0, 0, kEpisode, "0-0-0 x1 resolved@2; 3-3-3 x1 firing"},
    // At the same second, by key.
    {"1T 1C", 0, 0, kEpisode, "0-0-0 x1 resolved@1"},
    {"1C 1T", 0, 0, kEpisode, "1-1-1 x1 firing"},
    // `for`.
    {"1T", 2, 0, kEpisode, "0-0-0 x1 pending"},
    {"1T 2T", 2, 0, kEpisode, "0-0-1 x2 pending"},
    {"1T 3T", 2, 0, kEpisode, "0-1-1 x2 firing"},
    {"1T 2T 5T 6T", 2, 0, kEpisode, "0-2-3 x4 firing"},
    {"1T 2C 5T", 2, 0, kEpisode, "2-2-2 x1 pending"},
    {"1T 2C", 2, 0, kEpisode, ""},
    {"1T 2U 3T", 2, 0, kEpisode, "0-2-2 x2 firing"},
    {"1T 3T 4C", 2, 0, kEpisode, "0-1-1 x2 resolved@4"},
    // `keep_firing_for`.
    {"1T 2C", 0, 3, kEpisode, "0-0-0 x1 recovering"},
    {"1T 2C 5C", 0, 3, kEpisode, "0-0-0 x1 recovering"},
    {"1T 2C 6C", 0, 3, kEpisode, "0-0-0 x1 resolved@5"},
    {"1T 2C 6U", 0, 3, kEpisode, "0-0-0 x1 resolved@5"},
    {"1T 2C 5T", 0, 3, kEpisode, "0-0-2 x2 firing"},
    {"1T 2C 6T", 0, 3, kEpisode, "0-0-0 x1 resolved@5; 2-2-2 x1 firing"},
    {"1T 2C 4C 5T 6C 9T", 0, 3, kEpisode, "0-0-5 x3 firing"},
    {"1T 2C 4C 6T", 0, 3, kEpisode, "0-0-0 x1 resolved@5; 3-3-3 x1 firing"},
    {"1T 3T 4C 5T 6C", 2, 2, kEpisode, "0-1-3 x3 recovering"},
    {"1T 2C 3T", 2, 9, kEpisode, "2-2-2 x1 pending"},
    // Other ways of deduplication never resolve.
    {"1T 2T 3C 4T", 0, 0, Dedupe::kAnchor, "0-0-0 x1 firing; 1-1-1 x1 firing; 3-3-3 x1 firing"},
    {"1T 2T 3T", 2, 0, Dedupe::kAnchor, "2-2-2 x1 firing"},
    {"1T 2C 23T 24T 26C 47T", 0, 0, Dedupe::kDay, "0-0-2 x2 firing; 3-3-5 x2 firing"},
    {"1T 2C 30T 31T", 0, 0, Dedupe::kSubject, "0-0-3 x3 firing"},
    {"1T 2C 30T 31T 33T 40T", 2, 0, Dedupe::kSubject, "2-4-5 x4 firing"},
    {"1C 2U", 0, 0, Dedupe::kSubject, ""},
};

RuleDefinition RuleOf(const Case& one) {
  RuleDefinition rule;
  rule.for_ = one.for_hours * 3600;
  rule.keep_firing_for = one.keep_hours * 3600;
  rule.dedupe = one.dedupe;
  return rule;
}

TEST(FoldEpisodes, FollowsTheTable) {
  for (const Case& one : kCases) {
    EXPECT_EQ(Told(FoldEpisodes(RuleOf(one), Anchors(one.anchors))), one.expected)
        << one.anchors << " for " << one.for_hours << " keep " << one.keep_hours;
  }
}

TEST(EpisodeFolder, ContinuesFromAnyAnchor) {
  for (const Case& one : kCases) {
    const std::vector<JudgedAnchor> anchors = Anchors(one.anchors);
    const RuleDefinition rule = RuleOf(one);
    EpisodeFolder whole(rule);
    for (const JudgedAnchor& anchor : anchors) {
      whole.Add(anchor);
    }
    for (std::size_t cut = 0; cut <= anchors.size(); ++cut) {
      EpisodeFolder folder(rule);
      for (std::size_t i = 0; i < cut; ++i) {
        folder.Add(anchors[i]);
      }
      folder.DropFinished();
      EpisodeFolder copy = folder;
      for (std::size_t i = cut; i < anchors.size(); ++i) {
        copy.Add(anchors[i]);
      }
      // What was dropped aside, the end is the same.
      const auto expected = whole.Episodes();
      const auto found = copy.Episodes();
      ASSERT_LE(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        const FoldedEpisode& a = found[found.size() - 1 - i];
        const FoldedEpisode& b = expected[expected.size() - 1 - i];
        EXPECT_EQ(a.founding.key, b.founding.key);
        EXPECT_EQ(a.last.key, b.last.key);
        EXPECT_EQ(a.anchors, b.anchors);
        EXPECT_EQ(a.state, b.state);
        EXPECT_EQ(a.resolved, b.resolved);
      }
    }
  }
}

TEST(FoldEpisodes, DaysBeforeTheEpochAreDaysToo) {
  RuleDefinition rule;
  rule.dedupe = Dedupe::kDay;
  std::vector<JudgedAnchor> anchors;
  for (const Seconds time : {Seconds{-86'401}, Seconds{-86'400}, Seconds{-1}, Seconds{0}}) {
    anchors.push_back({.time = time, .outcome = AnchorOutcome::kTrue});
  }
  EXPECT_EQ(Told(FoldEpisodes(rule, anchors)), "0-0-0 x1 firing; 1-1-2 x2 firing; 3-3-3 x1 firing");
}

}  // namespace
}  // namespace vedette::rules
