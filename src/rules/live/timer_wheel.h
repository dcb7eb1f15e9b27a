// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "rules/clinical/observation.h"

namespace vedette::rules {

// Timers of knowledge time, to the second: a hierarchy of wheels of 64 slots. Adding and cancelling
// take constant time whatever the number of timers; advancing skips what is empty. Not
// thread-safe.
class TimerWheel {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = UINT32_MAX;

  TimerWheel();

  // What is due already is due at once.
  Handle Add(Seconds due, std::uint64_t payload);
  // Of a timer that has not been taken.
  void Cancel(Handle timer);

  struct Due {
    Seconds due;
    std::uint64_t payload;
  };
  // When the next timer is due.
  std::optional<Seconds> Next() const;
  // Takes all timers of the earliest due time that is not after `now`, in order of payload. False:
  // there is none, and the wheel stands at `now`.
  bool Take(Seconds now, std::vector<Due>* due);

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return nodes_.capacity() * sizeof(Node); }

 private:
  static constexpr int kBits = 6;
  static constexpr int kSlots = 1 << kBits;
  static constexpr int kLevels = 8;

  struct Node {
    std::uint64_t due = 0;
    std::uint64_t payload = 0;
    Handle next = kNone;
    Handle previous = kNone;  // kNone: first of its slot
  };

  int LevelOf(std::uint64_t due) const;
  void Link(Handle timer);
  void Unlink(Handle timer);
  // The first slot that is not empty, of the lowest level that has one.
  bool FirstSlot(int* level, int* slot) const;

  std::uint64_t now_;
  std::vector<Node> nodes_;
  std::array<std::array<Handle, kSlots>, kLevels> heads_;
  std::array<std::uint64_t, kLevels> used_{};
  Handle free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace vedette::rules
