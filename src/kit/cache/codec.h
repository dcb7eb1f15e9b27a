// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vedette::cache {

// How values become bytes and back. `decode` survives any bytes; what it refuses is deleted.
template <class T>
struct Codec {
  std::function<Result<std::string>(const T&)> encode;
  std::function<Result<T>(std::string_view)> decode;
};

inline Codec<std::string> TextCodec() {
  return {[](const std::string& text) -> Result<std::string> { return text; },
          [](std::string_view bytes) -> Result<std::string> { return std::string(bytes); }};
}

// In decimal, exact at every width.
template <std::integral I>
Codec<I> IntegerCodec() {
  return {[](const I& number) -> Result<std::string> { return std::to_string(number); },
          [](std::string_view bytes) -> Result<I> {
            I number{};
            const char* end = bytes.data() + bytes.size();
            const auto [rest, error] = std::from_chars(bytes.data(), end, number);
            if (error != std::errc() || rest != end) {
              return Fail(Code::kInternal, "A cached number is none.");
            }
            return number;
          }};
}

// Of a protobuf message.
template <class Message>
Codec<Message> MessageCodec() {
  return {[](const Message& message) -> Result<std::string> {
            std::string bytes;
            if (!message.SerializeToString(&bytes)) {
              return Fail(Code::kInternal, "A message could not be serialised.");
            }
            return bytes;
          },
          [](std::string_view bytes) -> Result<Message> {
            Message message;
            if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
              return Fail(Code::kInternal, "A cached message is none.");
            }
            return message;
          }};
}

}  // namespace vedette::cache
