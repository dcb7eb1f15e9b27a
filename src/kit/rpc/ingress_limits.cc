// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/ingress_limits.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "kit/config/section.h"

namespace vedette::rpc {
namespace {

constexpr double kLargest = 1e9;  // of a rate and of a burst

void DescribeBudget(config::Section& section,
                    std::string_view rate_name,
                    std::string_view burst_name,
                    std::string_view rate_text,
                    RateLimit& limit) {
  section.Field(rate_name, limit.rate, {.text = rate_text, .minimum = 0, .maximum = kLargest});
  section.Field(burst_name, limit.burst,
                {.text = "How many of them at once.", .minimum = 1, .maximum = kLargest});
}

template <class Number>
bool ReadNumber(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadOperation(std::string_view entry, std::string& label, RateLimit& limit) {
  const std::size_t equals = entry.find('=');
  const std::size_t slash = entry.find('/', equals == std::string_view::npos ? 0 : equals);
  if (equals == std::string_view::npos || equals == 0 || slash == std::string_view::npos) {
    return false;
  }
  label = entry.substr(0, equals);
  return ReadNumber(entry.substr(equals + 1, slash - equals - 1), limit.rate) &&
         ReadNumber(entry.substr(slash + 1), limit.burst) && limit.rate > 0 &&
         limit.rate <= kLargest && limit.burst >= 1 && limit.burst <= kLargest;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The entry that the outermost trusted proxy appended: `trusted` from the right.
std::string_view ForwardedEntry(std::string_view forwarded, std::int64_t trusted) {
  std::string_view entry;
  for (std::int64_t i = 0; i < trusted && !forwarded.empty(); ++i) {
    const std::size_t comma = forwarded.rfind(',');
    entry = Trim(comma == std::string_view::npos ? forwarded : forwarded.substr(comma + 1));
    forwarded = comma == std::string_view::npos ? std::string_view() : forwarded.substr(0, comma);
  }
  return entry;
}

constexpr std::size_t kPrefixBytes = 8;  // of an IPv6 address, what one subscriber has

}  // namespace

void LimitOptions::Describe(config::Section& section) {
  DescribeBudget(section, "capture_rate", "capture_burst",
                 "Calls a second of one user that record data; 0: no limit.", capture);
  DescribeBudget(section, "interactive_rate", "interactive_burst",
                 "Calls a second of one user that people wait for; 0: no limit.", interactive);
  DescribeBudget(section, "report_rate", "report_burst",
                 "Calls a second of one user for reports and exports; 0: no limit.", report);
  DescribeBudget(section, "open_rate", "open_burst",
                 "Calls a second from one address that need no token; 0: no limit.", open);
  section.Field("operations", operations,
                {.text = "Budgets of single operations for each caller, beside the others: "
                         "\"risk.Predict=5/10\" is 5 a second and 10 at once."});
}

const RateLimit& LimitTable::Of(RateClass rate_class) const {
  if (rate_class == RateClass::kCapture) return options.capture;
  return rate_class == RateClass::kReport ? options.report : options.interactive;
}

const RateLimit* LimitTable::OfOperation(std::string_view label) const {
  if (operations.empty()) return nullptr;
  const auto found = operations.find(label);
  return found == operations.end() ? nullptr : &found->second;
}

Result<LimitTable> ReadLimits(LimitOptions options) {
  LimitTable table;
  for (const RateLimit* limit :
       {&options.capture, &options.interactive, &options.report, &options.open}) {
    if (!(limit->rate >= 0) || (limit->IsSet() && limit->burst < 1)) {
      return FailField("limits", "a rate is 0 or more, and its burst at least 1");
    }
  }
  for (const std::string& entry : options.operations) {
    std::string label;
    RateLimit limit;
    if (!ReadOperation(entry, label, limit)) {
      return FailField("limits.operations", "\"" + entry + "\" is not <label>=<rate>/<burst>");
    }
    table.operations[std::move(label)] = limit;
  }
  table.options = std::move(options);
  return table;
}

BudgetReport MakeReport(std::string_view policy,
                        const RateLimit& limit,
                        const LimitDecision& decision) {
  const auto up = [](std::chrono::milliseconds time) {
    return std::chrono::ceil<std::chrono::seconds>(time).count();
  };
  const double window = std::ceil(static_cast<double>(limit.burst) / limit.rate);
  return {.policy = policy,
          .quota = limit.burst,
          .window = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(window, 1e9))),
          .remaining = std::max<std::int64_t>(0, decision.remaining),
          .reset = up(decision.allowed ? decision.reset : decision.retry_after)};
}

std::string BudgetReport::PolicyField() const {
  return '"' + std::string(policy) + "\";q=" + std::to_string(quota) +
         ";w=" + std::to_string(window);
}

std::string BudgetReport::StateField() const {
  return '"' + std::string(policy) + "\";r=" + std::to_string(remaining) +
         ";t=" + std::to_string(reset);
}

std::string ClientAddress(std::string_view peer, std::string_view forwarded, std::int64_t trusted) {
  const std::string_view entry = ForwardedEntry(forwarded, trusted);
  const std::string address(entry.empty() ? peer : entry);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    // What is no address at all was not written by a proxy of ours.
    return inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ? address : std::string(peer);
  }
  const in6_addr* whole = reinterpret_cast<const in6_addr*>(bytes.data());
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(whole)) {
    return inet_ntop(AF_INET, bytes.data() + 12, text, sizeof(text));
  }
  std::fill(bytes.begin() + kPrefixBytes, bytes.end(), 0);
  return std::string(inet_ntop(AF_INET6, bytes.data(), text, sizeof(text))) + "/64";
}

}  // namespace vedette::rpc
