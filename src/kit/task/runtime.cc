// SPDX-License-Identifier: Apache-2.0
#include "kit/task/runtime.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <future>
#include <thread>
#include <vector>

#include "kit/task/spawn.h"

namespace vedette {

namespace {

struct Context : asio::io_context {
  Context() : io_context(1) {}
  // Destroys what waits, and keeps taking posts.
  void Drop() { shutdown(); }
};

}  // namespace

struct Runtime::Impl {
  // All drop what they hold before the first is gone: what dies on one may post to another.
  ~Impl() {
    for (const auto& worker : workers) worker->context.Drop();
  }

  struct Worker {
    Context context;
    asio::executor_work_guard<Executor> work{context.get_executor()};
    std::thread thread;
  };
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<std::size_t> next{0};
};

Runtime::Runtime(std::size_t threads) : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i) {
    auto worker = std::make_unique<Impl::Worker>();
    worker->thread = std::thread([context = &worker->context] { context->run(); });
    impl_->workers.push_back(std::move(worker));
  }
}

Runtime::~Runtime() { Stop(); }

std::size_t Runtime::size() const { return impl_->workers.size(); }

Executor Runtime::At(std::size_t index) const {
  return impl_->workers[index % impl_->workers.size()]->context.get_executor();
}

Executor Runtime::Next() const { return At(impl_->next.fetch_add(1, std::memory_order_relaxed)); }

void Runtime::Stop() {
  for (const auto& worker : impl_->workers) {
    worker->work.reset();
    worker->context.stop();
  }
  for (const auto& worker : impl_->workers) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void Runtime::RunBlocking(std::move_only_function<Task<void>()> work) {
  // Shared: the waiter may be gone before set_value has returned.
  auto ended = std::make_shared<std::promise<void>>();
  Spawn(Next(), std::move(work), [ended](std::exception_ptr error) {
    if (error) {
      ended->set_exception(error);
    } else {
      ended->set_value();
    }
  });
  ended->get_future().get();
}

}  // namespace vedette
