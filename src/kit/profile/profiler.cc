// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/profiler.h"

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "kit/config/section.h"
#include "kit/profile/cpu_profile.h"
#include "kit/profile/flame_graph.h"
#include "kit/profile/function_name.h"
#include "kit/profile/gperftools.h"
#include "kit/profile/symbolizer.h"
#include "kit/task/blocking_pool.h"

namespace vedette {
namespace {

// The wait of a profile that is being taken; ends early when told.
class Interval {
 public:
  void Wait(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, duration, [this] { return over_; });
  }
  void End() {
    const std::scoped_lock lock(mutex_);
    over_ = true;
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
};

struct EndOnExit {
  std::shared_ptr<Interval> interval;
  ~EndOnExit() { interval->End(); }
};

// The address at the front of "0x1a+0x2b", which is taken off with its separator.
std::uint64_t TakeAddress(std::string_view& text) {
  const std::size_t end = text.find('+');
  std::string_view word = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
  std::uint64_t address = 0;
  std::from_chars(word.data(), word.data() + word.size(), address, 16);
  return address;
}

}  // namespace

void ProfileOptions::Describe(config::Section& section) {
  section.Field("max_duration", max_duration,
                {.text = "Longest processor profile.", .minimum = 1000, .maximum = 600'000});
  section.Field("heap_sample_bytes", heap_sample_bytes,
                {.text = "One allocation in about so many bytes is remembered with its stack, for "
                         "heap profiles; 0 remembers none.",
                 .minimum = 0,
                 .maximum = 1 << 30});
}

struct Profiler::Impl {
  explicit Impl(ProfileOptions given) : options(given) {}
  ~Impl() {
    const std::scoped_lock lock(mutex);
    if (current) current->End();
  }

  const ProfileOptions options;
  Symbolizer symbolizer;
  std::mutex mutex;
  std::shared_ptr<Interval> current;  // of the profile that is being taken; guarded by mutex
  // One waits for a profile while the other answers what is quick. Joined first.
  BlockingPool pool{"profile", 2, 4};

  // Takes the process's one profile, or says why not.
  Result<std::shared_ptr<Interval>> Begin(std::chrono::milliseconds duration) {
    if (duration.count() <= 0 || duration > options.max_duration) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("A profile takes more than 0 and at most {} seconds.",
                              options.max_duration.count() / 1000));
    }
    const std::scoped_lock lock(mutex);
    if (current) {
      return Fail(Code::kFailedPrecondition, "A profile of this process is being taken already.");
    }
    current = std::make_shared<Interval>();
    return current;
  }

  void LetGo() {
    const std::scoped_lock lock(mutex);
    current.reset();
  }

  Result<std::string> Take(Interval& interval, std::chrono::milliseconds duration) {
    // Also after an exception: else no profile could ever be taken again.
    struct Done {
      Impl& impl;
      ~Done() { impl.LetGo(); }
    } const done{*this};
    return gperftools::ProfileWhile([&] { interval.Wait(duration); });
  }

  Task<Result<std::string>> Profile(
      std::chrono::milliseconds duration,
      std::move_only_function<Result<std::string>(Result<std::string>)> finish) {
    VEDETTE_CO_TRY(const auto interval, Begin(duration));
    const EndOnExit end{interval};
    auto outcome = co_await pool.Run<Result<std::string>>(
        [this, interval, duration, finish = std::move(finish)]() mutable {
          return finish(Take(*interval, duration));
        });
    if (!outcome) {
      // Either the pool did not take it, or it goes on to its end, which now comes at once.
      if (outcome.error().code == Code::kResourceExhausted) LetGo();
      co_return std::unexpected(std::move(outcome).error());
    }
    co_return std::move(*outcome);
  }

  Result<std::string> Draw(const Result<std::string>& profile) {
    if (!profile) return profile;
    VEDETTE_TRY(const CpuProfile parsed, ParseCpuProfile(*profile));
    return RenderFlameGraph(parsed, [this](std::uint64_t address) -> std::string {
      if (const std::string name = symbolizer.Name(address); !name.empty()) {
        return ShortFunctionName(name);
      }
      // A library without symbols is one box, not one for each address.
      const std::string library = symbolizer.Library(address);
      return library.empty() ? std::string() : "[" + library + "]";
    });
  }

  std::string Lookup(std::string_view addresses) {
    std::string out;
    for (std::size_t i = 0; i < kMaxSymbols && !addresses.empty(); ++i) {
      const std::uint64_t address = TakeAddress(addresses);
      const std::string name = symbolizer.Name(address);
      out += fmt::format("{:#x}\t{}\n", address, name.empty() ? "??" : name);
    }
    return out;
  }
};

Profiler::Profiler(ProfileOptions options) : impl_(std::make_unique<Impl>(options)) {
  gperftools::SetHeapSampling(options.heap_sample_bytes);
}

Profiler::~Profiler() = default;

Task<Result<std::string>> Profiler::Cpu(std::chrono::milliseconds duration) {
  co_return co_await impl_->Profile(duration, [](Result<std::string> profile) { return profile; });
}

Task<Result<std::string>> Profiler::Flame(std::chrono::milliseconds duration) {
  co_return co_await impl_->Profile(
      duration, [impl = impl_.get()](Result<std::string> profile) { return impl->Draw(profile); });
}

Task<Result<std::string>> Profiler::Heap() {
  auto outcome = co_await impl_->pool.Run<Result<std::string>>(&gperftools::HeapSample);
  if (!outcome) co_return std::unexpected(std::move(outcome).error());
  co_return std::move(*outcome);
}

Task<Result<std::string>> Profiler::Symbols(std::string addresses) {
  co_return co_await impl_->pool.Run<std::string>(
      [impl = impl_.get(), addresses = std::move(addresses)] { return impl->Lookup(addresses); });
}

}  // namespace vedette
