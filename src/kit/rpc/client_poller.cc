// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/client_poller.h"

#include "kit/rpc/tag.h"

namespace vedette::rpc {
namespace {

void Poll(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) Tag::TakeBack(tag, ok);
}

}  // namespace

ClientPoller::ClientPoller() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([&queue = impl_->queue] { Poll(queue); });
}

ClientPoller::~ClientPoller() {
  impl_->queue.Shutdown();
  impl_->thread.join();
}

}  // namespace vedette::rpc
