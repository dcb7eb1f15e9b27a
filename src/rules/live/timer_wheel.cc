// SPDX-License-Identifier: Apache-2.0
#include "rules/live/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace vedette::rules {
namespace {

// Times before 1900 and beyond the year 5000 are those years: no timer is meant there.
constexpr Seconds kOffset = 2'208'988'800;
constexpr std::uint64_t kLatest = std::uint64_t{1} << 37;

std::uint64_t Tick(Seconds time) {
  if (time <= -kOffset) {
    return 0;
  }
  return time >= static_cast<Seconds>(kLatest) - kOffset
             ? kLatest
             : static_cast<std::uint64_t>(time + kOffset);
}

}  // namespace

TimerWheel::TimerWheel() : now_(0) {
  for (auto& level : heads_) {
    level.fill(kNone);
  }
}

// The highest group of bits in which a time differs from now: below it all slots lie ahead.
int TimerWheel::LevelOf(std::uint64_t due) const {
  const std::uint64_t difference = due ^ now_;
  return difference == 0 ? 0 : (std::bit_width(difference) - 1) / kBits;
}

void TimerWheel::Link(Handle timer) {
  Node& node = nodes_[timer];
  const auto level = static_cast<std::size_t>(LevelOf(node.due));
  const auto slot = static_cast<std::size_t>((node.due >> (kBits * level)) & (kSlots - 1));
  node.previous = kNone;
  node.next = heads_[level][slot];
  if (node.next != kNone) {
    nodes_[node.next].previous = timer;
  }
  heads_[level][slot] = timer;
  used_[level] |= std::uint64_t{1} << slot;
}

void TimerWheel::Unlink(Handle timer) {
  const Node& node = nodes_[timer];
  if (node.next != kNone) {
    nodes_[node.next].previous = node.previous;
  }
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
    return;
  }
  const auto level = static_cast<std::size_t>(LevelOf(node.due));
  const auto slot = static_cast<std::size_t>((node.due >> (kBits * level)) & (kSlots - 1));
  heads_[level][slot] = node.next;
  if (node.next == kNone) {
    used_[level] &= ~(std::uint64_t{1} << slot);
  }
}

TimerWheel::Handle TimerWheel::Add(Seconds due, std::uint64_t payload) {
  Handle timer = free_;
  if (timer == kNone) {
    timer = static_cast<Handle>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[timer].next;
  }
  nodes_[timer].due = std::max(Tick(due), now_);
  nodes_[timer].payload = payload;
  Link(timer);
  ++size_;
  return timer;
}

void TimerWheel::Cancel(Handle timer) {
  Unlink(timer);
  nodes_[timer].next = free_;
  free_ = timer;
  --size_;
}

bool TimerWheel::FirstSlot(int* level, int* slot) const {
  for (int i = 0; i < kLevels; ++i) {
    if (used_[static_cast<std::size_t>(i)] != 0) {
      *level = i;
      *slot = std::countr_zero(used_[static_cast<std::size_t>(i)]);
      return true;
    }
  }
  return false;
}

std::optional<Seconds> TimerWheel::Next() const {
  int level = 0;
  int slot = 0;
  if (!FirstSlot(&level, &slot)) {
    return std::nullopt;
  }
  std::uint64_t due = UINT64_MAX;
  for (Handle timer = heads_[static_cast<std::size_t>(level)][static_cast<std::size_t>(slot)];
       timer != kNone; timer = nodes_[timer].next) {
    due = std::min(due, nodes_[timer].due);
  }
  return static_cast<Seconds>(due) - kOffset;
}

bool TimerWheel::Take(Seconds now, std::vector<Due>* due) {
  const std::uint64_t until = Tick(now);
  int level = 0;
  int slot = 0;
  while (FirstSlot(&level, &slot)) {
    const int shift = kBits * level;
    const std::uint64_t start = level == 0
                                    ? ((now_ >> kBits) << kBits) | static_cast<std::uint64_t>(slot)
                                    : ((now_ >> (shift + kBits)) << (shift + kBits)) |
                                          (static_cast<std::uint64_t>(slot) << shift);
    if (start > until) {
      break;
    }
    Handle& head = heads_[static_cast<std::size_t>(level)][static_cast<std::size_t>(slot)];
    Handle timer = head;
    head = kNone;
    used_[static_cast<std::size_t>(level)] &= ~(std::uint64_t{1} << slot);
    now_ = std::max(now_, start);
    if (level == 0) {
      const std::size_t first = due->size();
      while (timer != kNone) {
        const Handle next = nodes_[timer].next;
        due->push_back({static_cast<Seconds>(start) - kOffset, nodes_[timer].payload});
        nodes_[timer].next = free_;
        free_ = timer;
        --size_;
        timer = next;
      }
      std::ranges::sort(due->begin() + static_cast<std::ptrdiff_t>(first), due->end(), {},
                        &Due::payload);
      return true;
    }
    while (timer != kNone) {
      const Handle next = nodes_[timer].next;
      Link(timer);
      timer = next;
    }
  }
  now_ = std::max(now_, until);
  return false;
}

}  // namespace vedette::rules
