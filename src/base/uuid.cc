// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

#include "base/bytes.h"
#include "base/sha256.h"

namespace vedette {
namespace {

void StampTimeAndVersion(Uuid& uuid, Timestamp time, std::uint8_t version) {
  const std::int64_t millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  for (int i = 0; i < 6; ++i) {
    uuid.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  }
  uuid.bytes[6] = static_cast<std::uint8_t>(version << 4 | (uuid.bytes[6] & 0x0f));
  uuid.bytes[8] = static_cast<std::uint8_t>(0x80 | (uuid.bytes[8] & 0x3f));
}

}  // namespace

std::string Uuid::ToString() const {
  const std::string hex = HexEncode(AsBytes());
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out.push_back('-');
    out.push_back(hex[i]);
  }
  return out;
}

Result<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
      text[23] != '-') {
    return Fail(Code::kInvalidArgument, "not a UUID");
  }
  std::string hex;
  for (const char c : text) {
    if (c != '-') hex.push_back(c);
  }
  auto bytes = HexDecode(hex);
  if (!bytes || bytes->size() != 16) return Fail(Code::kInvalidArgument, "not a UUID");
  return FromBytes(*bytes);
}

Result<Uuid> Uuid::FromBytes(std::string_view bytes) {
  if (bytes.size() != 16) return Fail(Code::kInvalidArgument, "not a UUID");
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), bytes.data(), 16);
  return uuid;
}

Uuid NewUuid(Timestamp now) {
  // One call to the generator serves 64 ids.
  thread_local std::array<unsigned char, 640> pool;
  thread_local std::size_t used = pool.size();
  if (used + 10 > pool.size()) {
    if (RAND_bytes(pool.data(), static_cast<int>(pool.size())) != 1) {
      throw std::runtime_error("the random generator of the operating system failed");
    }
    used = 0;
  }
  Uuid uuid;
  std::memcpy(uuid.bytes.data() + 6, pool.data() + used, 10);
  used += 10;
  StampTimeAndVersion(uuid, now, 7);
  return uuid;
}

Uuid DeriveUuid(Timestamp time, std::string_view content) {
  const Sha256Digest digest = Sha256(content);
  Uuid uuid;
  std::memcpy(uuid.bytes.data() + 6, digest.data(), 10);
  StampTimeAndVersion(uuid, time, 8);
  return uuid;
}

}  // namespace vedette
