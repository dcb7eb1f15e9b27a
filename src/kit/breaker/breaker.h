// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace vedette {

namespace config {
class Section;
}  // namespace config

// Client-side throttling after Google's SRE book, chapter 21, with go-zero's weighting: no open and
// half-open states, but a probability of refusal that follows what was accepted lately.
struct BreakerOptions {
  std::chrono::milliseconds window = std::chrono::seconds(10);
  std::int64_t buckets = 40;
  double k = 1.5;               // refusals begin when total > protection + k · accepted
  double k_minimum = 1.1;       // what k falls to while every bucket failed
  std::int64_t protection = 5;  // so many failures never open it
  std::chrono::milliseconds forced_pass = std::chrono::seconds(1);  // one call passes so often

  void Describe(config::Section& section);
};

// What a call's end says about the thing that is protected.
enum class Outcome : std::uint8_t { kSuccess, kFailure, kNeither };

// Of a call to another service: kDeadlineExceeded, kInternal, kUnavailable, kUnimplemented and
// kDataLoss are failures; kCancelled is neither; everything else, the caller's fault, is success.
// The refusals of what is protected (kResourceExhausted: limits, shedding) are neither.
Outcome OutcomeOf(const Error* error);

// Thread-safe. Its own refusals cost some tens of nanoseconds and no allocation.
class Breaker {
 public:
  // One call that was let through. Tell how it ended; untold, as when the caller left, it counts as
  // neither. Movable.
  class Permit {
   public:
    Permit(Permit&& other) noexcept : breaker_(std::exchange(other.breaker_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(breaker_, other.breaker_);
      return *this;
    }
    ~Permit() { End(Outcome::kNeither); }

    // `reason` is a constant text, kept for the status page.
    void End(Outcome outcome, std::string_view reason = {});

   private:
    friend class Breaker;
    explicit Permit(Breaker* breaker) : breaker_(breaker) {}
    Breaker* breaker_;
  };

  struct State {
    std::int64_t total = 0;  // of the window, refusals included
    std::int64_t accepted = 0;
    std::int64_t failed = 0;
    std::int64_t refused = 0;
    double refusal_probability = 0;
    std::vector<std::pair<Timestamp, std::string_view>> reasons;  // the last five, newest first
  };

  // `clock` and `random` outlive it.
  Breaker(std::string name,
          const BreakerOptions& options,
          const Clock& clock,
          RandomSource& random);
  ~Breaker();
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  // kUnavailable, with retry_after, when refused: what is protected fails too often now.
  Result<Permit> Allow();

  const std::string& name() const;
  State Snapshot() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
