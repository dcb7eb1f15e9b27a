// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/stream_places.h"

#include <utility>

namespace vedette::rpc {

StreamPlace::StreamPlace(StreamPlaces& places, std::string caller)
    : places_(places), caller_(std::move(caller)) {}

StreamPlace::~StreamPlace() { places_.GiveBack(caller_); }

StreamPlaces::StreamPlaces(std::int64_t most, std::int64_t most_per_caller, Gauge& gauge)
    : most_(most), most_per_caller_(most_per_caller), gauge_(gauge) {}

std::unique_ptr<StreamPlace> StreamPlaces::Take(std::string caller) {
  {
    const std::lock_guard lock(mutex_);
    if (open_ >= most_) return nullptr;
    if (!caller.empty()) {
      std::int64_t& open = by_caller_[caller];
      if (open >= most_per_caller_) return nullptr;
      ++open;
    }
    ++open_;
  }
  gauge_.Add(1);
  return std::unique_ptr<StreamPlace>(new StreamPlace(*this, std::move(caller)));
}

void StreamPlaces::GiveBack(const std::string& caller) {
  gauge_.Add(-1);
  const std::lock_guard lock(mutex_);
  --open_;
  if (caller.empty()) return;
  const auto found = by_caller_.find(caller);
  if (--found->second == 0) by_caller_.erase(found);
}

std::int64_t StreamPlaces::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace vedette::rpc
