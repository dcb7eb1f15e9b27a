// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "kit/telemetry/metrics.h"

namespace vedette::rpc {

class StreamPlaces;

// One of the streams that may be open, as long as it lives.
class StreamPlace {
 public:
  ~StreamPlace();
  StreamPlace(const StreamPlace&) = delete;
  StreamPlace& operator=(const StreamPlace&) = delete;

 private:
  friend class StreamPlaces;
  StreamPlace(StreamPlaces& places, std::string caller);

  StreamPlaces& places_;
  const std::string caller_;
};

// Bounds the streams that are open at once, of all and of each caller. Thread-safe; outlives its
// places.
class StreamPlaces {
 public:
  // `gauge`, which shows how many there are, outlives it.
  StreamPlaces(std::int64_t most, std::int64_t most_per_caller, Gauge& gauge);

  // Null when the caller, or everybody together, has as many as may be. An empty caller is bounded
  // by the total alone.
  std::unique_ptr<StreamPlace> Take(std::string caller);

  std::int64_t open() const;

 private:
  friend class StreamPlace;
  void GiveBack(const std::string& caller);

  const std::int64_t most_;
  const std::int64_t most_per_caller_;
  Gauge& gauge_;
  mutable std::mutex mutex_;
  std::int64_t open_ = 0;
  std::unordered_map<std::string, std::int64_t> by_caller_;
};

}  // namespace vedette::rpc
