// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kit/discovery/etcd_call.h"
#include "kit/discovery/etcd_channel.h"
#include "kit/discovery/options.h"
#include "kit/task/task.h"

namespace vedette::discovery {

// The way to one etcd cluster: which of its endpoints is asked now, and with which token.
// Thread-safe; outlives its calls.
class EtcdSession {
 public:
  // One try at one endpoint, to be done by `end`. The token is empty without authentication.
  using Attempt = std::function<Task<Status>(
      std::shared_ptr<EtcdEndpoint> endpoint, std::string token, SteadyTime end)>;

  EtcdSession(EtcdOptions options,
              std::shared_ptr<grpc::ChannelCredentials> credentials,
              const Clock& clock);

  // Tries at the present endpoint and, while none can be reached, at each other one; a token that
  // ran out is renewed. Until options.timeout has passed, and not beyond `limit`.
  Task<Status> Try(Attempt attempt, SteadyTime limit = SteadyTime::max());

  // One request, one answer, tried so. Both outlive the task.
  Task<Status> Call(std::string path,
                    const Message& request,
                    Message& response,
                    SteadyTime limit = SteadyTime::max());

  // `endpoint` gave this error. Goes on to the next, unless somebody else did; a connection that
  // did not answer is made anew when its turn comes again.
  void Leave(const std::shared_ptr<EtcdEndpoint>& endpoint, Code why);

  grpc::CompletionQueue& queue() { return queue_.queue(); }
  const EtcdOptions& options() const { return options_; }
  const Clock& clock() const { return clock_; }

 private:
  std::shared_ptr<EtcdEndpoint> Connect(std::size_t index) const;
  std::shared_ptr<EtcdEndpoint> Current();
  // What one endpoint may take of the time until `end`.
  SteadyTime AttemptEnd(SteadyTime end) const;
  // `used` is a token that was refused.
  Task<Result<std::string>> Token(std::shared_ptr<EtcdEndpoint> endpoint,
                                  std::string used,
                                  SteadyTime end);
  // Once more with a new token when etcd refused the one there was.
  Task<Status> WithToken(std::shared_ptr<EtcdEndpoint> endpoint, SteadyTime end, Attempt attempt);

  const EtcdOptions options_;
  const Clock& clock_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  EtcdQueue queue_;

  std::mutex mutex_;  // of what follows
  std::vector<std::shared_ptr<EtcdEndpoint>> endpoints_;
  std::size_t current_ = 0;
  std::string token_;
};

// Whether the error says that the endpoint cannot be reached, rather than what it answered.
bool IsAway(const Error& error);

}  // namespace vedette::discovery
