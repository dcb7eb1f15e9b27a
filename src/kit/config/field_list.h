// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kit/config/section.h"

namespace vedette::config {

// A field's path and its value as the file would write it.
struct FieldText {
  std::string path;   // "breaker.k"
  std::string value;  // "1.5"; lists joined by ", "
  bool operator==(const FieldText&) const = default;
};

// Collects the fields of a struct, in the order of its Describe. A secret has no place here:
// std::logic_error.
class FieldLister {
 public:
  FieldLister();
  ~FieldLister();
  config::Section& root();
  std::vector<FieldText> Take();

 private:
  class Visitor;
  std::unique_ptr<Visitor> visitor_;
};

template <class Config>
std::vector<FieldText> FieldTexts(Config& config) {
  FieldLister lister;
  config.Describe(lister.root());
  return lister.Take();
}

// One field that differs.
struct FieldChange {
  std::string path;
  std::string before;
  std::string after;
};

// Of two lists of the same struct.
std::vector<FieldChange> Differences(const std::vector<FieldText>& before,
                                     const std::vector<FieldText>& after);

}  // namespace vedette::config
