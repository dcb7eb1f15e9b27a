// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include "kit/config/docs.h"
#include "kit/config/load.h"

namespace vedette::app {

void ProcessConfig::Describe(config::Section& section) {
  section.Field("roles", roles,
                {.text = "Roles to run: all, or some of identity, trial, subject, rule, monitor, "
                         "gateway."});
  section.Field("data_dir", data_dir, {.text = "Folder for keys and for embedded databases."});
  section.Field("threads", threads,
                {.text = "Threads that serve requests; 0 takes one per processor.",
                 .minimum = 0,
                 .maximum = 256});
  section.Field("log_level", log_level,
                {.text = "The least severe lines that are logged.",
                 .choices = {"debug", "info", "warning", "error"}});
  section.Field("drain", drain,
                {.text = "How long a stop may wait for requests in flight.",
                 .minimum = 0,
                 .maximum = 600'000});
  section.Field("shutdown_delay", shutdown_delay,
                {.text = "How long a stop waits, not ready, for load balancers to notice.",
                 .minimum = 0,
                 .maximum = 600'000});
  section.Field("service_secret", service_secret,
                {.text = "What the processes of one system share to trust each other; needed when "
                         "roles are split."});
}

void PeersConfig::Describe(config::Section& section) {
  section.Field("identity", identity,
                {.text = "Addresses (host:port) of identity, or one target: etcd:NAME, "
                         "kubernetes:NAMESPACE/SERVICE:PORT, dns:HOST:PORT."});
  section.Field("trial", trial, {.text = "The same of trial."});
  section.Field("subject", subject, {.text = "The same of subject."});
  section.Field("rule", rule, {.text = "The same of rule."});
  section.Field("monitor", monitor, {.text = "The same of monitor."});
  section.Field("tls", tls, {.text = "Call the peers over TLS."});
  section.Field("ca_file", ca_file, {.text = "Roots to trust; empty takes the system's."});
  section.Field("cert_file", cert_file, {.text = "Own certificate, for mutual TLS."});
  section.Field("key_file", key_file, {.text = "Key of the own certificate."});
  section.Field("server_name", server_name, {.text = "Name expected in the peers' certificates."});
  section.Field("keepalive_interval", keepalive_interval,
                {.text = "Silence after which a connection is asked whether it is alive.",
                 .minimum = 1000,
                 .maximum = 3'600'000});
  section.Field("keepalive_timeout", keepalive_timeout,
                {.text = "Time for that answer.", .minimum = 100, .maximum = 600'000});
  section.Field("stale_cache_bytes", stale_cache_bytes,
                {.text = "Answers kept for when nobody answers, bytes for each role.",
                 .minimum = 0,
                 .maximum = 1 << 30});
  section.Nested("retry", retry, "Calls that are tried again.");
  section.Nested("ejection", ejection, "When an instance that fails is left alone altogether.");
}

rpc::ChannelOptions PeersConfig::ChannelTo(std::string_view role) const {
  rpc::ChannelOptions options;
  options.service = role;
  options.tls = tls;
  options.ca_file = ca_file;
  options.cert_file = cert_file;
  options.key_file = key_file;
  options.server_name = server_name;
  options.keepalive_interval = keepalive_interval;
  options.keepalive_timeout = keepalive_timeout;
  options.stale_cache_bytes = stale_cache_bytes;
  options.retry = retry;
  options.ejection = ejection;
  return options;
}

const std::vector<std::string>& PeersConfig::Of(std::string_view role) const {
  if (role == "identity") return identity;
  if (role == "trial") return trial;
  if (role == "subject") return subject;
  if (role == "rule") return rule;
  return monitor;
}

Result<AppConfig> LoadConfig(const std::string& path, const std::vector<std::string>& overrides) {
  AppConfig config;
  config::Document document;
  if (!path.empty()) {
    VEDETTE_TRY(document, config::LoadFile(path));
  }
  config::Loader loader(std::move(document), overrides);
  config.VisitSections([&](std::string_view name, auto& section, std::string_view) {
    loader.Section(name, section);
  });
  VEDETTE_CHECK_OK(loader.Finish());
  return config;
}

std::string ConfigReference() {
  AppConfig config;
  config::Docs docs;
  config.VisitSections([&](std::string_view name, auto& section, std::string_view text) {
    docs.Section(name, section, text);
  });
  return docs.Markdown();
}

}  // namespace vedette::app
