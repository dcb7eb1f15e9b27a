// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/dictionary.h"
#include "services/monitor/types.h"

namespace vedette::monitor {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

// A subject as the log refers to it.
struct SubjectRef {
  std::string id;
  std::string site_id;
};

// What a batch is checked against and marked with.
struct BatchFrame {
  const StudyDictionary& dictionary;
  const StringMap<SubjectRef>& subjects;  // by number; all that are known of the batch's
  std::string_view source;
  std::string_view actor;
  Timestamp now;
};

// The batch, ready for the log, or kInvalidArgument with every reason of every row:
// "events[3].unit". Texts repeat no value.
Result<RecordBatch> Prepare(const BatchFrame& frame, std::vector<GivenObservation> given);

}  // namespace vedette::monitor
