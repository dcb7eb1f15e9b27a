// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace vedette::rpc {

// JSON of messages, as our public contract has it: names in lowerCamelCase, 64-bit integers as
// numbers, enums by name, bytes as Base64, fields without presence always written. Maps and
// well-known types have no special form (contracts do not use them).
//
// Types are compiled once; a plan lives as long as the codec. Thread-safe.
class JsonCodec {
 public:
  struct Plan;

  JsonCodec();
  ~JsonCodec();
  JsonCodec(const JsonCodec&) = delete;
  JsonCodec& operator=(const JsonCodec&) = delete;

  const Plan& Compile(const google::protobuf::Descriptor* type);

  // Appends to `out`. Always valid JSON: bytes that are no UTF-8 are replaced by U+FFFD, numbers
  // that are not finite by null.
  static void Write(const Plan& plan, const google::protobuf::Message& message, std::string& out);

  // Sets the fields that `text` names; an empty text is an empty object. Also takes proto names,
  // numbers of enums, and 64-bit integers as strings. kInvalidArgument with the violations, which
  // hold no value of the text. `text` may be given spare capacity, but keeps its content.
  static Status Read(const Plan& plan, std::string& text, google::protobuf::Message& message);

  // Sets one field by its JSON or proto name from text, as paths and queries have it; a repeated
  // field gets one more value. nullopt, or what is wrong.
  static std::optional<FieldViolation> ReadText(const Plan& plan,
                                                std::string_view name,
                                                std::string_view text,
                                                google::protobuf::Message& message);

 private:
  const Plan& CompileLocked(const google::protobuf::Descriptor* type);

  std::mutex mutex_;
  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>> plans_;
};

}  // namespace vedette::rpc
