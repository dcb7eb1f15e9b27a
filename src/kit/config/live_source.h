// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace vedette::config {

// A live document as a source has it now.
struct LiveDocument {
  std::optional<std::string> text;  // nullopt: there is none
  std::string revision;             // what the source calls this version; for the audit
};

// Where live configuration comes from. Thread-safe.
class LiveSource {
 public:
  virtual ~LiveSource() = default;
  virtual std::string kind() const = 0;  // "file", "etcd": a metric's label
  virtual std::string name() const = 0;  // "file /etc/vedette/live.yaml", for the log

  // Calls `changed` with the present document once it is known and with each later one, in order,
  // from one thread that is the source's. Once, before anything else. Destroying the source ends
  // it: then no call runs or follows.
  virtual void Start(std::function<void(const LiveDocument&)> changed) = 0;
};

}  // namespace vedette::config
