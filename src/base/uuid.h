// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace vedette {

// 128 bits, RFC 9562. Time leads, so that an index grows at its right edge.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;

  std::string ToString() const;  // 8-4-4-4-12, lower case
  std::string_view AsBytes() const { return {reinterpret_cast<const char*>(bytes.data()), 16}; }
  static Result<Uuid> Parse(std::string_view text);
  static Result<Uuid> FromBytes(std::string_view bytes);  // exactly 16
};

// Version 7 (RFC 9562 §5.7): milliseconds of `now`, then random bits of the operating system's
// generator. Thread-safe.
Uuid NewUuid(Timestamp now);

// Version 8 (RFC 9562 §5.8): milliseconds of `time`, then bits of SHA-256 over `content`. The same
// content and time give the same id: what makes a write repeatable.
Uuid DeriveUuid(Timestamp time, std::string_view content);

}  // namespace vedette
