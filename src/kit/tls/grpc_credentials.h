// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace grpc {
class ChannelCredentials;
}

namespace vedette::tls {

struct ClientFiles {
  const std::string& ca_file;    // who vouches for servers; empty: the system's authorities
  const std::string& cert_file;  // what the client shows; empty: nothing
  const std::string& key_file;
};

// Credentials of a channel that verifies its server; with `tls` off, of one in clear text.
// kInvalidArgument when a file cannot be read.
Result<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(bool tls,
                                                                         ClientFiles files);

}  // namespace vedette::tls
