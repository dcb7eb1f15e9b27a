// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/sensitive.h"

namespace vedette::config {
class Section;
}  // namespace vedette::config

namespace vedette::discovery {

// How to reach etcd v3. Without endpoints there is none.
struct EtcdOptions {
  std::vector<std::string> endpoints;  // "host:port"; the next is tried when one does not answer
  std::string user;                    // empty: without authentication
  Sensitive<std::string> password;
  bool tls = false;
  std::string ca_file;    // empty: the system's authorities
  std::string cert_file;  // for mutual TLS, with key_file
  std::string key_file;
  std::string server_name;  // expected in the certificate; empty: the endpoint's host
  std::chrono::milliseconds timeout = std::chrono::seconds(3);  // of one call
  // After so long without a word, a watched connection is tried.
  std::chrono::milliseconds silence = std::chrono::seconds(1);

  void Describe(config::Section& section);
};

// The API server of the cluster that this process runs in; the defaults are what a pod finds.
struct KubernetesOptions {
  std::string api_url = "https://kubernetes.default.svc:443";
  std::string token_file = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  std::string ca_file = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  // of a list
  std::chrono::milliseconds watch = std::chrono::minutes(2);     // one watch lasts so long

  void Describe(config::Section& section);
};

struct DiscoveryOptions {
  std::string prefix = "vedette";  // keys are prefix/service/instance
  std::chrono::milliseconds lease = std::chrono::seconds(10);
  std::string advertise;  // "host" or "host:port"; empty: the address that is listened on
  std::chrono::milliseconds dns_refresh = std::chrono::seconds(5);
  EtcdOptions etcd;
  KubernetesOptions kubernetes;

  void Describe(config::Section& section);
};

}  // namespace vedette::discovery
