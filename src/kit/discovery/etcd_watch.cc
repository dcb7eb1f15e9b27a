// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/etcd_watch.h"

#include <algorithm>
#include <utility>

#include "kit/discovery/etcd.pb.h"
#include "kit/discovery/etcd_session.h"

namespace vedette::discovery {
namespace {

class Watch final : public EtcdWatch {
 public:
  Watch(std::shared_ptr<EtcdSession> session,
        std::shared_ptr<EtcdEndpoint> endpoint,
        std::string token)
      : session_(std::move(session)), endpoint_(std::move(endpoint)), token_(std::move(token)) {}

  Task<Status> Start(etcd::WatchRequest request, SteadyTime deadline) {
    probe_.set_key(request.create_request().key());
    probe_.set_count_only(true);
    probe_.set_serializable(true);
    VEDETTE_CO_CHECK_OK(co_await stream_.Start(endpoint_->stub, session_->queue(),
                                               "/etcdserverpb.Watch/Watch", token_, deadline));
    VEDETTE_CO_CHECK_OK(co_await stream_.Write(request, deadline));
    etcd::WatchResponse created;
    VEDETTE_CO_CHECK_OK(co_await stream_.Read(created, deadline));
    co_return Check(created);
  }

  Task<Result<std::vector<EtcdEvent>>> Next() override {
    etcd::WatchResponse response;
    do {
      VEDETTE_CO_CHECK_OK(co_await Read(response));
      VEDETTE_CO_CHECK_OK(Check(response));
    } while (response.events().empty());
    std::vector<EtcdEvent> events;
    for (etcd::Event& event : *response.mutable_events()) {
      events.push_back({event.type() == etcd::Event::DELETE, TakeItem(*event.mutable_kv())});
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

  SteadyTime Now() const { return session_->clock().SteadyNow(); }

  // The next message of whatever kind. Nothing says that a connection hangs, so that one over which
  // nothing came for a while is tried.
  Task<Status> Read(etcd::WatchResponse& response) {
    SteadyTime heard = Now();
    for (;;) {
      VEDETTE_CO_TRY(const bool came,
                     co_await stream_.ReadUntil(response, heard + session_->options().silence));
      if (came) break;
      // All watches of a connection need but one probe.
      heard = std::max(heard, endpoint_->heard());
      if (Now() < heard + session_->options().silence) continue;
      VEDETTE_CO_CHECK_OK(co_await Probe());
      heard = Now();
    }
    endpoint_->SetHeard(Now());
    co_return Status();
  }

  // A look at what the member has in memory. Any answer, a refusal too, is a sign of life.
  Task<Status> Probe() {
    etcd::RangeResponse response;
    const Status status =
        co_await EtcdUnary(endpoint_->stub, session_->queue(), "/etcdserverpb.KV/Range", token_,
                           Now() + session_->options().timeout, probe_, response);
    if (!status && status.error().code == Code::kCancelled) co_return status;
    if (!status && IsAway(status.error())) {
      session_->Leave(endpoint_, status.error().code);
      co_return status;
    }
    endpoint_->SetHeard(Now());
    co_return Status();
  }

  const std::shared_ptr<EtcdSession> session_;
  const std::shared_ptr<EtcdEndpoint> endpoint_;
  const std::string token_;
  etcd::RangeRequest probe_;
  EtcdStream stream_;
};

}  // namespace

EtcdItem TakeItem(etcd::KeyValue& from) {
  return {std::move(*from.mutable_key()), std::move(*from.mutable_value()), from.mod_revision(),
          from.lease()};
}

Task<Result<std::unique_ptr<EtcdWatch>>> StartEtcdWatch(std::shared_ptr<EtcdSession> session,
                                                        std::string key,
                                                        std::string range_end,
                                                        std::int64_t revision) {
  etcd::WatchRequest request;
  request.mutable_create_request()->set_key(std::move(key));
  request.mutable_create_request()->set_range_end(std::move(range_end));
  request.mutable_create_request()->set_start_revision(revision);
  std::unique_ptr<Watch> watch;
  VEDETTE_CO_CHECK_OK(co_await session->Try(
      [&](std::shared_ptr<EtcdEndpoint> endpoint, std::string token, SteadyTime end) {
        watch = std::make_unique<Watch>(session, std::move(endpoint), std::move(token));
        return watch->Start(request, end);
      }));
  co_return std::unique_ptr<EtcdWatch>(std::move(watch));
}

}  // namespace vedette::discovery
