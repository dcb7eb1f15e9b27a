// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"

namespace vedette::http {

struct Request;

// One request that a gate let in. Used on the connection's thread.
class Passage {
 public:
  virtual ~Passage() = default;
  // How it ended, told once: the status that was sent, 499 when the client left before it. Of a
  // stream: after its last byte. A passage that is destroyed untold belongs to a server that stops.
  virtual void End(int status) = 0;
};

// Asked when a request's head is there and before anything of its body is read, so that a refusal
// costs almost nothing. `head` has no body and no path variables yet. Called from any thread.
using Gate = std::function<Result<std::unique_ptr<Passage>>(const Request& head)>;

}  // namespace vedette::http
