// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/gperftools.h"

#include <gperftools/malloc_extension.h>
#include <gperftools/profiler.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

// The flag behind the variable TCMALLOC_SAMPLE_PARAMETER, which gperftools reads once before
// main(); its sampler looks at the flag again and again, so that it may change while the program
// runs. There is no header for it.
namespace FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead {
extern std::int64_t FLAGS_tcmalloc_sample_parameter;
}  // namespace FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead

namespace vedette::gperftools {
namespace {

using FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead::
    FLAGS_tcmalloc_sample_parameter;

// A file in memory alone.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("profile", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (file_ >= 0) close(file_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool ok() const { return file_ >= 0; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  std::string Read() const {
    std::string content;
    std::array<char, 65'536> buffer;
    off_t at = 0;
    while (true) {
      const ssize_t count = pread(file_, buffer.data(), buffer.size(), at);
      if (count <= 0) return content;
      content.append(buffer.data(), static_cast<std::size_t>(count));
      at += count;
    }
  }

 private:
  const int file_;
};

}  // namespace

Result<std::string> ProfileWhile(const std::function<void()>& wait) {
  if (ProfilingIsEnabledForAllThreads() != 0) {
    return Fail(Code::kFailedPrecondition, "A profile of this process is being taken already.");
  }
  const MemoryFile file;
  if (!file.ok() || ProfilerStart(file.path().c_str()) == 0) {
    return Fail(Code::kUnavailable, "A profile cannot be taken now.");
  }
  wait();
  ProfilerStop();
  return file.Read();
}

void SetHeapSampling(std::int64_t bytes) { FLAGS_tcmalloc_sample_parameter = bytes; }

Result<std::string> HeapSample() {
  if (FLAGS_tcmalloc_sample_parameter <= 0) {
    return Fail(Code::kFailedPrecondition,
                "Allocations are not sampled (profile.heap_sample_bytes).");
  }
  std::string sample;
  MallocExtension::instance()->GetHeapSample(&sample);
  return sample;
}

}  // namespace vedette::gperftools
