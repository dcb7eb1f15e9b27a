// SPDX-License-Identifier: Apache-2.0
#include "kit/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "kit/http/message.h"

namespace vedette::http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // largest window, gzip framing

Bytef* Input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

struct GzipInflater::Impl {
  z_stream stream{};
  bool finished = false;
};

GzipInflater::GzipInflater() : impl_(std::make_unique<Impl>()) {
  if (inflateInit2(&impl_->stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
}

GzipInflater::~GzipInflater() { inflateEnd(&impl_->stream); }

GzipInflater::Outcome GzipInflater::Append(std::string_view bytes,
                                           std::string& out,
                                           std::uint64_t limit) {
  z_stream& stream = impl_->stream;
  stream.next_in = Input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  for (;;) {
    if (impl_->finished) return stream.avail_in > 0 ? Outcome::kBroken : Outcome::kOk;
    char block[16 * 1024];
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof(block);
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = sizeof(block) - stream.avail_out;
    if (made > limit - out.size()) return Outcome::kTooLarge;
    out.append(block, made);
    if (code == Z_STREAM_END) {
      impl_->finished = true;
    } else if (code == Z_BUF_ERROR) {
      return Outcome::kOk;  // it needs more input
    } else if (code != Z_OK) {
      return Outcome::kBroken;
    }
  }
}

bool GzipInflater::Finished() const { return impl_->finished; }

struct GzipDeflater::Impl {
  z_stream stream{};
};

GzipDeflater::GzipDeflater(int level) : impl_(std::make_unique<Impl>()) {
  if (deflateInit2(&impl_->stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipDeflater::~GzipDeflater() { deflateEnd(&impl_->stream); }

std::string GzipDeflater::Compress(std::string_view text) {
  z_stream& stream = impl_->stream;
  deflateReset(&stream);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = Input(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // one call suffices: `out` has deflateBound bytes
  out.resize(out.size() - stream.avail_out);
  return out;
}

bool AcceptsGzip(std::string_view header) {
  bool any = false;
  while (!header.empty()) {
    const auto comma = header.find(',');
    const std::string_view item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    const auto semicolon = item.find(';');
    const std::string_view coding = Trim(item.substr(0, semicolon));
    std::string_view quality =
        semicolon == std::string_view::npos ? std::string_view() : Trim(item.substr(semicolon + 1));
    // "q=0", "q=0.0" and "q=0.000" refuse; any other digit in the weight accepts.
    const bool accepted = !(quality.starts_with("q=0") || quality.starts_with("Q=0")) ||
                          quality.find_first_of("123456789") != std::string_view::npos;
    if (EqualsNoCase(coding, "gzip") || EqualsNoCase(coding, "x-gzip")) return accepted;
    if (coding == "*") any = accepted;
  }
  return any;
}

bool IsCompressible(std::string_view content_type) {
  const std::string_view type = Trim(content_type.substr(0, content_type.find(';')));
  if (type == "text/event-stream") return false;
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") ||
         type.ends_with("javascript") || type == "application/wasm";
}

}  // namespace vedette::http
