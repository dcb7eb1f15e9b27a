// SPDX-License-Identifier: Apache-2.0
#include "kit/config/file_source.h"

#include <sys/stat.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "kit/config/document.h"

namespace vedette::config {
namespace {

std::optional<std::string> ReadText(const std::string& path) {
  struct stat status{};
  // A pipe or a device would block or never end.
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text(kDocumentLimit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || file.gcount() == 0 ||
      static_cast<std::size_t>(file.gcount()) > kDocumentLimit) {
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// When the content was written, as a person reads it.
std::string RevisionOf(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return "absent";
  return "mtime " + std::to_string(status.st_mtim.tv_sec);
}

}  // namespace

struct FileSource::Impl {
  std::string path;
  std::chrono::milliseconds interval;
  std::mutex mutex = {};
  std::condition_variable_any wake = {};
  std::jthread thread = {};

  void Run(const std::stop_token& stop, const std::function<void(const LiveDocument&)>& changed) {
    std::optional<std::string> seen = ReadText(path);
    std::optional<std::string> told;
    bool any_told = false;
    do {
      std::optional<std::string> now = ReadText(path);
      if (now == seen && (!any_told || told != now)) {
        changed({now, RevisionOf(path)});
        told = now;
        any_told = true;
      }
      seen = std::move(now);
    } while (Pause(stop));
  }

  bool Pause(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, interval, [] { return false; });
    return !stop.stop_requested();
  }
};

FileSource::FileSource(std::string path, std::chrono::milliseconds interval)
    : impl_(std::make_unique<Impl>(std::move(path), interval)) {}
FileSource::~FileSource() = default;

std::string FileSource::name() const { return "file " + impl_->path; }

void FileSource::Start(std::function<void(const LiveDocument&)> changed) {
  impl_->thread = std::jthread([impl = impl_.get(), changed = std::move(changed)](
                                   const std::stop_token& stop) { impl->Run(stop, changed); });
}

}  // namespace vedette::config
