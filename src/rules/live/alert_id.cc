// SPDX-License-Identifier: Apache-2.0
#include "rules/live/alert_id.h"

#include <algorithm>
#include <string>

#include "base/sha256.h"
#include "rules/live/engine.h"

namespace vedette::rules {
namespace {

// Fields with their lengths, so that no two lists of fields give the same bytes.
class FieldBytes {
 public:
  FieldBytes& Add(std::string_view text) {
    AddNumber(text.size());
    bytes_.append(text);
    return *this;
  }
  FieldBytes& AddNumber(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_.push_back(static_cast<char>(number >> shift));
    }
    return *this;
  }
  Id128 Hash() const {
    const Sha256Digest digest = Sha256(bytes_);
    Id128 id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
  }

 private:
  std::string bytes_;
};

}  // namespace

Id128 AlertId(std::string_view study_id,
              std::string_view rule_id,
              std::string_view scope_key,
              Seconds anchor_time,
              std::uint64_t anchor_key) {
  return FieldBytes()
      .Add(study_id)
      .Add(rule_id)
      .Add(scope_key)
      .AddNumber(static_cast<std::uint64_t>(anchor_time))
      .AddNumber(anchor_key)
      .Hash();
}

Id128 TransitionId(const Id128& alert,
                   TransitionKind kind,
                   std::uint64_t cause,
                   std::uint32_t cause_item,
                   Seconds at) {
  return FieldBytes()
      .Add({reinterpret_cast<const char*>(alert.data()), alert.size()})
      .AddNumber(static_cast<std::uint64_t>(kind))
      .AddNumber(cause)
      .AddNumber(cause_item)
      .AddNumber(static_cast<std::uint64_t>(at))
      .Hash();
}

std::uint64_t AnchorKeyOf(std::string_view name) {
  const Sha256Digest digest = Sha256(name);
  std::uint64_t key = 0;
  for (int i = 0; i < 8; ++i) {
    key |= std::uint64_t{digest[static_cast<std::size_t>(i)]} << (8 * i);
  }
  return key;
}

}  // namespace vedette::rules
