// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "kit/config/section.h"
#include "kit/rpc/ingress.h"
#include "kit/telemetry/sampling_log.h"

namespace vedette::app {

// What may change while a process runs: the content of live.file and of the key live.etcd_key.
struct LiveValues {
  std::string log_level = "info";
  LogSamplingOptions log_sampling;
  std::chrono::milliseconds slow_after{500};
  rpc::LimitOptions limits;
  std::vector<std::string> features_off;
  std::vector<std::string> features_on;

  void Describe(config::Section& section);
};

// Where live values come from; nowhere unless told.
struct LiveOptions {
  std::string file;
  std::string etcd_key;
  LogSamplingOptions log_sampling;
  std::chrono::milliseconds slow_after{500};

  void Describe(config::Section& section);
};

}  // namespace vedette::app
