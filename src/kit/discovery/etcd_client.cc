// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_client.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "kit/discovery/address.h"
#include "kit/discovery/etcd.pb.h"
#include "kit/discovery/etcd_call.h"
#include "kit/discovery/etcd_channel.h"

namespace vedette::discovery {
namespace {

constexpr std::chrono::milliseconds kShortestAttempt{500};

bool IsAway(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDeadlineExceeded;
}

EtcdItem ItemOf(etcd::KeyValue& kv) {
  return {std::move(*kv.mutable_key()), std::move(*kv.mutable_value()), kv.mod_revision(),
          kv.lease()};
}

class Watch final : public EtcdWatch {
 public:
  Watch(std::shared_ptr<EtcdEndpoint> endpoint, std::shared_ptr<EtcdQueue> queue)
      : endpoint_(std::move(endpoint)), queue_(std::move(queue)) {}

  Task<Status> Start(std::string token, etcd::WatchRequest request, SteadyTime deadline) {
    VEDETTE_CO_CHECK_OK(co_await stream_.Start(
        endpoint_->stub, queue_->queue(), "/etcdserverpb.Watch/Watch", std::move(token), deadline));
    VEDETTE_CO_CHECK_OK(co_await stream_.Write(request, deadline));
    etcd::WatchResponse created;
    VEDETTE_CO_CHECK_OK(co_await stream_.Read(created, deadline));
    co_return Check(created);
  }

  Task<Result<std::vector<EtcdEvent>>> Next() override {
    etcd::WatchResponse response;
    do {
      VEDETTE_CO_CHECK_OK(co_await stream_.Read(response, SteadyTime::max()));
      VEDETTE_CO_CHECK_OK(Check(response));
    } while (response.events().empty());
    std::vector<EtcdEvent> events;
    for (etcd::Event& event : *response.mutable_events()) {
      events.push_back({event.type() == etcd::Event::DELETE, ItemOf(*event.mutable_kv())});
    }
    co_return events;
  }

 private:
  static Status Check(const etcd::WatchResponse& response) {
    if (response.compact_revision() != 0) {
      return Fail(Code::kConflict, "etcd has forgotten this revision.");
    }
    if (response.canceled()) return Fail(Code::kUnavailable, "etcd ended the watch.");
    return {};
  }

  std::shared_ptr<EtcdEndpoint> endpoint_;
  std::shared_ptr<EtcdQueue> queue_;
  EtcdStream stream_;
};

}  // namespace

struct EtcdClient::Impl {
  EtcdOptions options;
  const Clock& clock;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  std::shared_ptr<EtcdQueue> queue = std::make_shared<EtcdQueue>();

  std::mutex mutex = {};  // of what follows
  std::vector<std::shared_ptr<EtcdEndpoint>> endpoints = {};
  std::size_t current = 0;
  std::string token = {};

  std::shared_ptr<EtcdEndpoint> Connect(std::size_t index) const {
    return std::make_shared<EtcdEndpoint>(options, index, credentials);
  }

  std::shared_ptr<EtcdEndpoint> Current() {
    const std::scoped_lock lock(mutex);
    return endpoints[current];
  }

  // Goes on to the next endpoint, unless somebody else did.
  void Leave(const std::shared_ptr<EtcdEndpoint>& endpoint, Code why) {
    const std::scoped_lock lock(mutex);
    if (endpoints[current] != endpoint) return;
    if (why == Code::kDeadlineExceeded) endpoints[current] = Connect(current);
    current = (current + 1) % endpoints.size();
  }

  SteadyTime AttemptEnd(SteadyTime end) const {
    const auto share = options.timeout / static_cast<std::int64_t>(options.endpoints.size());
    return std::min(end, clock.SteadyNow() + std::max(share, kShortestAttempt));
  }

  // A token to send; empty without authentication. `used` is one that was refused.
  Task<Result<std::string>> Token(EtcdEndpoint& endpoint, std::string used, SteadyTime end) {
    if (options.user.empty()) co_return std::string();
    {
      const std::scoped_lock lock(mutex);
      if (!token.empty() && token != used) co_return token;
    }
    etcd::AuthenticateRequest request;
    request.set_name(options.user);
    request.set_password(options.password.Reveal());
    etcd::AuthenticateResponse response;
    Status status =
        co_await EtcdUnary(endpoint.stub, queue->queue(), "/etcdserverpb.Auth/Authenticate", "",
                           end, request, response);
    if (!status && !IsAway(status.error()) && status.error().code != Code::kCancelled) {
      co_return Fail(Code::kUnauthenticated, "etcd does not accept the user and password.");
    }
    VEDETTE_CO_CHECK_OK(std::move(status));
    const std::scoped_lock lock(mutex);
    token = response.token();
    co_return token;
  }

