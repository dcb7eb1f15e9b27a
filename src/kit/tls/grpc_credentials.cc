// SPDX-License-Identifier: Apache-2.0
#include "kit/tls/grpc_credentials.h"

#include <grpcpp/security/credentials.h>

#include "kit/tls/pem_file.h"

namespace vedette::tls {

Result<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(bool tls,
                                                                         ClientFiles files) {
  if (!tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  VEDETTE_TRY(ssl.pem_root_certs, ReadPemFile(files.ca_file));
  VEDETTE_TRY(ssl.pem_cert_chain, ReadPemFile(files.cert_file));
  VEDETTE_TRY(ssl.pem_private_key, ReadPemFile(files.key_file));
  return grpc::SslCredentials(ssl);
}

}  // namespace vedette::tls
