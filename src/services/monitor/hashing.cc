// SPDX-License-Identifier: Apache-2.0
#include "services/monitor/hashing.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>

#include "base/sha256.h"

namespace vedette::monitor {
namespace {

constexpr std::size_t kPlaceBytes = 6;

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/. Stored, so it never changes.
std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  }
  return hash;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The 48 bits of time at the front of a version 7 UUID.
std::optional<std::uint64_t> UuidTime(std::string_view key) {
  if (key.size() != 36 || key[8] != '-' || key[13] != '-' || key[14] != '7') return std::nullopt;
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    if (i == 8) continue;
    const int digit = HexDigit(key[i]);
    if (digit < 0) return std::nullopt;
    time = time << 4 | static_cast<std::uint64_t>(digit);
  }
  return time;
}

std::uint64_t Place(std::string_view key) {
  if (const auto time = UuidTime(key)) return *time;
  const std::size_t separator = key.find_last_of("/:|#");
  return Fnv1a(separator == std::string_view::npos ? std::string_view() : key.substr(0, separator));
}

void Put(std::uint64_t number, std::string* buffer) {
  for (int shift = 0; shift < 64; shift += 8) {
    buffer->push_back(static_cast<char>(number >> shift & 0xff));
  }
}

void Put(std::string_view text, std::string* buffer) {
  Put(text.size(), buffer);
  buffer->append(text);
}

void PutLimit(char mark, std::optional<double> limit, std::string* buffer) {
  if (!limit) return;
  buffer->push_back(mark);
  Put(std::bit_cast<std::uint64_t>(*limit + 0.0), buffer);
}

ShortHash Beginning(const Sha256Digest& digest) {
  ShortHash hash;
  std::copy_n(digest.begin(), hash.size(), hash.begin());
  return hash;
}

}  // namespace

ShortHash KeyHash(std::string_view idempotency_key) {
  const std::uint64_t place = Place(idempotency_key);
  const Sha256Digest digest = Sha256(idempotency_key);
  ShortHash hash;
  for (std::size_t i = 0; i < kPlaceBytes; ++i) {
    hash[i] = static_cast<std::uint8_t>(place >> (8 * (kPlaceBytes - 1 - i)));
  }
  std::copy_n(digest.begin(), hash.size() - kPlaceBytes, hash.begin() + kPlaceBytes);
  return hash;
}

std::uint64_t RecordKey(const ShortHash& root) {
  std::uint64_t key = 0;
  for (std::size_t i = root.size() - sizeof key; i < root.size(); ++i) key = key << 8 | root[i];
  return key;
}

std::uint64_t RowKey(std::string_view row) {
  if (row.empty()) return 0;
  const Sha256Digest digest = Sha256(row);
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) key = key << 8 | digest[i];
  return key;
}

ShortHash ContentHash(const GivenObservation& given, const StudyTime& time, std::string* buffer) {
  buffer->clear();
  Put(given.subject_number, buffer);
  Put(given.item, buffer);
  buffer->push_back(given.number ? 'n' : '-');
  // -0 is 0 to whoever sent it.
  Put(given.number ? std::bit_cast<std::uint64_t>(*given.number + 0.0) : 0, buffer);
  Put(given.comparator, buffer);
  buffer->push_back(given.text ? 't' : '-');
  Put(given.text ? std::string_view(*given.text) : std::string_view(), buffer);
  Put(given.absent_reason, buffer);
  Put(given.unit, buffer);
  Put(static_cast<std::uint64_t>(ToUnixMicros(time.instant)), buffer);
  buffer->push_back(time.offset_minutes ? 'o' : '-');
  Put(static_cast<std::uint64_t>(time.offset_minutes.value_or(0)), buffer);
  buffer->push_back(static_cast<char>(time.precision));
  // What a plain observation does not have leaves its hash as it always was.
  if (!given.corrects.empty() || given.withdrawn) {
    buffer->push_back(given.withdrawn ? 'w' : 'c');
    Put(given.corrects, buffer);
  }
  if (!given.row.empty()) {
    buffer->push_back('r');
    Put(given.row, buffer);
  }
  PutLimit('l', given.range_low, buffer);
  PutLimit('h', given.range_high, buffer);
  return Beginning(Sha256(*buffer));
}

}  // namespace vedette::monitor
