// SPDX-License-Identifier: Apache-2.0
#include "kit/http/structured_fields.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/bytes.h"

namespace vedette::http {
namespace {

constexpr std::size_t kMaxEntries = 64;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

bool IsTokenChar(char c) {
  return IsAlpha(c) || IsDigit(c) ||
         std::string_view("!#$%&'*+-.^_`|~:/").find(c) != std::string_view::npos;
}

bool IsKeyChar(char c) {
  return IsLower(c) || IsDigit(c) || std::string_view("_-.*").find(c) != std::string_view::npos;
}

// Reads from the front of what is left; each function returns nullopt or false at the first byte
// that does not fit.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  std::optional<SfDictionary> Dictionary() {
    SfDictionary dictionary;
    SkipSpaces();
    while (!left_.empty()) {
      std::optional<SfMember> member = Member();
      if (!member || dictionary.size() == kMaxEntries) return std::nullopt;
      std::erase_if(dictionary, [&](const SfMember& known) { return known.name == member->name; });
      dictionary.push_back(*std::move(member));
      SkipBlanks();
      if (left_.empty()) return dictionary;
      if (!Take(',')) return std::nullopt;
      SkipBlanks();
      if (left_.empty()) return std::nullopt;
    }
    return dictionary;
  }

 private:
  bool Next(char c) const { return !left_.empty() && left_.front() == c; }
  bool Take(char c) {
    if (!Next(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  void SkipSpaces() {
    while (Take(' ')) {
    }
  }
  void SkipBlanks() {
    while (Take(' ') || Take('\t')) {
    }
  }
  template <class Predicate>
  std::string_view TakeWhile(Predicate predicate) {
    const auto end = std::find_if_not(left_.begin(), left_.end(), predicate);
    const std::string_view taken = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
    left_.remove_prefix(taken.size());
    return taken;
  }

  std::optional<SfMember> Member() {
    std::optional<std::string> name = Key();
    if (!name) return std::nullopt;
    if (Take('=')) {
      if (Next('(')) {
        auto list = InnerList();
        if (!list) return std::nullopt;
        return SfMember{*std::move(name), *std::move(list)};
      }
      auto item = Item();
      if (!item) return std::nullopt;
      return SfMember{*std::move(name), *std::move(item)};
    }
    auto parameters = Parameters();
    if (!parameters) return std::nullopt;
    return SfMember{*std::move(name), SfItem{true, *std::move(parameters)}};
  }

  std::optional<std::string> Key() {
    if (left_.empty() || (!IsLower(left_.front()) && left_.front() != '*')) return std::nullopt;
    return std::string(TakeWhile(IsKeyChar));
  }

  std::optional<SfInnerList> InnerList() {
    if (!Take('(')) return std::nullopt;
    SfInnerList list;
    while (!left_.empty()) {
      SkipSpaces();
      if (Take(')')) {
        auto parameters = Parameters();
        if (!parameters) return std::nullopt;
        list.parameters = *std::move(parameters);
        return list;
      }
      auto item = Item();
      if (!item || list.items.size() == kMaxEntries) return std::nullopt;
      list.items.push_back(*std::move(item));
      if (!Next(' ') && !Next(')')) return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<SfItem> Item() {
    auto value = Bare();
    if (!value) return std::nullopt;
    auto parameters = Parameters();
    if (!parameters) return std::nullopt;
    return SfItem{*std::move(value), *std::move(parameters)};
  }

  std::optional<SfParameters> Parameters() {
    SfParameters parameters;
    while (Take(';')) {
      SkipSpaces();
      std::optional<std::string> name = Key();
      if (!name || parameters.size() == kMaxEntries) return std::nullopt;
      SfBare value = true;
      if (Take('=')) {
        auto given = Bare();
        if (!given) return std::nullopt;
        value = *std::move(given);
      }
      const auto known =
          std::ranges::find(parameters, *name, &std::pair<std::string, SfBare>::first);
      if (known != parameters.end()) {
        known->second = std::move(value);
      } else {
        parameters.emplace_back(*std::move(name), std::move(value));
      }
    }
    return parameters;
  }

  std::optional<SfBare> Bare() {
    if (left_.empty()) return std::nullopt;
    const char c = left_.front();
    if (c == '-' || IsDigit(c)) return Number();
    if (c == '"') return String();
    if (c == ':') return Bytes();
    if (c == '?') return Boolean();
    if (IsAlpha(c) || c == '*') return SfToken{std::string(TakeWhile(IsTokenChar))};
    return std::nullopt;
  }

  std::optional<SfBare> Number() {
    std::string text;
    if (Take('-')) text = '-';
    const std::string_view whole = TakeWhile(IsDigit);
    if (whole.empty() || whole.size() > 15) return std::nullopt;
    text += whole;
    if (Take('.')) {
      const std::string_view fraction = TakeWhile(IsDigit);
      if (whole.size() > 12 || fraction.empty() || fraction.size() > 3) return std::nullopt;
      return SfDecimal{text + "." + std::string(fraction)};
    }
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  std::optional<SfBare> String() {
    left_.remove_prefix(1);
    std::string text;
    while (!left_.empty()) {
      char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return SfBare(std::move(text));
      if (c == '\\') {
        if (!Next('"') && !Next('\\')) return std::nullopt;
        c = left_.front();
        left_.remove_prefix(1);
      } else if (c < 0x20 || c > 0x7E) {
        return std::nullopt;
      }
      text += c;
    }
    return std::nullopt;
  }

  std::optional<SfBare> Bytes() {
    left_.remove_prefix(1);
    const std::size_t end = left_.find(':');
    if (end == std::string_view::npos) return std::nullopt;
    auto bytes = Base64Decode(left_.substr(0, end));
    left_.remove_prefix(end + 1);
    if (!bytes) return std::nullopt;
    return SfBytes{*std::move(bytes)};
  }

  std::optional<SfBare> Boolean() {
    left_.remove_prefix(1);
    if (Take('1')) return true;
    if (Take('0')) return false;
    return std::nullopt;
  }

  std::string_view left_;
};

void Append(std::string& out, const SfBare& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "?1" : "?0";
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*number);
  } else if (const auto* decimal = std::get_if<SfDecimal>(&value)) {
    out += decimal->text;
  } else if (const auto* token = std::get_if<SfToken>(&value)) {
    out += token->text;
  } else if (const auto* bytes = std::get_if<SfBytes>(&value)) {
    out += ':' + Base64Encode(bytes->bytes) + ':';
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out += '"';
    for (const char c : *text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
}

void Append(std::string& out, const SfParameters& parameters) {
  for (const auto& [name, value] : parameters) {
    out += ';' + name;
    if (value == SfBare(true)) continue;
    out += '=';
    Append(out, value);
  }
}

}  // namespace

const SfBytes* SfMember::bytes() const {
  const auto* item = std::get_if<SfItem>(&value);
  return item == nullptr ? nullptr : std::get_if<SfBytes>(&item->value);
}

std::optional<SfDictionary> ParseDictionary(std::string_view text) {
  return Reader(text).Dictionary();
}

const SfMember* FindMember(const SfDictionary& dictionary, std::string_view name) {
  const auto found = std::ranges::find(dictionary, name, &SfMember::name);
  return found == dictionary.end() ? nullptr : &*found;
}

const SfBare* FindParameter(const SfParameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &std::pair<std::string, SfBare>::first);
  return found == parameters.end() ? nullptr : &found->second;
}

std::string Serialize(const SfItem& item) {
  std::string text;
  Append(text, item.value);
  Append(text, item.parameters);
  return text;
}

std::string Serialize(const SfInnerList& list) {
  std::string text = "(";
  for (const SfItem& item : list.items) {
    if (text.size() > 1) text += ' ';
    text += Serialize(item);
  }
  text += ')';
  Append(text, list.parameters);
  return text;
}

}  // namespace vedette::http