  // Runs `attempt(token)`, once more with a new token when etcd refused the one there was.
  template <class Attempt>
  Task<Status> WithToken(EtcdEndpoint& endpoint, SteadyTime end, Attempt attempt) {
    VEDETTE_CO_TRY(std::string used, co_await Token(endpoint, "", end));
    Status status = co_await attempt(used);
    if (status || options.user.empty() || status.error().code != Code::kUnauthenticated) {
      co_return status;
    }
    VEDETTE_CO_TRY(const std::string renewed, co_await Token(endpoint, used, end));
    co_return co_await attempt(renewed);
  }

  // Runs `attempt(endpoint, end)` at the present endpoint and, while none can be reached, at each
  // other one.
  template <class Attempt>
  Task<Status> WithEndpoint(Attempt attempt) {
    const SteadyTime end = clock.SteadyNow() + options.timeout;
    Status status = Fail(Code::kUnavailable, "etcd cannot be reached.");
    for (std::size_t tried = 0; tried < options.endpoints.size(); ++tried) {
      const std::shared_ptr<EtcdEndpoint> endpoint = Current();
      status = co_await attempt(endpoint, AttemptEnd(end));
      if (status || !IsAway(status.error())) co_return status;
      Leave(endpoint, status.error().code);
      if (clock.SteadyNow() >= end) break;
    }
    co_return status;
  }

  Task<Status> Call(std::string path, const Message& request, Message& response) {
    co_return co_await WithEndpoint(
        [&](std::shared_ptr<EtcdEndpoint> endpoint, SteadyTime end) -> Task<Status> {
          co_return co_await WithToken(*endpoint, end, [&](std::string sent) {
            return EtcdUnary(endpoint->stub, queue->queue(), path, std::move(sent), end, request,
                             response);
          });
        });
  }

  Task<Result<EtcdRange>> Range(std::string key, std::string end) {
    etcd::RangeRequest request;
    request.set_key(std::move(key));
    request.set_range_end(std::move(end));
    etcd::RangeResponse response;
    VEDETTE_CO_CHECK_OK(co_await Call("/etcdserverpb.KV/Range", request, response));
    EtcdRange range;
    range.revision = response.header().revision();
    for (etcd::KeyValue& kv : *response.mutable_kvs()) range.items.push_back(ItemOf(kv));
    co_return range;
  }

  Task<Status> Put(std::string key, std::string value, std::int64_t lease) {
    etcd::PutRequest request;
    request.set_key(std::move(key));
    request.set_value(std::move(value));
    request.set_lease(lease);
    etcd::PutResponse response;
    co_return co_await Call("/etcdserverpb.KV/Put", request, response);
  }

