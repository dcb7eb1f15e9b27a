// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/sensitive.h"

namespace vedette {

// The keys that personal data is sealed with. The highest id seals; every one opens, so a key is
// replaced by adding one and the old ones stay until nothing is sealed with them.
class KeyRing {
 public:
  static KeyRing Generate();

  // One key a line, `<id> <key>`, and one line `lookup <key>` for LookupHash; a key is 32 bytes in
  // hexadecimal or base64, an id 1 to 4294967295; `#` starts a comment. A text that is one key and
  // nothing else is id 1. Without a lookup line that key is derived from the lowest id's, which
  // then must never go. The error tells the line and holds nothing of it.
  static Result<KeyRing> Parse(const Sensitive<std::string>& text);

  // From a file only its owner (and group) may read. Blocking.
  static Result<KeyRing> LoadFile(const std::string& path);
  // As LoadFile; an absent file is made, mode 0600, with fresh keys: for a store that holds nothing
  // sealed yet. Blocking.
  static Result<KeyRing> LoadOrCreateFile(const std::string& path);

  // What Parse reads.
  Sensitive<std::string> ToText() const;

 private:
  friend class SealedBox;
  KeyRing() = default;

  std::map<std::uint32_t, Sensitive<std::string>> keys_;
  Sensitive<std::string> lookup_key_;
};

// AES-256-GCM (NIST SP 800-38D) with a random nonce: version 1 (1 byte), key id (4, big-endian),
// nonce (12), ciphertext, tag (16). Random nonces are safe for 2^32 values a key. Thread-safe.
class SealedBox {
 public:
  explicit SealedBox(KeyRing ring);

  // `context` says what the value is and whose, e.g. {"subject.name", subject_id}; only the same
  // context opens it, so a sealed value cannot be moved to another row or column.
  Bytes Seal(const Sensitive<std::string>& value,
             std::initializer_list<std::string_view> context) const;

  // kInternal when it was not sealed so, was changed, or its key is not in the ring.
  Result<Sensitive<std::string>> Open(const Bytes& sealed,
                                      std::initializer_list<std::string_view> context) const;

  // HMAC-SHA-256: equal for equal values in the same field, of no use without the key. Normalise
  // the value first.
  Bytes LookupHash(const Sensitive<std::string>& value, std::string_view field) const;

 private:
  KeyRing ring_;
};

}  // namespace vedette
