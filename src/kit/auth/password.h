// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/sensitive.h"

namespace vedette {

// What one guess costs. The defaults are OWASP's minimum for argon2id (about 20 ms).
struct PasswordCost {
  std::uint32_t memory_kib = 19'456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
  bool operator==(const PasswordCost&) const = default;
};

inline constexpr std::size_t kPasswordLimit = 4096;  // bytes: any 1024 characters in UTF-8

// Passwords as argon2id (RFC 9106) in PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$hash. Every
// function but NeedsRehash takes `cost` in time and memory: run them on a BlockingPool. Immutable;
// thread-safe. Throws std::runtime_error when the memory is not to be had.
class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordCost cost = {});

  // With a fresh random salt of 16 bytes. Throws std::invalid_argument over kPasswordLimit.
  std::string Encode(const Sensitive<std::string>& password) const;

  // Compares in constant time. False, too, for an encoding that is broken, of another algorithm, or
  // that would take over 1 GiB.
  bool Verify(const Sensitive<std::string>& password, std::string_view encoded) const;

  // For a user who does not exist: takes as long as Verify, so that the answer's time does not
  // tell.
  void VerifyNobody(const Sensitive<std::string>& password) const;

  // Whether `encoded` was made at another cost, or is broken: encode again at the next log-in.
  bool NeedsRehash(std::string_view encoded) const;

 private:
  PasswordCost cost_;
  std::string nobody_;
};

}  // namespace vedette
