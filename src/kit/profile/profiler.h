// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "kit/task/task.h"

namespace vedette {

namespace config {
class Section;
}  // namespace config

struct ProfileOptions {
  std::chrono::milliseconds max_duration = std::chrono::seconds(60);
  std::int64_t heap_sample_bytes = 512 * 1024;  // mean distance of sampled allocations; 0: none

  void Describe(config::Section& section);
};

// Profiles of this process through gperftools, in the formats that google-pprof and `go tool pprof`
// read. Its signal timer and allocator belong to the whole process: of several Profilers in it, one
// takes a processor profile at a time, and the last one made says how the heap is sampled. All work
// is done on threads of its own. In builds with a sanitizer profiles are kUnimplemented.
// Thread-safe.
class Profiler {
 public:
  explicit Profiler(ProfileOptions options);
  // Ends a profile that is being taken.
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  // What the processors do for `duration`, 100 samples a second and processor. kFailedPrecondition
  // when one is being taken already, kInvalidArgument for a duration that is not above 0 and within
  // max_duration. A cancelled caller ends the profile.
  Task<Result<std::string>> Cpu(std::chrono::milliseconds duration);

  // The same as a page with a flame graph.
  Task<Result<std::string>> Flame(std::chrono::milliseconds duration);

  // Live sampled allocations with their stacks; kFailedPrecondition when none are sampled.
  Task<Result<std::string>> Heap();

  // The answer to pprof's symbol request: of "0x1a+0x2b" a line "0x1a<tab>name" for each address,
  // kMaxSymbols at most.
  Task<Result<std::string>> Symbols(std::string addresses);

  static constexpr std::size_t kMaxSymbols = 50'000;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette
