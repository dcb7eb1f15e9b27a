// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vedette::testkit {

// A port of the loopback interface that nobody listens on, a different one at each call. It lies
// below the range from which Linux takes the ports of outgoing connections, so none of those takes
// it before, or between two runs of, the server it is meant for. Throws std::runtime_error when
// none is free. Thread-safe.
int FreePort();

}  // namespace vedette::testkit
