// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/cpu_profile.h"

#include <cstring>

namespace vedette {

Result<CpuProfile> ParseCpuProfile(std::string_view bytes) {
  const std::size_t words = bytes.size() / sizeof(std::uint64_t);
  const auto word = [&](std::size_t at) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at * sizeof value, sizeof value);
    return value;
  };
  const auto malformed = [] { return Fail(Code::kInvalidArgument, "not a processor profile"); };
  // 0, words of the head that follow, version, period in microseconds, padding.
  if (words < 5 || word(0) != 0 || word(1) < 3 || word(1) > words - 2 || word(2) != 0) {
    return malformed();
  }
  CpuProfile profile;
  profile.period = std::chrono::microseconds(static_cast<std::int64_t>(word(3) & 0xffff'ffff));
  // Then samples: count, length of the stack, addresses; the last is 0, 1, 0.
  for (std::size_t at = 2 + word(1); at + 2 <= words;) {
    const std::uint64_t count = word(at);
    const std::uint64_t length = word(at + 1);
    at += 2;
    if (length == 0 || length > words - at) return malformed();
    if (count == 0) return profile;
    CpuSample& sample = profile.samples.emplace_back();
    sample.count = count;
    for (std::uint64_t i = 0; i < length; ++i) sample.addresses.push_back(word(at + i));
    at += length;
  }
  return malformed();
}

}  // namespace vedette
