// SPDX-License-Identifier: Apache-2.0
#include "kit/config/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace vedette::config {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

std::string Reason() { return std::generic_category().message(errno); }

bool WriteAll(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(file, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return fsync(file) == 0;
}

void SyncFolder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const FileDescriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() >= 0) fsync(opened.number());
}

}  // namespace

Result<std::string> ReadPrivateFile(const std::string& path) {
  // Non-blocking, so that a pipe in the file's place does not hang the start.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) {
    return Fail(errno == ENOENT ? Code::kNotFound : Code::kInvalidArgument,
                "cannot open " + path + ": " + Reason());
  }
  struct stat facts{};
  if (fstat(file.number(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return Fail(Code::kInvalidArgument, path + " is not a regular file");
  }
  if ((facts.st_mode & 07) != 0) {
    return Fail(
        Code::kFailedPrecondition,
        path + " holds a secret but is open to every user of the machine; run: chmod 600 " + path);
  }
  std::string content;
  char buffer[4096];
  while (true) {
    const ssize_t count = read(file.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Code::kInvalidArgument, "cannot read " + path + ": " + Reason());
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > kPrivateFileLimit) {
      return Fail(Code::kInvalidArgument, path + " is larger than 64 KiB; is it the right file?");
    }
  }
}

Status WritePrivateFile(const std::string& path, std::string_view content) {
  // Written beside and linked into place: a reader never meets half a file, and of two writers one
  // wins and the other is told.
  std::string temporary = path + ".new-XXXXXX";
  const FileDescriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) {
    return Fail(Code::kInvalidArgument, "cannot write " + path + ": " + Reason());
  }
  const bool written = fchmod(file.number(), 0600) == 0 && WriteAll(file.number(), content);
  const std::string write_reason = written ? "" : Reason();
  const bool linked = written && link(temporary.c_str(), path.c_str()) == 0;
  const int link_error = errno;
  unlink(temporary.c_str());
  if (!written) return Fail(Code::kInvalidArgument, "cannot write " + path + ": " + write_reason);
  if (!linked) {
    if (link_error == EEXIST) return Fail(Code::kAlreadyExists, path + " exists already");
    return Fail(Code::kInvalidArgument,
                "cannot write " + path + ": " + std::generic_category().message(link_error));
  }
  SyncFolder(path);
  return {};
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace vedette::config
