// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vedette::http {

// Inflates a gzip body (RFC 1952) as it arrives and stops at a limit, so that a small body cannot
// become a large one.
class GzipInflater {
 public:
  GzipInflater();
  ~GzipInflater();

  enum class Outcome : std::uint8_t { kOk, kTooLarge, kBroken };
  // Appends what `bytes` inflate to; `out` never grows over `limit` bytes.
  Outcome Append(std::string_view bytes, std::string& out, std::uint64_t limit);
  // The stream ended properly.
  bool Finished() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reused by one thread for one answer after the other, which saves zlib's set-up of 256 KiB.
class GzipDeflater {
 public:
  explicit GzipDeflater(int level);
  ~GzipDeflater();

  std::string Compress(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether an Accept-Encoding header (RFC 9110 §12.5.3) takes gzip.
bool AcceptsGzip(std::string_view accept_encoding);

// Whether gzip usually makes bodies of this Content-Type smaller.
bool IsCompressible(std::string_view content_type);

}  // namespace vedette::http