  Task<Result<std::unique_ptr<EtcdWatch>>> StartWatch(std::string key,
                                                      std::string range_end,
                                                      std::int64_t revision) {
    etcd::WatchRequest request;
    request.mutable_create_request()->set_key(std::move(key));
    request.mutable_create_request()->set_range_end(std::move(range_end));
    request.mutable_create_request()->set_start_revision(revision);
    std::unique_ptr<Watch> watch;
    VEDETTE_CO_CHECK_OK(co_await WithEndpoint(
        [&](std::shared_ptr<EtcdEndpoint> endpoint, SteadyTime end) -> Task<Status> {
          co_return co_await WithToken(*endpoint, end, [&](std::string sent) {
            watch = std::make_unique<Watch>(endpoint, queue);
            return watch->Start(std::move(sent), request, end);
          });
        }));
    co_return std::unique_ptr<EtcdWatch>(std::move(watch));
  }
};

EtcdClient::EtcdClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EtcdClient::~EtcdClient() = default;

Result<std::shared_ptr<EtcdClient>> EtcdClient::Create(EtcdOptions options, const Clock& clock) {
  if (options.endpoints.empty()) return FailField("endpoints", "must name at least one");
  for (const std::string& endpoint : options.endpoints) {
    if (!ParseHostPort(endpoint)) return FailField("endpoints", "must each be host:port");
  }
  VEDETTE_TRY(auto credentials, EtcdCredentials(options));
  auto impl = std::make_unique<Impl>(std::move(options), clock, std::move(credentials));
  for (std::size_t i = 0; i < impl->options.endpoints.size(); ++i) {
    impl->endpoints.push_back(impl->Connect(i));
  }
  return std::shared_ptr<EtcdClient>(new EtcdClient(std::move(impl)));
}

Task<Result<EtcdRange>> EtcdClient::Get(std::string key) {
  co_return co_await impl_->Range(std::move(key), "");
}

Task<Result<EtcdRange>> EtcdClient::List(std::string prefix) {
  std::string end = PrefixEnd(prefix);
  co_return co_await impl_->Range(std::move(prefix), std::move(end));
}

Task<Status> EtcdClient::Put(std::string key, std::string value) {
  co_return co_await impl_->Put(std::move(key), std::move(value), 0);
}

Task<Status> EtcdClient::PutLeased(std::string key, std::string value, std::int64_t lease) {
  if (lease == 0) co_return Fail(Code::kInvalidArgument, "The key needs a lease.");
  co_return co_await impl_->Put(std::move(key), std::move(value), lease);
}

Task<Status> EtcdClient::Delete(std::string key) {
  etcd::DeleteRangeRequest request;
  request.set_key(std::move(key));
  etcd::DeleteRangeResponse response;
  co_return co_await impl_->Call("/etcdserverpb.KV/DeleteRange", request, response);
}

Task<Status> EtcdClient::Compact(std::int64_t revision) {
  etcd::CompactionRequest request;
  request.set_revision(revision);
  request.set_physical(true);
  etcd::CompactionResponse response;
  co_return co_await impl_->Call("/etcdserverpb.KV/Compact", request, response);
}

Task<Result<std::int64_t>> EtcdClient::Grant(std::chrono::seconds time_to_live) {
  etcd::LeaseGrantRequest request;
  request.set_ttl_seconds(time_to_live.count());
  etcd::LeaseGrantResponse response;
  VEDETTE_CO_CHECK_OK(co_await impl_->Call("/etcdserverpb.Lease/LeaseGrant", request, response));
  if (response.id() == 0) co_return Fail(Code::kInternal, "etcd gave no lease.");
  co_return response.id();
}

Task<Result<std::chrono::seconds>> EtcdClient::KeepAlive(std::int64_t lease) {
  etcd::LeaseKeepAliveRequest request;
  request.set_id(lease);
  etcd::LeaseKeepAliveResponse response;
  VEDETTE_CO_CHECK_OK(co_await impl_->WithEndpoint(
      [&](std::shared_ptr<EtcdEndpoint> endpoint, SteadyTime end) -> Task<Status> {
        co_return co_await impl_->WithToken(*endpoint, end, [&](std::string sent) -> Task<Status> {
          EtcdStream stream;
          VEDETTE_CO_CHECK_OK(co_await stream.Start(endpoint->stub, impl_->queue->queue(),
                                                    "/etcdserverpb.Lease/LeaseKeepAlive",
                                                    std::move(sent), end));
          VEDETTE_CO_CHECK_OK(co_await stream.Write(request, end));
          co_return co_await stream.Read(response, end);
        });
      }));
  if (response.ttl_seconds() <= 0) co_return Fail(Code::kNotFound, "The lease has expired.");
  co_return std::chrono::seconds(response.ttl_seconds());
}

Task<Result<EtcdLease>> EtcdClient::Lookup(std::int64_t lease) {
  etcd::LeaseTimeToLiveRequest request;
  request.set_id(lease);
  request.set_keys(true);
  etcd::LeaseTimeToLiveResponse response;
  VEDETTE_CO_CHECK_OK(
      co_await impl_->Call("/etcdserverpb.Lease/LeaseTimeToLive", request, response));
  EtcdLease found;
  found.left = std::chrono::seconds(std::max<std::int64_t>(0, response.ttl_seconds()));
  found.keys.assign(response.keys().begin(), response.keys().end());
  co_return found;
}

Task<Status> EtcdClient::Revoke(std::int64_t lease) {
  etcd::LeaseRevokeRequest request;
  request.set_id(lease);
  etcd::LeaseRevokeResponse response;
  Status status = co_await impl_->Call("/etcdserverpb.Lease/LeaseRevoke", request, response);
  if (!status && status.error().code == Code::kNotFound) co_return Status();
  co_return status;
}

Task<Result<std::unique_ptr<EtcdWatch>>> EtcdClient::WatchKey(std::string key,
                                                              std::int64_t revision) {
  co_return co_await impl_->StartWatch(std::move(key), "", revision);
}

Task<Result<std::unique_ptr<EtcdWatch>>> EtcdClient::WatchPrefix(std::string prefix,
                                                                 std::int64_t revision) {
  std::string end = PrefixEnd(prefix);
  co_return co_await impl_->StartWatch(std::move(prefix), std::move(end), revision);
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace vedette::discovery
