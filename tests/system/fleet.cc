// SPDX-License-Identifier: Apache-2.0
#include "system/fleet.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace vedette::system_test {
namespace {

constexpr const char* kRoles[] = {"identity", "trial", "subject", "rule", "monitor", "gateway"};

}  // namespace

Fleet::Fleet(std::vector<std::string> settings) : System(Shape::kFleet, std::move(settings)) {}

void Fleet::Add(const std::string& name,
                const std::string& roles,
                std::vector<std::string> settings) {
  settings.push_back("discovery.etcd.endpoints=" + etcd_.address());
  for (const char* role : kRoles) {
    if (roles.find(role) == std::string::npos && std::string(role) != "gateway") {
      settings.push_back("peers." + std::string(role) + "=etcd:" + role);
    }
  }
  AddPart(name, roles, FreePort(), FreePort(), std::move(settings));
  if (name == "gateway1") UseGateway(parts().back());
}

void Fleet::AddRoles(const std::vector<std::string>& twice) {
  for (const char* role : kRoles) {
    Add(std::string(role) + "1", role);
    if (std::ranges::find(twice, role) != twice.end()) Add(std::string(role) + "2", role);
  }
}

System::Part& Fleet::Find(const std::string& name) {
  const auto found = std::ranges::find(parts(), name, &Part::name);
  if (found == parts().end()) throw std::invalid_argument("no process " + name);
  return *found;
}

void Fleet::Set(const std::string& name, const std::string& setting) {
  Part& part = Find(name);
  part.arguments.push_back("--set");
  part.arguments.push_back(setting);
}

void Fleet::StartOne(const std::string& name) {
  Part& part = Find(name);
  Launch(part);
  AwaitReady(part);
}

int Fleet::StopOne(const std::string& name) {
  Part& part = Find(name);
  const int code = part.process->Terminate();
  part.process.reset();
  return code;
}

void Fleet::Signal(const std::string& name, int number) { Find(name).process->Signal(number); }

void Fleet::KillOne(const std::string& name) { Find(name).process.reset(); }

std::string Fleet::rpc_address(const std::string& name) {
  return "127.0.0.1:" + std::to_string(Find(name).rpc_port);
}

std::string Fleet::LogOf(const std::string& name) { return ReadFile(Find(name).log); }

double Fleet::Metric(const std::string& name, const std::string& series) {
  std::istringstream page(RestAt(http_port(name), "GET", "/metrics").body);
  double sum = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(series)) sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

}  // namespace vedette::system_test
