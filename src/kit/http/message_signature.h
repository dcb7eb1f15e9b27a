// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kit/http/message.h"
#include "kit/http/structured_fields.h"

namespace vedette::http {

// What a signature may cover of a message.
struct SignedMessage {
  const Headers& headers;
  std::string_view method;      // of a request
  std::string_view path;        // as sent, without the query
  std::string_view query;       // as sent, without "?"
  std::string_view target_uri;  // whole; empty when it is not known
  int status = 0;               // of a response
};

// All lines of a field as one (RFC 9110 §5.3); nullopt when there is none.
std::optional<std::string> FieldValue(const Headers& headers, std::string_view name);

// The text that is signed (RFC 9421 §2.5): a line for each covered component, then the signature's
// parameters. nullopt for a component that the message lacks, that is named twice or not in lower
// case, or that has parameters: those are not supported.
std::optional<std::string> SignatureBase(const SfInnerList& covered, const SignedMessage& message);

// Whether the component is covered, without parameters.
bool Covers(const SfInnerList& covered, std::string_view component);

}  // namespace vedette::http
