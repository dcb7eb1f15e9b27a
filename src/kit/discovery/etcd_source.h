// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "kit/config/live_source.h"
#include "kit/discovery/background.h"
#include "kit/discovery/etcd_client.h"

namespace vedette::discovery {

// The value of one etcd key as a live document; its revision is the key's. Follows the key through
// outages and compaction.
class EtcdSource final : public config::LiveSource {
 public:
  EtcdSource(std::string key,
             std::shared_ptr<EtcdClient> client,
             std::shared_ptr<Background> background,
             RandomSource& random);
  ~EtcdSource() override;

  std::string kind() const override { return "etcd"; }
  std::string name() const override { return "etcd " + key_; }
  void Start(std::function<void(const config::LiveDocument&)> changed) override;

 private:
  std::string key_;
  std::shared_ptr<EtcdClient> client_;
  std::shared_ptr<Background> background_;
  RandomSource& random_;
  std::optional<BackgroundLoop> loop_;
};

}  // namespace vedette::discovery
