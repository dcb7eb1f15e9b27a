// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette::formats {

// A stream of bytes, read once from front to back by one thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Reads up to out.size() bytes; 0 at the end, and only there.
  virtual Result<std::size_t> Read(std::span<char> out) = 0;

  // Bytes taken from the underlying file or memory, before any decompression; for progress.
  virtual std::uint64_t position() const = 0;
  virtual std::optional<std::uint64_t> size() const = 0;
};

// Bytes that the caller keeps alive.
std::unique_ptr<ByteSource> MakeMemorySource(std::string_view bytes);

// kNotFound, kPermissionDenied or kInvalidArgument (a folder) when it cannot be opened.
Result<std::unique_ptr<ByteSource>> OpenFileSource(const std::string& path);

// The text within `bytes`: gzip (RFC 1952, any number of members) is recognised by its first bytes
// and inflated as it streams, a UTF-8 byte order mark is dropped. UTF-16 and UTF-32 are refused
// with kInvalidArgument; a damaged or cut-off gzip stream is kInvalidArgument from Read.
Result<std::unique_ptr<ByteSource>> MakeTextSource(std::unique_ptr<ByteSource> bytes);

}  // namespace vedette::formats
