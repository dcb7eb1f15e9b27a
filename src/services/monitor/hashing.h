// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/study_time.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

// What an idempotency key is looked up by. Keys that are made in a row stay near each other in the
// index, so that writing touches few of its pages: the first 6 bytes come from the key's beginning
// (the time of a version 7 UUID, else a hash of everything up to the last separator among "/:|#"),
// the other 10 from SHA-256 of the whole key, which make it unique.
ShortHash KeyHash(std::string_view idempotency_key);

// What rules and back-tests know an observation by, within its subject and item: the end of the key
// of its first version, which is SHA-256 throughout.
std::uint64_t RecordKey(const ShortHash& root);

// What tells the rows of a form apart; 0 for none.
std::uint64_t RowKey(std::string_view row);

// The beginning of SHA-256 over what was sent, in the units it was sent in, so that a later change
// of the dictionary does not turn a repetition into a conflict. `buffer` is scratch space.
ShortHash ContentHash(const GivenObservation& given, const StudyTime& time, std::string* buffer);

}  // namespace vedette::monitor
