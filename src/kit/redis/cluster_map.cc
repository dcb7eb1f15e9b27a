// SPDX-License-Identifier: Apache-2.0
#include "kit/redis/cluster_map.h"

#include <charconv>

#include "kit/redis/slot.h"

namespace vedette::redis {
namespace {

std::optional<std::uint16_t> ReadSlot(const Reply& reply) {
  const std::int64_t* number = reply.integer();
  if (number == nullptr || *number < 0 || *number >= static_cast<std::int64_t>(kSlotCount)) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*number);
}

std::optional<Endpoint> ReadNode(const Reply& reply, const Endpoint& asked) {
  const auto* parts = reply.array();
  if (parts == nullptr || parts->size() < 2) return std::nullopt;
  const std::int64_t* port = (*parts)[1].integer();
  if (port == nullptr || *port < 1 || *port > 65'535) return std::nullopt;
  const std::string* host = (*parts)[0].text();
  const bool unknown = host == nullptr || host->empty() || *host == "?";
  return Endpoint{.host = unknown ? asked.host : *host, .port = static_cast<std::uint16_t>(*port)};
}

}  // namespace

std::optional<std::vector<SlotRange>> ReadSlots(const Reply& reply, const Endpoint& asked) {
  const auto* entries = reply.array();
  if (entries == nullptr) return std::nullopt;
  std::vector<SlotRange> ranges;
  for (const Reply& entry : *entries) {
    const auto* parts = entry.array();
    if (parts == nullptr || parts->size() < 3) return std::nullopt;
    const auto first = ReadSlot((*parts)[0]);
    const auto last = ReadSlot((*parts)[1]);
    auto master = ReadNode((*parts)[2], asked);
    if (!first || !last || *last < *first || !master) return std::nullopt;
    ranges.push_back({*first, *last, *std::move(master)});
  }
  return ranges;
}

std::optional<Redirection> ReadRedirection(std::string_view error, const Endpoint& asked) {
  Redirection redirection;
  redirection.ask = error.starts_with("ASK ");
  if (!redirection.ask && !error.starts_with("MOVED ")) return std::nullopt;
  error.remove_prefix(error.find(' ') + 1);
  const auto [end, failure] =
      std::from_chars(error.data(), error.data() + error.size(), redirection.slot);
  if (failure != std::errc() || redirection.slot >= kSlotCount) return std::nullopt;
  error.remove_prefix(static_cast<std::size_t>(end - error.data()));
  if (!error.starts_with(' ')) return std::nullopt;
  error.remove_prefix(1);
  // The host is left out when it is the same; an IPv6 address has no brackets.
  const std::size_t colon = error.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto endpoint = ParseEndpoint("host" + std::string(error.substr(colon)), 0);
  if (!endpoint) return std::nullopt;
  endpoint->host = colon == 0 ? asked.host : std::string(error.substr(0, colon));
  redirection.endpoint = *std::move(endpoint);
  return redirection;
}

}  // namespace vedette::redis
