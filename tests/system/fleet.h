// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kit/testing/etcd.h"
#include "system/system.h"

namespace vedette::system_test {

// Processes of one system, several of a role where a test wants them, that find each other through
// an etcd of their own and share PostgreSQL, the service secret and the folder of keys. What a
// System does, it does through the first gateway that was added.
class Fleet : public System {
 public:
  // `settings` go to every process.
  explicit Fleet(std::vector<std::string> settings = {});

  // A process to be started; `settings` go to it alone. Roles by commas.
  void Add(const std::string& name,
           const std::string& roles,
           std::vector<std::string> settings = {});
  // The seven processes of a system with one of each role, started: identity, trial, subject, rule,
  // monitor and gateway as "identity1" and so on; of those in `twice` there are two.
  void AddRoles(const std::vector<std::string>& twice = {});

  // One more setting, which wins over the others, of a process that does not run.
  void Set(const std::string& name, const std::string& setting);

  // One process; waits until it is ready.
  void StartOne(const std::string& name);
  // SIGTERM and waits; the exit code.
  int StopOne(const std::string& name);
  void Signal(const std::string& name, int number);
  void KillOne(const std::string& name);

  std::uint16_t http_port(const std::string& name) { return Find(name).http_port; }
  std::string rpc_address(const std::string& name);
  std::string LogOf(const std::string& name);
  // The sum of the metric's series whose line begins with `series`, e.g.
  // `vedette_rpc_server_calls_total{code="OK",method="trial.GetStudy"}`; 0 when there is none.
  double Metric(const std::string& name, const std::string& series);

  testkit::EtcdServer& etcd() { return etcd_; }

 private:
  Part& Find(const std::string& name);

  testkit::EtcdServer etcd_;
};

}  // namespace vedette::system_test
