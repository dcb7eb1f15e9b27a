// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/zone.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "rules/eval/zone_rule.h"

namespace vedette::rules {
namespace {

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kFileLimit = 256 * 1024;

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

// The counts of a TZif header, in the order in which they stand there.
struct Header {
  std::uint64_t universal_marks;
  std::uint64_t standard_marks;
  std::uint64_t leap_seconds;
  std::uint64_t transitions;
  std::uint64_t types;
  std::uint64_t name_bytes;

  std::uint64_t BodySize(std::uint64_t time_size) const {
    return transitions * (time_size + 1) + types * 6 + name_bytes + leap_seconds * (time_size + 4) +
           standard_marks + universal_marks;
  }
};

std::optional<Header> ReadHeader(std::string_view file) {
  if (file.size() < kHeaderSize || !file.starts_with("TZif") || file[4] < '2') {
    return std::nullopt;
  }
  const auto count = [&](std::size_t index) { return BigEndian(file.substr(20 + index * 4, 4)); };
  return Header{count(0), count(1), count(2), count(3), count(4), count(5)};
}

// "+05:30", "05:30"
std::optional<std::int32_t> FixedOffset(std::string_view text) {
  const int sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return std::nullopt;
  }
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  return hours > 23 || minutes > 59 ? std::nullopt
                                    : std::optional(sign * (hours * 3600 + minutes * 60));
}

// Letters, digits, _ + - in parts joined by one slash each: nothing that leaves the folder.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/' ||
      name.find("//") != std::string_view::npos) {
    return false;
  }
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

}  // namespace

std::optional<std::int32_t> OffsetInZoneFile(std::string_view file, std::int64_t seconds) {
  // A first body in 32 bits is passed over; the second one has 64.
  const auto first = ReadHeader(file);
  if (!first || first->BodySize(4) > file.size() - kHeaderSize) {
    return std::nullopt;
  }
  file.remove_prefix(kHeaderSize + first->BodySize(4));
  const auto header = ReadHeader(file);
  if (!header || header->BodySize(8) > file.size() - kHeaderSize || header->types == 0) {
    return std::nullopt;
  }
  const std::string_view body = file.substr(kHeaderSize);
  const std::uint64_t count = header->transitions;
  const auto transition = [&](std::uint64_t index) {
    return static_cast<std::int64_t>(BigEndian(body.substr(index * 8, 8)));
  };
  const std::string_view types = body.substr(count * 9);
  const auto offset_of = [&](std::uint64_t type) -> std::optional<std::int32_t> {
    return type >= header->types
               ? std::nullopt
               : std::optional(static_cast<std::int32_t>(
                     static_cast<std::uint32_t>(BigEndian(types.substr(type * 6, 4)))));
  };
  if (count == 0 || seconds >= transition(count - 1)) {
    const std::string_view footer = body.substr(header->BodySize(8));
    if (footer.size() > 2 && footer.front() == '\n' && footer.back() == '\n') {
      if (const auto offset = OffsetByRule(footer.substr(1, footer.size() - 2), seconds)) {
        return offset;
      }
    }
  }
  std::uint64_t low = 0;  // transitions at or before the moment
  for (std::uint64_t high = count; low < high;) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (transition(middle) <= seconds) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return offset_of(low == 0 ? 0 : static_cast<unsigned char>(body[count * 8 + low - 1]));
}

std::optional<std::int32_t> ZoneOffset(std::string_view zone, std::int64_t seconds) {
  if (zone == "UTC" || zone == "Z") {
    return 0;
  }
  if (const auto fixed = FixedOffset(zone)) {
    return fixed;
  }
  if (!IsZoneName(zone)) {
    return std::nullopt;
  }
  std::ifstream stream("/usr/share/zoneinfo/" + std::string(zone), std::ios::binary);
  std::string file(kFileLimit, '\0');
  stream.read(file.data(), static_cast<std::streamsize>(file.size()));
  file.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  return OffsetInZoneFile(file, seconds);
}

}  // namespace vedette::rules
