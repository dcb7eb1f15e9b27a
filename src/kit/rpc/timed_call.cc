// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/timed_call.h"

#include <google/protobuf/message.h>

#include <optional>
#include <utility>

#include "kit/task/cancellation.h"

namespace vedette::rpc {
namespace {

using Answer = Result<std::unique_ptr<Message>>;

Task<void> Run(const Operation& operation,
               void* api,
               CallContext context,
               std::unique_ptr<Message> request,
               std::optional<Answer>* answer) {
  *answer = co_await operation.call(api, std::move(context), std::move(request));
}

}  // namespace

Task<Answer> CallInTime(const Operation& operation,
                        void* api,
                        CallContext context,
                        std::unique_ptr<Message> request) {
  const SteadyTime deadline = context.deadline.time;
  if (!context.deadline.IsSet()) {
    co_return co_await operation.call(api, std::move(context), std::move(request));
  }
  std::optional<Answer> answer;
  const bool in_time =
      co_await RunUntil(deadline, [&operation, api, context = std::move(context),
                                   request = std::move(request), &answer]() mutable {
        return Run(operation, api, std::move(context), std::move(request), &answer);
      });
  const bool cancelled = !answer || (!*answer && answer->error().code == Code::kCancelled);
  if (in_time || !cancelled) co_return *std::move(answer);
  if (std::chrono::steady_clock::now() >= deadline) {
    co_return Fail(Code::kDeadlineExceeded, "The call's time was over before it was done.");
  }
  co_return Fail(Code::kCancelled, "The caller left.");
}

}  // namespace vedette::rpc
