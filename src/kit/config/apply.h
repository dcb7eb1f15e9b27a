// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/config/document.h"
#include "kit/config/section.h"

namespace vedette::config {

// The visitor that takes each field's value out of a document, and collects what is wrong.
class Applier final : public Section {
 public:
  // `document` must outlive this.
  Applier(const Document& document, std::vector<Problem>& problems);

  using Section::Field;
  void Field(std::string_view name, bool& value, FieldOptions options) override;
  void Field(std::string_view name, std::int64_t& value, FieldOptions options) override;
  void Field(std::string_view name, double& value, FieldOptions options) override;
  void Field(std::string_view name, std::string& value, FieldOptions options) override;
  void Field(std::string_view name,
             std::chrono::milliseconds& value,
             FieldOptions options) override;
  void Field(std::string_view name, std::vector<std::string>& value, FieldOptions options) override;
  void Field(std::string_view name, Sensitive<std::string>& value, FieldOptions options) override;

  // Reports what nobody asked for at the top level. Once, after the last field.
  void FinishRoot();

 protected:
  void Enter(std::string_view name, std::string_view text) override;
  void Leave() override;

 private:
  struct Frame {
    std::string path;
    const Node* map;  // null when the document has no such section
    std::vector<std::string> known;
  };

  // The node of a field of the current section, or null.
  const Node* Take(std::string_view name);
  // A scalar's text after substitution; nullopt when there is none or it is wrong (then reported).
  std::optional<Substituted> TakeScalar(std::string_view name, std::string_view expected);
  std::optional<Substituted> Scalar(const Node& node,
                                    const std::string& path,
                                    std::string_view expected);
  std::vector<std::string> ListItems(const Node& node, const std::string& path);
  void CheckChoice(const Node& node,
                   const std::string& path,
                   const std::string& value,
                   const FieldOptions& options);
  void ReadSecretFromFile(const Node& node, const std::string& path, Sensitive<std::string>& value);
  void CheckUnknown(const Frame& frame);

  std::string PathOf(std::string_view name) const;
  std::string Where(Position position) const;
  void Report(const Node& node, const std::string& path, std::string text);
  // "must be <expected>, not "abc"", the value left out when it may be a secret.
  void ReportValue(const Node& node,
                   const std::string& path,
                   std::string_view expected,
                   const Substituted& value);

  const Document& document_;
  std::vector<Problem>& problems_;
  std::vector<Frame> frames_;
};

}  // namespace vedette::config
