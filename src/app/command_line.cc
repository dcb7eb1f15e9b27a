// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.h"

#include <algorithm>
#include <charconv>

#include "base/suggest.h"

namespace vedette::app {
namespace {

const Option* Find(const CommandSpec& spec, std::string_view name) {
  const auto found = std::ranges::find(spec.options, name, &Option::name);
  return found == spec.options.end() ? nullptr : &*found;
}

std::string Unknown(const CommandSpec& spec, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option& option : spec.options) names.push_back(option.name);
  std::string text = "unknown option --" + std::string(name);
  if (const std::string_view closest = Suggest(name, names); !closest.empty()) {
    text += "; did you mean --" + std::string(closest) + "?";
  }
  return text;
}

}  // namespace

Result<Arguments> Arguments::Parse(const CommandSpec& spec, std::span<const std::string> words) {
  Arguments parsed;
  parsed.spec_ = &spec;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--") || word.size() == 2) {
      parsed.positional_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Option* option = Find(spec, name);
    if (option == nullptr) return Fail(Code::kInvalidArgument, Unknown(spec, name));
    std::string value;
    if (option->value_name.empty()) {
      if (equals != std::string::npos) {
        return Fail(Code::kInvalidArgument, "option --" + name + " takes no value");
      }
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return Fail(Code::kInvalidArgument,
                  "option --" + name + " needs a value: " + std::string(option->value_name));
    }
    std::vector<std::string>& values = parsed.values_[name];
    if (!values.empty() && !option->repeated) {
      return Fail(Code::kInvalidArgument, "option --" + name + " is given twice");
    }
    values.push_back(std::move(value));
  }
  return parsed;
}

bool Arguments::Has(std::string_view option) const { return values_.contains(option); }

std::string Arguments::Get(std::string_view option) const {
  if (const auto found = values_.find(option); found != values_.end()) return found->second.back();
  const Option* described = Find(*spec_, option);
  return described == nullptr ? std::string() : std::string(described->default_value);
}

std::vector<std::string> Arguments::GetAll(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<std::int64_t> Arguments::GetInt(std::string_view option,
                                       std::int64_t low,
                                       std::int64_t high) const {
  const std::string text = Get(option);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return Fail(Code::kInvalidArgument, "option --" + std::string(option) +
                                            " needs a whole number from " + std::to_string(low) +
                                            " to " + std::to_string(high));
  }
  return value;
}

std::string Usage(const CommandSpec& spec) {
  std::string text = "usage: vedette " + std::string(spec.name);
  if (!spec.options.empty()) text += " [options]";
  if (!spec.arguments.empty()) text += " " + std::string(spec.arguments);
  text += "\n" + std::string(spec.summary) + "\n";
  std::size_t width = 0;
  const auto left = [](const Option& option) {
    std::string words = "--" + std::string(option.name);
    if (!option.value_name.empty()) words += " " + std::string(option.value_name);
    return words;
  };
  for (const Option& option : spec.options) width = std::max(width, left(option).size());
  for (const Option& option : spec.options) {
    std::string line = "  " + left(option);
    line.append(width + 4 - line.size(), ' ');
    line += option.text;
    if (!option.default_value.empty()) {
      line += " (default " + std::string(option.default_value) + ")";
    }
    text += "\n" + line;
  }
  return text + "\n";
}

}  // namespace vedette::app
