// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/result.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace vedette::rpc {

// Checks messages against the vedette.field_rules of their fields. Rules are compiled once for a
// message type. Compile first, then Check from any thread.
class Validator {
 public:
  Validator();
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  struct Plan;
  // Compiles the type and all it contains. The plan lives as long as the validator.
  const Plan* Compile(const google::protobuf::Descriptor* type);

  // All violations together, or none. Beside the rules: numbers are finite, enums have a known
  // value, and strings hold no U+0000. Descriptions never hold a value of the message.
  static std::vector<FieldViolation> Check(const Plan& plan,
                                           const google::protobuf::Message& message);

 private:
  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>> plans_;
};

// kInvalidArgument with these violations (at least one) and a sentence about the first.
Error InvalidRequest(std::vector<FieldViolation> violations);

}  // namespace vedette::rpc
