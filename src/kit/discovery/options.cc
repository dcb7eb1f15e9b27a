// SPDX-License-Identifier: Apache-2.0
#include "kit/discovery/options.h"

#include "kit/config/section.h"

namespace vedette::discovery {

void EtcdOptions::Describe(config::Section& section) {
  section.Field("endpoints", endpoints, {.text = "host:port of each member; empty: no etcd."});
  section.Field("user", user, {.text = "User name; empty: without authentication."});
  section.Field("password", password, {.text = "The user's password."});
  section.Field("tls", tls, {.text = "Encrypt, and check the servers' certificates."});
  section.Field("ca_file", ca_file, {.text = "Authority (PEM); empty: the system's."});
  section.Field("cert_file", cert_file, {.text = "Own certificate (PEM), for mutual TLS."});
  section.Field("key_file", key_file, {.text = "Own private key (PEM), for mutual TLS."});
  section.Field("server_name", server_name,
                {.text = "Name expected in the certificates; empty: the endpoint's host."});
  section.Field(
      "timeout", timeout,
      {.text = "Of one call, all endpoints together.", .minimum = 100, .maximum = 60'000});
  section.Field("silence", silence,
                {.text = "A watched connection over which nothing came for so long is tried, and "
                         "made anew when no answer comes within `timeout`.",
                 .minimum = 10,
                 .maximum = 60'000});
}

void KubernetesOptions::Describe(config::Section& section) {
  section.Field("api_url", api_url, {.text = "The API server; its defaults are what a pod finds."});
  section.Field("token_file", token_file,
                {.text = "The service account's token, read for each request."});
  section.Field("ca_file", ca_file, {.text = "The API server's authority (PEM)."});
  section.Field(
      "timeout", timeout,
      {.text = "Of a list and of the start of a watch.", .minimum = 100, .maximum = 120'000});
  section.Field("watch", watch,
                {.text = "How long one watch lasts before the list is read again.",
                 .minimum = 1000,
                 .maximum = 3.6e6});
}

void DiscoveryOptions::Describe(config::Section& section) {
  section.Field("prefix", prefix,
                {.text = "First part of the keys in etcd: prefix/service/instance."});
  section.Field("lease", lease,
                {.text = "How long etcd keeps an instance that has gone silent.",
                 .minimum = 2000,
                 .maximum = 300'000});
  section.Field("advertise", advertise,
                {.text = "host or host:port that others shall call; empty: the address listened "
                         "on, with POD_IP or an interface's address for 0.0.0.0."});
  section.Field(
      "dns_refresh", dns_refresh,
      {.text = "How often dns: targets are looked up.", .minimum = 1000, .maximum = 300'000});
  section.Nested("etcd", etcd, "The etcd cluster.");
  section.Nested("kubernetes", kubernetes, "The API server, for kubernetes: targets.");
}

}  // namespace vedette::discovery
