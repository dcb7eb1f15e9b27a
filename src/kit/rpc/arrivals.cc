// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/arrivals.h"

namespace vedette::rpc {

void Arrivals::Add() {
  const std::scoped_lock lock(mutex_);
  ++untaken_;
  signal_.Set();
}

bool Arrivals::Take() {
  const std::scoped_lock lock(mutex_);
  if (untaken_ == 0) return false;
  --untaken_;
  return true;
}

Signal Arrivals::Present() {
  const std::scoped_lock lock(mutex_);
  if (untaken_ == 0 && signal_.IsSet()) signal_ = Signal();
  return signal_;
}

Task<bool> Arrivals::Next(std::shared_ptr<Arrivals> arrivals, SteadyTime until) {
  while (!arrivals->Take()) {
    const Signal signal = arrivals->Present();
    if (!co_await signal.WaitUntil(until)) co_return arrivals->Take();
  }
  co_return true;
}

}  // namespace vedette::rpc
