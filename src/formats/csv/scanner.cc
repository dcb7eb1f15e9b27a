// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/scanner.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vedette::formats::csv {
namespace {

constexpr std::size_t kStep = 64;

struct Masks {
  std::uint64_t commas = 0;
  std::uint64_t line_feeds = 0;
  std::uint64_t quotes = 0;
  std::uint64_t returns = 0;
  std::uint64_t nuls = 0;
  std::uint64_t non_ascii = 0;
};

struct PortableMasker {
  static Masks Load(const char* text) {
    Masks masks;
    for (std::size_t i = 0; i < kStep; ++i) {
      const std::uint64_t bit = std::uint64_t{1} << i;
      switch (text[i]) {
        case ',':
          masks.commas |= bit;
          break;
        case '\n':
          masks.line_feeds |= bit;
          break;
        case '"':
          masks.quotes |= bit;
          break;
        case '\r':
          masks.returns |= bit;
          break;
        case '\0':
          masks.nuls |= bit;
          break;
        default:
          if (static_cast<unsigned char>(text[i]) >= 0x80) masks.non_ascii |= bit;
          break;
      }
    }
    return masks;
  }
};

#if defined(__x86_64__)
#define VEDETTE_AVX2 __attribute__((target("avx2,bmi,popcnt")))
struct Avx2Masker {
  // Functions, not lambdas: a lambda would not inherit the target attribute.
  VEDETTE_AVX2 static inline std::uint64_t Equal(__m256i low, __m256i high, char wanted) {
    const __m256i pattern = _mm256_set1_epi8(wanted);
    const auto low_bits =
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, pattern)));
    const auto high_bits =
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, pattern)));
    return low_bits | static_cast<std::uint64_t>(high_bits) << 32;
  }

  VEDETTE_AVX2 static inline std::uint64_t TopBits(__m256i low, __m256i high) {
    const auto low_bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
    const auto high_bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(high));
    return low_bits | static_cast<std::uint64_t>(high_bits) << 32;
  }

  VEDETTE_AVX2 static inline Masks Load(const char* text) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    return {Equal(low, high, ','),  Equal(low, high, '\n'), Equal(low, high, '"'),
            Equal(low, high, '\r'), Equal(low, high, '\0'), TopBits(low, high)};
  }
};
#endif

// Bit i of the answer is the parity of bits 0 to i.
inline std::uint64_t PrefixXor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

// The body of both kinds. Always inlined, so that it takes on its caller's instruction set.
template <class Masker>
[[gnu::always_inline]] inline bool Scan(
    const char* text, std::size_t from, std::size_t to, ScanState& state, SeparatorIndex& index) {
  // One step may write past the last separator it has, up to a full step.
  index.separators.Reserve(index.separators.size() + (to - from) + kStep);
  index.row_ends.Reserve(index.row_ends.size() + (to - from));
  std::uint32_t* const separators = index.separators.data();
  std::uint32_t* const row_ends = index.row_ends.data();
  std::size_t separator_count = index.separators.size();
  std::size_t row_count = index.row_ends.size();
  std::uint64_t quoted = state.in_quotes ? ~std::uint64_t{0} : 0;
  std::uint64_t closer_look = quoted;

  for (std::size_t at = from; at < to; at += kStep) {
    const std::size_t left = to - at;
    alignas(kStep) char last[kStep];
    const char* bytes = text + at;
    if (left < kStep) [[unlikely]] {
      std::memset(last, ' ', kStep);
      std::memcpy(last, bytes, left);
      bytes = last;
    }
    const Masks masks = Masker::Load(bytes);
    std::uint64_t line_feeds = masks.line_feeds;
    std::uint64_t stops = masks.commas | line_feeds;
    std::uint64_t stray_returns = masks.returns & ~(line_feeds >> 1);
    if (stray_returns >> 63 != 0 && left > kStep && text[at + kStep] == '\n') {
      stray_returns &= ~(std::uint64_t{1} << 63);
    }
    closer_look |= masks.quotes | masks.nuls | masks.non_ascii | stray_returns;
    if ((masks.quotes | quoted) != 0) [[unlikely]] {
      const std::uint64_t inside = PrefixXor(masks.quotes) ^ quoted;
      stops &= ~inside;
      line_feeds &= ~inside;
      // The last bit, spread: whether the next step starts within quotes.
      quoted = inside >> 63 != 0 ? ~std::uint64_t{0} : 0;
    }

    for (std::uint64_t bits = line_feeds; bits != 0; bits &= bits - 1) {
      const std::uint64_t below = (bits & -bits) - 1;
      row_ends[row_count++] = static_cast<std::uint32_t>(separator_count) +
                              static_cast<std::uint32_t>(std::popcount(stops & below));
    }
    const auto count = static_cast<std::size_t>(std::popcount(stops));
    std::uint32_t* const out = separators + separator_count;
    const auto base = static_cast<std::uint32_t>(at);
    // Eight at a time whether they are there or not: a branch less per separator.
    for (std::size_t done = 0; done < count; done += 8) {
      for (std::size_t i = 0; i < 8; ++i) {
        out[done + i] = base + static_cast<std::uint32_t>(std::countr_zero(stops));
        stops &= stops - 1;
      }
    }
    separator_count += count;
  }
  index.separators.Resize(separator_count);
  index.row_ends.Resize(row_count);
  state.in_quotes = quoted != 0;
  return closer_look != 0;
}

bool ScanPortable(
    const char* text, std::size_t from, std::size_t to, ScanState& state, SeparatorIndex& index) {
  return Scan<PortableMasker>(text, from, to, state, index);
}

#if defined(__x86_64__)
VEDETTE_AVX2 bool ScanAvx2(
    const char* text, std::size_t from, std::size_t to, ScanState& state, SeparatorIndex& index) {
  return Scan<Avx2Masker>(text, from, to, state, index);
}
#endif

}  // namespace

ScanKind BestScanKind() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("popcnt")) {
    return ScanKind::kAvx2;
  }
#endif
  return ScanKind::kPortable;
}

bool ScanSeparators(ScanKind kind,
                    const char* text,
                    std::size_t from,
                    std::size_t to,
                    ScanState& state,
                    SeparatorIndex& index) {
#if defined(__x86_64__)
  if (kind == ScanKind::kAvx2) return ScanAvx2(text, from, to, state, index);
#endif
  (void)kind;
  return ScanPortable(text, from, to, state, index);
}

}  // namespace vedette::formats::csv
