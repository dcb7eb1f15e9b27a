// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_client.h"

#include <algorithm>
#include <utility>

#include "kit/discovery/address.h"
#include "kit/discovery/etcd.pb.h"
#include "kit/discovery/etcd_session.h"

namespace vedette::discovery {

EtcdClient::EtcdClient(std::shared_ptr<EtcdSession> session) : session_(std::move(session)) {}
EtcdClient::~EtcdClient() = default;

Result<std::shared_ptr<EtcdClient>> EtcdClient::Create(EtcdOptions options, const Clock& clock) {
  if (options.endpoints.empty()) return FailField("endpoints", "must name at least one");
  for (const std::string& endpoint : options.endpoints) {
    if (!ParseHostPort(endpoint)) return FailField("endpoints", "must each be host:port");
  }
  VEDETTE_TRY(auto credentials, EtcdCredentials(options));
  return std::shared_ptr<EtcdClient>(new EtcdClient(
      std::make_shared<EtcdSession>(std::move(options), std::move(credentials), clock)));
}

Task<Result<EtcdRange>> EtcdClient::Range(std::string key, std::string end) {
  etcd::RangeRequest request;
  request.set_key(std::move(key));
  request.set_range_end(std::move(end));
  etcd::RangeResponse response;
  VEDETTE_CO_CHECK_OK(co_await session_->Call("/etcdserverpb.KV/Range", request, response));
  EtcdRange range;
  range.revision = response.header().revision();
  for (etcd::KeyValue& kv : *response.mutable_kvs()) range.items.push_back(TakeItem(kv));
  co_return range;
}

Task<Status> EtcdClient::Put(std::string key, std::string value, std::int64_t lease) {
  etcd::PutRequest request;
  request.set_key(std::move(key));
  request.set_value(std::move(value));
  request.set_lease(lease);
  etcd::PutResponse response;
  co_return co_await session_->Call("/etcdserverpb.KV/Put", request, response);
}

Task<Result<EtcdRange>> EtcdClient::Get(std::string key) {
  co_return co_await Range(std::move(key), "");
}

Task<Result<EtcdRange>> EtcdClient::List(std::string prefix) {
  std::string end = PrefixEnd(prefix);
  co_return co_await Range(std::move(prefix), std::move(end));
}

Task<Status> EtcdClient::Put(std::string key, std::string value) {
  co_return co_await Put(std::move(key), std::move(value), 0);
}

Task<Status> EtcdClient::PutLeased(std::string key, std::string value, std::int64_t lease) {
  if (lease == 0) co_return Fail(Code::kInvalidArgument, "The key needs a lease.");
  co_return co_await Put(std::move(key), std::move(value), lease);
}

Task<Status> EtcdClient::Delete(std::string key) {
  etcd::DeleteRangeRequest request;
  request.set_key(std::move(key));
  etcd::DeleteRangeResponse response;
  co_return co_await session_->Call("/etcdserverpb.KV/DeleteRange", request, response);
}

Task<Status> EtcdClient::Compact(std::int64_t revision) {
  etcd::CompactionRequest request;
  request.set_revision(revision);
  request.set_physical(true);
  etcd::CompactionResponse response;
  co_return co_await session_->Call("/etcdserverpb.KV/Compact", request, response);
}

Task<Result<std::int64_t>> EtcdClient::Grant(std::chrono::seconds time_to_live) {
  etcd::LeaseGrantRequest request;
  request.set_ttl_seconds(time_to_live.count());
  etcd::LeaseGrantResponse response;
  VEDETTE_CO_CHECK_OK(co_await session_->Call("/etcdserverpb.Lease/LeaseGrant", request, response));
  if (response.id() == 0) co_return Fail(Code::kInternal, "etcd gave no lease.");
  co_return response.id();
}

Task<Result<std::chrono::seconds>> EtcdClient::KeepAlive(std::int64_t lease) {
  etcd::LeaseKeepAliveRequest request;
  request.set_id(lease);
  etcd::LeaseKeepAliveResponse response;
  VEDETTE_CO_CHECK_OK(
      co_await session_->Try([&](std::shared_ptr<EtcdEndpoint> endpoint, std::string token,
                                 SteadyTime end) -> Task<Status> {
        EtcdStream stream;
        VEDETTE_CO_CHECK_OK(co_await stream.Start(endpoint->stub, session_->queue(),
                                                  "/etcdserverpb.Lease/LeaseKeepAlive",
                                                  std::move(token), end));
        VEDETTE_CO_CHECK_OK(co_await stream.Write(request, end));
        co_return co_await stream.Read(response, end);
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
      co_await session_->Call("/etcdserverpb.Lease/LeaseTimeToLive", request, response));
  EtcdLease found;
  found.left = std::chrono::seconds(std::max<std::int64_t>(0, response.ttl_seconds()));
  found.keys.assign(response.keys().begin(), response.keys().end());
  co_return found;
}

Task<Status> EtcdClient::Revoke(std::int64_t lease, SteadyTime limit) {
  etcd::LeaseRevokeRequest request;
  request.set_id(lease);
  etcd::LeaseRevokeResponse response;
  Status status =
      co_await session_->Call("/etcdserverpb.Lease/LeaseRevoke", request, response, limit);
  if (!status && status.error().code == Code::kNotFound) co_return Status();
  co_return status;
}

Task<Result<std::unique_ptr<EtcdWatch>>> EtcdClient::WatchKey(std::string key,
                                                              std::int64_t revision) {
  co_return co_await StartEtcdWatch(session_, std::move(key), "", revision);
}

Task<Result<std::unique_ptr<EtcdWatch>>> EtcdClient::WatchPrefix(std::string prefix,
                                                                 std::int64_t revision) {
  std::string end = PrefixEnd(prefix);
  co_return co_await StartEtcdWatch(session_, std::move(prefix), std::move(end), revision);
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace vedette::discovery
