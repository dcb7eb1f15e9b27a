// SPDX-License-Identifier: Apache-2.0
#include "formats/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vedette::formats {
namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> Read(std::span<char> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size() - position_);
    if (count > 0) std::memcpy(out.data(), bytes_.data() + position_, count);
    position_ += count;
    return count;
  }
  std::uint64_t position() const override { return position_; }
  std::optional<std::uint64_t> size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

class FileSource final : public ByteSource {
 public:
  FileSource(int file, std::optional<std::uint64_t> size) : file_(file), size_(size) {}
  ~FileSource() override { ::close(file_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Result<std::size_t> Read(std::span<char> out) override {
    while (true) {
      const ssize_t count = ::read(file_, out.data(), out.size());
      if (count >= 0) {
        position_ += static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
      }
      if (errno != EINTR) return Fail(Code::kUnavailable, "The file cannot be read any further.");
    }
  }
  std::uint64_t position() const override { return position_; }
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  int file_;
  std::optional<std::uint64_t> size_;
  std::uint64_t position_ = 0;
};

// Looks at the first bytes without taking them away.
class PeekSource final : public ByteSource {
 public:
  explicit PeekSource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}

  // The first bytes, up to four, fewer only at the end of the stream.
  Result<std::string_view> Peek() {
    while (held_ < head_.size()) {
      VEDETTE_TRY(const std::size_t count, inner_->Read(std::span(head_).subspan(held_)));
      if (count == 0) break;
      held_ += count;
    }
    return std::string_view(head_.data(), held_);
  }
  void Skip(std::size_t count) { taken_ += count; }

  Result<std::size_t> Read(std::span<char> out) override {
    if (taken_ == held_) return inner_->Read(out);
    const std::size_t count = std::min(out.size(), held_ - taken_);
    std::memcpy(out.data(), head_.data() + taken_, count);
    taken_ += count;
    return count;
  }
  std::uint64_t position() const override { return inner_->position(); }
  std::optional<std::uint64_t> size() const override { return inner_->size(); }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::array<char, 4> head_{};
  std::size_t held_ = 0;
  std::size_t taken_ = 0;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {
    stream_.next_in = input_.data();
    // 15 window bits; 16 more ask for the gzip wrapper with its checksum.
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipSource() override {
    if (ready_) inflateEnd(&stream_);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  Result<std::size_t> Read(std::span<char> out) override {
    if (!ready_) return Fail(Code::kInternal, "zlib could not be started.");
    const std::size_t wanted = std::min<std::size_t>(out.size(), 1U << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(wanted);
    while (stream_.avail_out == wanted && !finished_ && wanted > 0) {
      if (stream_.avail_in == 0) {
        VEDETTE_CHECK_OK(Refill());
        if (stream_.avail_in == 0) {
          if (!between_members_) return Fail(Code::kInvalidArgument, "The gzip file is cut off.");
          finished_ = true;
          break;
        }
      }
      VEDETTE_CHECK_OK(Step());
    }
    return wanted - stream_.avail_out;
  }
  std::uint64_t position() const override { return inner_->position(); }
  std::optional<std::uint64_t> size() const override { return inner_->size(); }

 private:
  Status Refill() {
    VEDETTE_TRY(const std::size_t count,
                inner_->Read(std::span(reinterpret_cast<char*>(input_.data()), input_.size())));
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(count);
    return {};
  }

  Status Step() {
    if (between_members_) {
      // Tape blocks are padded with zeros behind the last member.
      while (stream_.avail_in > 0 && *stream_.next_in == 0) {
        ++stream_.next_in;
        --stream_.avail_in;
        padded_ = true;
      }
      if (stream_.avail_in == 0) return {};
      if (padded_ || inflateReset(&stream_) != Z_OK) return Damaged();
      between_members_ = false;
    }
    const int answer = inflate(&stream_, Z_NO_FLUSH);
    if (answer == Z_STREAM_END) {
      between_members_ = true;
      return {};
    }
    if (answer == Z_OK || answer == Z_BUF_ERROR) return {};
    return Damaged();
  }

  static std::unexpected<Error> Damaged() {
    return Fail(Code::kInvalidArgument, "The gzip file is damaged.");
  }

  std::unique_ptr<ByteSource> inner_;
  std::array<Bytef, 64 * 1024> input_{};
  z_stream stream_{};
  bool ready_ = false;
  bool between_members_ = false;
  bool padded_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> MakeMemorySource(std::string_view bytes) {
  return std::make_unique<MemorySource>(bytes);
}

Result<std::unique_ptr<ByteSource>> OpenFileSource(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Fail(Code::kNotFound, path + ": no such file");
    if (errno == EACCES) return Fail(Code::kPermissionDenied, path + ": may not be read");
    return Fail(Code::kUnavailable, path + ": cannot be opened");
  }
  struct stat status{};
  std::optional<std::uint64_t> size;
  if (::fstat(file, &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      ::close(file);
      return Fail(Code::kInvalidArgument, path + ": is a folder");
    }
    if (S_ISREG(status.st_mode)) size = static_cast<std::uint64_t>(status.st_size);
  }
  return std::make_unique<FileSource>(file, size);
}

Result<std::unique_ptr<ByteSource>> MakeTextSource(std::unique_ptr<ByteSource> bytes) {
  auto source = std::make_unique<PeekSource>(std::move(bytes));
  VEDETTE_TRY(std::string_view head, source->Peek());
  if (head.starts_with("\x1f\x8b")) {
    source = std::make_unique<PeekSource>(std::make_unique<GzipSource>(std::move(source)));
    VEDETTE_TRY(head, source->Peek());
  }
  if (head.starts_with("\xef\xbb\xbf")) {
    source->Skip(3);
  } else if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff") ||
             head == std::string_view("\0\0\xfe\xff", 4)) {
    return Fail(Code::kInvalidArgument, "The file is in UTF-16 or UTF-32; save it as UTF-8.");
  }
  return source;
}

}  // namespace vedette::formats
