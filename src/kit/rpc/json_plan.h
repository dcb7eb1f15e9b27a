// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kit/rpc/json.h"

namespace vedette::rpc {

struct JsonField {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::string key;  // "\"itemCode\":"
  bool repeated = false;
  bool presence = false;
  const JsonCodec::Plan* child = nullptr;  // of messages
};

struct JsonCodec::Plan {
  const google::protobuf::Descriptor* type = nullptr;
  std::vector<JsonField> fields;
  // JSON and proto names; they point into the descriptors.
  std::unordered_map<std::string_view, std::size_t> names;

  const JsonField* Find(std::string_view name) const {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &fields[found->second];
  }
};

// "is not known", with the name that was probably meant.
std::string UnknownField(const JsonCodec::Plan& plan, std::string_view name);

// Why `text` cannot be the field's value, or an empty string and the value is set (added, for a
// repeated field). Not for messages.
std::string SetFromText(const google::protobuf::FieldDescriptor& field,
                        std::string_view text,
                        google::protobuf::Message& message);

}  // namespace vedette::rpc
