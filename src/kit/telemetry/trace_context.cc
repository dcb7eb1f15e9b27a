// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/trace_context.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>

#include "base/bytes.h"

namespace vedette {
namespace {

// "00-" + 32 + "-" + 16 + "-" + 2
constexpr std::size_t kLength = 55;

// One call to the generator serves many ids: a span is opened on every call.
void FillRandom(std::span<std::uint8_t> out) {
  thread_local std::array<std::uint8_t, 1024> pool;
  thread_local std::size_t used = pool.size();
  if (used + out.size() > pool.size()) {
    if (RAND_bytes(pool.data(), static_cast<int>(pool.size())) != 1) {
      throw std::runtime_error("the random generator of the operating system failed");
    }
    used = 0;
  }
  std::memcpy(out.data(), pool.data() + used, out.size());
  used += out.size();
}

template <std::size_t N>
bool IsZero(const std::array<std::uint8_t, N>& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t N>
std::string Hex(const std::array<std::uint8_t, N>& bytes) {
  return HexEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Lower case only, as the recommendation's HEXDIGLC.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ParseHex(std::string_view text, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace

bool TraceContext::IsValid() const { return !IsZero(trace_id) && !IsZero(span_id); }

std::string TraceContext::TraceIdHex() const { return Hex(trace_id); }
std::string TraceContext::SpanIdHex() const { return Hex(span_id); }

std::string TraceContext::ToTraceparent() const {
  return "00-" + TraceIdHex() + "-" + SpanIdHex() + (sampled ? "-01" : "-00");
}

TraceContext TraceContext::Child() const {
  TraceContext child = *this;
  if (!IsValid()) {
    child.sampled = true;
    do FillRandom(child.trace_id);
    while (IsZero(child.trace_id));
  }
  do FillRandom(child.span_id);
  while (IsZero(child.span_id));
  return child;
}

std::optional<TraceContext> TraceContext::FromTraceparent(std::string_view header) {
  if (header.size() < kLength) return std::nullopt;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version;
  std::array<std::uint8_t, 1> flags;
  TraceContext context;
  if (!ParseHex(header.substr(0, 2), version) ||
      !ParseHex(header.substr(3, 32), context.trace_id) ||
      !ParseHex(header.substr(36, 16), context.span_id) || !ParseHex(header.substr(53, 2), flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff) return std::nullopt;
  // Version 00 ends here; a later version may go on, after another dash.
  if (header.size() > kLength && (version[0] == 0 || header[kLength] != '-')) return std::nullopt;
  if (!context.IsValid()) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  return context;
}

}  // namespace vedette
