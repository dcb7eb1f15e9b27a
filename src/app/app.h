// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "app/config.h"
#include "app/log_handles.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace vedette::app {

// One process of the system: the modules of the chosen roles, wired to each other or to their
// peers. Several may live in one program; nothing is global.
class App {
 public:
  // Checks the wiring and opens no port; a role that calls one which is neither here nor among the
  // peers is kInvalidArgument.
  // `log` is what of the logger can be changed while it runs.
  static Result<std::unique_ptr<App>> New(AppConfig config,
                                          const Clock& clock,
                                          Logger logger,
                                          LogHandles log = {});
  ~App();  // stops

  // Opens the stores, migrates, starts the modules in order, then opens the ports. Blocks the
  // calling thread until it serves or has failed; after a failure everything is stopped again.
  Status Start();

  // Readiness off, taken from discovery, a pause for probes, ports drained, modules stopped in
  // reverse order (jobs handed back), stores and connections closed, traces sent; each step is
  // logged. Bounded by process.drain. Harmless when called twice.
  void Stop();

  std::uint16_t http_port() const;
  std::uint16_t rpc_port() const;

 private:
  struct Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::app
