// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/redis/address.h"
#include "kit/redis/client.h"

namespace vedette::redis {

// Slots `first` to `last`, both included, and who is their master.
struct SlotRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  Endpoint master;
  bool operator==(const SlotRange&) const = default;
};

// The reply to CLUSTER SLOTS that the server at `asked` gave, which may leave out its own host.
// Nothing when it is not of that form.
std::optional<std::vector<SlotRange>> ReadSlots(const Reply& reply, const Endpoint& asked);

// "MOVED 3999 10.0.0.1:6381" and "ASK 3999 10.0.0.1:6381" from the server at `asked`.
struct Redirection {
  bool ask = false;
  std::uint16_t slot = 0;
  Endpoint endpoint;
  bool operator==(const Redirection&) const = default;
};
std::optional<Redirection> ReadRedirection(std::string_view error, const Endpoint& asked);

}  // namespace vedette::redis
