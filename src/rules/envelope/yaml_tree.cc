// SPDX-License-Identifier: Apache-2.0
#include "rules/envelope/yaml_tree.h"

#include <yaml.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

namespace vedette::rules {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// libyaml counts characters; places are told in bytes.
class ByteOffsets {
 public:
  ByteOffsets(std::string_view text, std::size_t skipped) : size_(text.size()), skipped_(skipped) {
    const bool ascii =
        std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii) return;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
        starts_.push_back(static_cast<std::uint32_t>(i));
      }
    }
  }
  std::uint32_t At(std::size_t character) const {
    std::size_t byte = character;
    if (!starts_.empty()) byte = character < starts_.size() ? starts_[character] : size_;
    return static_cast<std::uint32_t>(std::min(byte, size_) + skipped_);
  }

 private:
  std::size_t size_;
  std::size_t skipped_;
  std::vector<std::uint32_t> starts_;
};

// The event API of libyaml with its memory owned.
class Events {
 public:
  explicit Events(std::string_view text) {
    valid_ = yaml_parser_initialize(&parser_) != 0;
    if (!valid_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Events() {
    Release();
    if (valid_) yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // nullptr: the text is no YAML; see parser().
  const yaml_event_t* Next() {
    Release();
    if (!valid_ || yaml_parser_parse(&parser_, &event_) == 0) return nullptr;
    held_ = true;
    return &event_;
  }
  const yaml_parser_t& parser() const { return parser_; }

 private:
  void Release() {
    if (held_) yaml_event_delete(&event_);
    held_ = false;
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool valid_ = false;
  bool held_ = false;
};

std::string_view Text(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

class TreeReader {
 public:
  TreeReader(std::string_view text, std::size_t skipped, const YamlLimits& limits)
      : events_(text), offsets_(text, skipped), limits_(limits) {}

  std::expected<YamlNode, Diagnostics> Read() {
    YamlNode root;
    if (!Expect(YAML_STREAM_START_EVENT)) return Failed();
    const yaml_event_t* event = Next();
    if (event == nullptr) return Failed();
    if (event->type == YAML_STREAM_END_EVENT) {
      Report("empty_file", {}, "the file holds no rule", "begin with `rule: ID`");
      return Failed();
    }
    event = Next();
    if (event == nullptr || !ReadNode(*event, 0, &root)) return Failed();
    if (!Expect(YAML_DOCUMENT_END_EVENT)) return Failed();
    event = Next();
    if (event == nullptr) return Failed();
    if (event->type != YAML_STREAM_END_EVENT) {
      Report("several_documents", SpanOf(*event), "a file holds one document",
             "write several rules as a list, each beginning with `- rule: ID`");
      return Failed();
    }
    return root;
  }

 private:
  std::unexpected<Diagnostics> Failed() { return std::unexpected(std::move(diagnostics_)); }

  void Report(std::string code, Span span, std::string message, std::string suggestion = {}) {
    diagnostics_.push_back(
        {Gravity::kError, std::move(code), span, std::move(message), std::move(suggestion)});
  }

  Span SpanOf(const yaml_event_t& event) const {
    return {offsets_.At(event.start_mark.index), offsets_.At(event.end_mark.index)};
  }

  bool Expect(yaml_event_type_t type) {
    const yaml_event_t* event = Next();
    return event != nullptr && event->type == type;
  }

  const yaml_event_t* Next() {
    const yaml_event_t* event = events_.Next();
    if (event == nullptr) ReportSyntax();
    return event;
  }

  void ReportSyntax() {
    const yaml_parser_t& parser = events_.parser();
    const std::string_view problem = parser.problem == nullptr ? "not readable" : parser.problem;
    const std::size_t at =
        parser.error == YAML_READER_ERROR ? parser.problem_offset : parser.problem_mark.index;
    const std::uint32_t begin = offsets_.At(at);
    std::string suggestion;
    if (problem.contains("mapping values")) {
      suggestion = "a text that holds \": \" needs quotes, or `|` with the text on the next lines";
    } else if (problem.contains("cannot start any token")) {
      suggestion = "indent with spaces; put a text that begins with % @ or ` in quotes";
    } else if (problem.contains("did not find expected key")) {
      suggestion = "check the indentation and the quotes of the lines above";
    }
    Report("yaml_syntax", {begin, begin}, "this is not YAML: " + std::string(problem),
           std::move(suggestion));
  }

  bool ReadNode(const yaml_event_t& event, std::uint32_t depth, YamlNode* node) {
    node->span = SpanOf(event);
    if (++nodes_ > limits_.max_nodes) {
      Report("too_large", node->span, "the file holds too many values", "split it");
      return false;
    }
    if (depth > limits_.max_depth) {
      Report("too_deep", node->span, "this is nested too deeply", "");
      return false;
    }
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return ReadScalar(event, node);
      case YAML_SEQUENCE_START_EVENT:
        return Plain(event.data.sequence_start.anchor, event.data.sequence_start.tag, node->span) &&
               ReadList(depth, node);
      case YAML_MAPPING_START_EVENT:
        return Plain(event.data.mapping_start.anchor, event.data.mapping_start.tag, node->span) &&
               ReadMap(depth, node);
      default:
        Report("alias", node->span, "references (*name) are not allowed",
               "write the value out where it is used");
        return false;
    }
  }

  bool Plain(const yaml_char_t* anchor, const yaml_char_t* tag, Span span) {
    if (anchor != nullptr) {
      Report("alias", span, "anchors (&name) are not allowed",
             "write the value out where it is used");
    } else if (tag != nullptr) {
      Report("tag", span, "tags (!name) are not allowed", "remove it");
    }
    return anchor == nullptr && tag == nullptr;
  }

  bool ReadScalar(const yaml_event_t& event, YamlNode* node) {
    const auto& scalar = event.data.scalar;
    if (!Plain(scalar.anchor, scalar.tag, node->span)) return false;
    node->kind = YamlNode::Kind::kScalar;
    node->text = Text(scalar.value, scalar.length);
    node->quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
  }

  bool ReadList(std::uint32_t depth, YamlNode* node) {
    node->kind = YamlNode::Kind::kList;
    while (true) {
      const yaml_event_t* event = Next();
      if (event == nullptr) return false;
      if (event->type == YAML_SEQUENCE_END_EVENT) break;
      if (!ReadNode(*event, depth + 1, &node->items.emplace_back())) return false;
    }
    if (!node->items.empty()) node->span.end = node->items.back().span.end;
    return true;
  }

  bool ReadMap(std::uint32_t depth, YamlNode* node) {
    node->kind = YamlNode::Kind::kMap;
    std::unordered_set<std::string> keys;
    while (true) {
      const yaml_event_t* event = Next();
      if (event == nullptr) return false;
      if (event->type == YAML_MAPPING_END_EVENT) break;
      YamlEntry entry;
      if (!ReadKey(*event, &entry)) return false;
      if (!keys.insert(entry.key).second) {
        Report("duplicate_key", entry.key_span, "'" + entry.key + "' is given twice",
               "keep one of them");
        return false;
      }
      event = Next();
      if (event == nullptr || !ReadNode(*event, depth + 1, &entry.value)) return false;
      node->entries.push_back(std::move(entry));
    }
    if (!node->entries.empty()) node->span.end = node->entries.back().value.span.end;
    return true;
  }

  bool ReadKey(const yaml_event_t& event, YamlEntry* entry) {
    entry->key_span = SpanOf(event);
    if (event.type != YAML_SCALAR_EVENT || event.data.scalar.anchor != nullptr ||
        event.data.scalar.tag != nullptr) {
      Report("bad_key", entry->key_span, "a key is a plain word", "");
      return false;
    }
    entry->key = Text(event.data.scalar.value, event.data.scalar.length);
    return true;
  }

  Events events_;
  ByteOffsets offsets_;
  YamlLimits limits_;
  std::size_t nodes_ = 0;
  Diagnostics diagnostics_;
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string_view KindText(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      return node.IsNull() ? "nothing" : "a text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "nothing";
}

std::expected<YamlNode, Diagnostics> ParseYaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return std::unexpected(
        Diagnostics{{Gravity::kError,
                     "too_large",
                     {},
                     "the file is larger than " + std::to_string(limits.max_bytes / 1024) + " KiB",
                     "split it"}});
  }
  const std::size_t skipped = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  return TreeReader(text.substr(skipped), skipped, limits).Read();
}

}  // namespace vedette::rules
