// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kit/auth/authenticator.h"
#include "kit/auth/authorizer.h"
#include "kit/http/message.h"
#include "kit/task/task.h"

namespace vedette {

namespace config {
class Section;
}  // namespace config

struct OpsOptions {
  bool loopback_without_token = false;

  void Describe(config::Section& section);
};

// Who may look into the process: a bearer token whose holder has the permission "ops.read" on every
// study and site, or, when the option is set, a connection from this machine that no proxy passed
// on. The references outlive it and the handlers it made.
class OpsAccess {
 public:
  OpsAccess(OpsOptions options,
            Authenticator& authenticator,
            const Authorizer& authorizer,
            const Clock& clock);

  // kUnauthenticated or kPermissionDenied for who may not. `request` outlives the task.
  Task<Status> Check(const http::Request& request) const;

  // A handler that answers with the refusal or does what `handler` does.
  http::Handler Guard(http::Handler handler) const;

 private:
  Task<http::Response> Run(http::Handler handler, http::Request request) const;
  bool IsLocal(const http::Request& request) const;

  const OpsOptions options_;
  Authenticator& authenticator_;
  const Authorizer& authorizer_;
  const Clock& clock_;
};

}  // namespace vedette
