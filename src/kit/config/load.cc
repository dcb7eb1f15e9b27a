// SPDX-License-Identifier: Apache-2.0
#include "kit/config/load.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "kit/config/apply.h"
#include "kit/config/overrides.h"

namespace vedette::config {
namespace {

// More would hide the first ones.
constexpr std::size_t kShown = 50;

}  // namespace

struct Loader::Impl {
  Impl(Document parsed, const std::vector<std::string>& overrides) : document(std::move(parsed)) {
    for (Problem& problem : document.problems) {
      problem.text += " (" + document.origin + ":" + std::to_string(problem.position.line) + ":" +
                      std::to_string(problem.position.column) + ")";
    }
    document.root = ApplyOverrides(document.root, overrides, document.problems);
    applier.emplace(document, document.problems);
  }

  Document document;
  std::optional<Applier> applier;
};

Loader::Loader(Document document, std::vector<std::string> overrides)
    : impl_(std::make_unique<Impl>(std::move(document), overrides)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;

config::Section& Loader::root() { return *impl_->applier; }

Status Loader::Finish() {
  impl_->applier->FinishRoot();
  std::vector<Problem>& problems = impl_->document.problems;
  if (problems.empty()) return {};
  std::ranges::sort(problems, {}, [](const Problem& problem) {
    return std::tie(problem.position.line, problem.position.column, problem.path, problem.text);
  });
  Error error{Code::kInvalidArgument, problems.size() == 1 ? problems[0].text
                                                           : std::to_string(problems.size()) +
                                                                 " problems in the configuration:"};
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (problems.size() > 1 && i < kShown) error.message += "\n  - " + problems[i].text;
    error.violations.push_back({problems[i].path, problems[i].text});
  }
  if (problems.size() > kShown) {
    error.message += "\n  and " + std::to_string(problems.size() - kShown) + " more";
  }
  return Fail(std::move(error));
}

}  // namespace vedette::config
