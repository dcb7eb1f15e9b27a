// SPDX-License-Identifier: Apache-2.0
#include "kit/config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>
#include <unordered_map>

namespace vedette::config {
namespace {

constexpr std::size_t kDepthLimit = 32;

// What stops the parse: a construct we do not take.
struct Refusal {
  YAML::Mark mark;
  std::string text;
};

Position At(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Builds our tree from yaml-cpp's events, which know the place of every scalar, keys included.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::vector<Problem>& problems) : problems_(problems) {}

  std::shared_ptr<const Node> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, anchor, std::make_shared<Node>(Node{Node::Kind::kNull, At(mark), {}, {}, {}}));
  }

  void OnScalar(const YAML::Mark& mark,
                const std::string&,
                YAML::anchor_t anchor,
                const std::string& value) override {
    if (!open_.empty() && IsMapAwaitingKey()) {
      open_.back().key = value;
      open_.back().key_position = At(mark);
      open_.back().has_key = true;
      return;
    }
    Add(mark, anchor, std::make_shared<Node>(Node{Node::Kind::kScalar, At(mark), value, {}, {}}));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal{mark, "an alias inside its own anchor"};
    Add(mark, YAML::NullAnchor, found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string&,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, Node::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark,
                  const std::string&,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, Node::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    std::shared_ptr<Node> node;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::string key;
    Position key_position;
    bool has_key = false;
    std::unordered_map<std::string, int> lines = {};  // of a map's keys
  };

  bool IsMapAwaitingKey() const {
    return open_.back().node->kind == Node::Kind::kMap && !open_.back().has_key;
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (open_.size() >= kDepthLimit) throw Refusal{mark, "more than 32 levels"};
    if (!open_.empty() && IsMapAwaitingKey()) throw Refusal{mark, "a key that is not plain text"};
    open_.push_back(
        {std::make_shared<Node>(Node{kind, At(mark), {}, {}, {}}), mark, anchor, {}, {}});
  }

  void Close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    Add(frame.mark, frame.anchor, std::move(frame.node));
  }

  void Add(const YAML::Mark& mark, YAML::anchor_t anchor, std::shared_ptr<const Node> node) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = open_.back();
    if (parent.node->kind == Node::Kind::kList) {
      parent.node->items.push_back(std::move(node));
      return;
    }
    if (!parent.has_key) throw Refusal{mark, "a key that is not plain text"};
    AddEntry(parent, std::move(node));
  }

  void AddEntry(Frame& parent, std::shared_ptr<const Node> value) {
    parent.has_key = false;
    const auto [same, added] = parent.lines.emplace(parent.key, parent.key_position.line);
    if (!added) {
      problems_.push_back(
          {parent.key_position, parent.key,
           "`" + parent.key + "` is given twice, first on line " + std::to_string(same->second)});
      return;
    }
    parent.node->entries.push_back({std::move(parent.key), parent.key_position, std::move(value)});
  }

  std::vector<Problem>& problems_;
  std::shared_ptr<const Node> root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, std::shared_ptr<const Node>> anchors_;
};

std::unexpected<Error> Malformed(const std::string& origin, Position position, std::string text) {
  return Fail(Code::kInvalidArgument, origin + ":" + std::to_string(position.line) + ":" +
                                          std::to_string(position.column) + ": " + text);
}

}  // namespace

Result<Document> LoadText(std::string_view text, std::string origin, EnvLookup env) {
  if (text.size() > kDocumentLimit) {
    return Fail(Code::kInvalidArgument, origin + " is larger than 1 MiB");
  }
  Document document{std::move(origin), std::move(env), nullptr, {}};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(document.problems);
    parser.HandleNextDocument(builder);
    document.root = builder.root();
    TreeBuilder second(document.problems);
    if (parser.HandleNextDocument(second)) {
      return Fail(Code::kInvalidArgument, document.origin + " holds more than one YAML document");
    }
  } catch (const Refusal& refusal) {
    return Malformed(document.origin, At(refusal.mark), "cannot take " + refusal.text);
  } catch (const YAML::Exception& error) {
    return Malformed(document.origin, At(error.mark), "not valid YAML: " + error.msg);
  }
  if (!document.root || document.root->kind == Node::Kind::kNull) {
    document.root = std::make_shared<Node>(Node{Node::Kind::kMap, {1, 1}, {}, {}, {}});
  }
  if (document.root->kind != Node::Kind::kMap) {
    return Malformed(document.origin, document.root->position,
                     "must be lines of `section:` with fields below");
  }
  return document;
}

Result<Document> LoadFile(const std::string& path, EnvLookup env) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Fail(Code::kNotFound,
                "cannot open " + path + ": " + std::generic_category().message(errno));
  }
  std::string text(kDocumentLimit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Fail(Code::kInvalidArgument, "cannot read " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return LoadText(text, path, std::move(env));
}

}  // namespace vedette::config
