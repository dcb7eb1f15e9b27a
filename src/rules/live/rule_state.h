// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rules/clinical/compact_array.h"
#include "rules/live/alert.h"
#include "rules/live/episode_folder.h"
#include "rules/live/timer_wheel.h"

namespace vedette::rules {

// What an anchor that is not clear was found to be. Clear anchors, nearly all, need no mark: they
// are the observations without one.
class AnchorMark {
 public:
  enum Outcome : std::uint8_t {
    kNone,  // judged, neither true nor clear
    kTrue,
    kIneligible,  // received outside of the version's time
    kWaiting,     // for `settle` to pass
  };
  static constexpr std::uint32_t kNoItem = (1U << 20) - 1;  // a row

  AnchorMark() = default;
  AnchorMark(Seconds time, std::uint64_t key, std::uint32_t item, Outcome outcome)
      : packed_((static_cast<std::uint64_t>(time + kOffset) << 23) |
                (std::uint64_t{item < kNoItem ? item : kNoItem} << 3) | outcome),
        key_(key) {}

  Seconds time() const { return static_cast<Seconds>(packed_ >> 23) - kOffset; }
  std::uint64_t key() const { return key_; }
  std::uint32_t item() const {
    const auto item = static_cast<std::uint32_t>(packed_ >> 3) & kNoItem;
    return item == kNoItem ? UINT32_MAX : item;
  }
  Outcome outcome() const { return static_cast<Outcome>(packed_ & 7); }
  // By (time, key, item).
  friend bool operator<(const AnchorMark& a, const AnchorMark& b) {
    const std::uint64_t at = a.packed_ >> 23;
    const std::uint64_t bt = b.packed_ >> 23;
    return at != bt ? at < bt : a.key_ != b.key_ ? a.key_ < b.key_ : a.item() < b.item();
  }
  bool SameAnchor(const AnchorMark& other) const {
    return packed_ >> 3 == other.packed_ >> 3 && key_ == other.key_;
  }

 private:
  static constexpr Seconds kOffset = 2'208'988'800;  // of 1900-01-01
  std::uint64_t packed_ = 0;
  std::uint64_t key_ = 0;
};

// What one rule has found in one subject. There is none where nothing but clear anchors were met.
struct RuleState {
  CompactArray<AnchorMark> marks;
  std::uint32_t true_marks = 0;
  TimerWheel::Handle timer = TimerWheel::kNone;
  Seconds timer_due = 0;
  std::vector<DetectedAlert> alerts;     // by founding anchor
  std::unique_ptr<EpisodeFolder> carry;  // of the anchors before folded_until
  Seconds folded_until = INT64_MIN;      // anchors before it are final

  // Where the anchor's mark is; marks.size() without one.
  std::uint32_t Find(const AnchorMark& anchor) const;
  // Notes what the anchor was found to be. True: it was something else before.
  bool Set(const AnchorMark& mark);
  // Makes the anchor clear, or forgets it. True: it had a mark.
  bool Clear(const AnchorMark& anchor);
  // Whether folding can give any alert.
  bool silent() const { return true_marks == 0 && alerts.empty() && carry == nullptr; }
  std::size_t bytes() const;
};

}  // namespace vedette::rules
