// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "rules/eval/library.h"
#include "rules/eval/operations.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

Value Count(std::size_t size) { return Value(static_cast<std::int64_t>(size)); }

std::optional<ValueList> ElementsOf(const Value& value) {
  if (const ValueList* list = ListOf(value)) {
    return *list;
  }
  const auto* object = value.As<std::shared_ptr<const Object>>();
  return object == nullptr ? std::nullopt : (*object)->Elements();
}

Value Size(Arguments arguments) {
  if (arguments.size() == 1) {
    if (const std::string* text = arguments[0].AsText()) {
      return Count(CountCodePoints(*text));
    }
    if (const std::string* bytes = BytesOf(arguments[0])) {
      return Count(bytes->size());
    }
    if (const ValueMap* map = MapOf(arguments[0])) {
      return Count(map->entries.size());
    }
    if (const auto elements = ElementsOf(arguments[0])) {
      return Count(elements->size());
    }
  }
  return NoOperation("size", arguments);
}

// The number of true elements. While some are unknown it is only known to lie between the true
// ones and those that could be.
Value CountTrue(Arguments arguments) {
  const auto elements = arguments.size() == 1 ? ElementsOf(arguments[0]) : std::nullopt;
  if (!elements) {
    return NoOperation("count_true", arguments);
  }
  std::int64_t count = 0;
  std::int64_t open = 0;
  for (const Value& element : *elements) {
    if (element.IsUnknown()) {
      ++open;
    } else if (element.As<bool>() == nullptr) {
      return NoOperation("count_true", std::span(&element, 1));
    } else {
      count += element.IsTrue() ? 1 : 0;
    }
  }
  return open == 0
             ? Value(count)
             : Value(IntervalValue{static_cast<double>(count), static_cast<double>(count + open)});
}

Value Join(Arguments arguments) {
  const ValueList* list = arguments.empty() ? nullptr : ListOf(arguments[0]);
  const std::string* separator = TextAt(arguments, 1);
  if (list == nullptr || arguments.size() > 2 || (arguments.size() == 2 && separator == nullptr)) {
    return NoOperation("join", arguments);
  }
  std::string out;
  for (const Value& element : *list) {
    if (element.IsUnknown()) {
      return element;
    }
    const std::string* text = element.AsText();
    if (text == nullptr) {
      return NoOperation("join", arguments);
    }
    if (separator != nullptr && &element != list->data()) {
      out += *separator;
    }
    out += *text;
    if (out.size() > kTextLimit) {
      return Value::Error("the text is too long");
    }
  }
  return Value::Text(std::move(out));
}

Value ReverseList(const ValueList& list) {
  return Value::List(ValueList(list.rbegin(), list.rend()));
}

Value Reverse(Arguments arguments) {
  if (arguments.size() == 1) {
    if (const ValueList* list = ListOf(arguments[0])) {
      return ReverseList(*list);
    }
    if (const std::string* text = arguments[0].AsText()) {
      std::string out;
      out.reserve(text->size());
      for (std::size_t end = text->size(); end > 0;) {
        std::size_t begin = end - 1;
        while (begin > 0 && (static_cast<unsigned char>((*text)[begin]) & 0xC0) == 0x80) {
          --begin;
        }
        out.append(*text, begin, end - begin);
        end = begin;
      }
      return Value::Text(std::move(out));
    }
  }
  return NoOperation("reverse", arguments);
}

}  // namespace

std::span<const LibraryFunction> CollectionFunctions() {
  static constexpr auto kFunctions = std::to_array<LibraryFunction>({
      {"size", CallStyle::kBoth, Size},
      {"count_true", CallStyle::kMethod, CountTrue},
      {"join", CallStyle::kMethod, Join},
      {"reverse", CallStyle::kMethod, Reverse},
  });
  return kFunctions;
}

}  // namespace vedette::rules
