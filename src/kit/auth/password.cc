// SPDX-License-Identifier: Apache-2.0
#include "kit/auth/password.h"

#include <argon2.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace vedette {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::uint32_t kMemoryLimitKib = 1024 * 1024;
constexpr std::uint32_t kPassesLimit = 100;
constexpr std::uint32_t kLanesLimit = 64;
constexpr std::string_view kPrefix = "$argon2id$v=19$m=";

// Takes a number up to `end_mark` off the front.
std::optional<std::uint32_t> TakeNumber(std::string_view& text, std::string_view end_mark) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(end_mark)) return std::nullopt;
  text.remove_prefix(end_mark.size());
  return value;
}

// nullopt for anything that is not argon2id version 1.3 at a cost we are ready to pay.
std::optional<PasswordCost> CostOf(std::string_view encoded) {
  if (!encoded.starts_with(kPrefix) || encoded.size() > 512) return std::nullopt;
  encoded.remove_prefix(kPrefix.size());
  const auto memory = TakeNumber(encoded, ",t=");
  if (!memory || *memory > kMemoryLimitKib) return std::nullopt;
  const auto passes = TakeNumber(encoded, ",p=");
  if (!passes || *passes > kPassesLimit) return std::nullopt;
  const auto lanes = TakeNumber(encoded, "$");
  if (!lanes || *lanes > kLanesLimit) return std::nullopt;
  return PasswordCost{*memory, *passes, *lanes};
}

std::string Hash(const PasswordCost& cost, std::string_view password) {
  std::array<unsigned char, kSaltSize> salt;
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
    throw std::runtime_error("the random generator of the operating system failed");
  }
  std::string encoded(
      argon2_encodedlen(cost.passes, cost.memory_kib, cost.lanes, kSaltSize, kHashSize, Argon2_id),
      '\0');
  const int outcome = argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes,
                                            password.data(), password.size(), salt.data(),
                                            salt.size(), kHashSize, encoded.data(), encoded.size());
  if (outcome != ARGON2_OK) {
    throw std::runtime_error(std::string("argon2 failed: ") + argon2_error_message(outcome));
  }
  encoded.resize(encoded.find('\0'));
  return encoded;
}

}  // namespace

PasswordHasher::PasswordHasher(PasswordCost cost) : cost_(cost), nobody_(Hash(cost_, "nobody")) {}

std::string PasswordHasher::Encode(const Sensitive<std::string>& password) const {
  if (password.Reveal().size() > kPasswordLimit) throw std::invalid_argument("password too long");
  return Hash(cost_, password.Reveal());
}

bool PasswordHasher::Verify(const Sensitive<std::string>& password,
                            std::string_view encoded) const {
  if (password.Reveal().size() > kPasswordLimit || !CostOf(encoded)) return false;
  const int outcome = argon2id_verify(std::string(encoded).c_str(), password.Reveal().data(),
                                      password.Reveal().size());
  if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR || outcome == ARGON2_THREAD_FAIL) {
    throw std::runtime_error(std::string("argon2 failed: ") + argon2_error_message(outcome));
  }
  return outcome == ARGON2_OK;
}

void PasswordHasher::VerifyNobody(const Sensitive<std::string>& password) const {
  (void)Verify(password, nobody_);
}

bool PasswordHasher::NeedsRehash(std::string_view encoded) const {
  return CostOf(encoded) != cost_;
}

}  // namespace vedette
