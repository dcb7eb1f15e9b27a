// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/eval/evaluator.h"
#include "rules/eval/library.h"
#include "rules/eval/selection.h"

namespace vedette::rules {

// A variable of a macro, and those around it.
struct Frame {
  std::string_view name;
  const Value* value;
  const Frame* outer;
};

// The value of a variable; nullptr when no frame has it.
const Value* FindLocal(const Frame* frame, std::string_view name);

// The identifier that a chain of selections stands on; nullptr when it is none.
const Expr* RootOf(const Expr& expr);

// Unknown where any is, else the first error; nullopt when there is neither.
std::optional<Value> Absent(std::span<const Value> values);

// Kleene's && and || over any number of values: `decisive` (false for &&) settles it, else an
// unknown, else an error, and else it is the other one.
class Logic {
 public:
  explicit Logic(bool decisive) : decisive_(decisive), result_(!decisive) {}

  // True when no further value can change the result.
  bool Settles(const Value& value);
  const Value& result() const { return result_; }

 private:
  bool decisive_;
  Value result_;
};

// One evaluation: walks the tree and counts its steps.
class Walker {
 public:
  Walker(const Scope& scope, const EvaluatorOptions& options) : scope_(scope), options_(options) {}
  Value Run(const Expr& expr);

 private:
  static Value OutOfSteps() { return Value::Error("the evaluation takes too many steps"); }
  Value Eval(const Expr& expr, const Frame* frame);
  Value Dispatch(const Expr& expr, const Frame* frame);

  // The first that `find` knows of a.b.name, a.name and name in the container a.b; only the last of
  // a name that begins with a point.
  template <class Find>
  auto Resolve(std::string_view name, Find find) -> decltype(find(name)) {
    if (name.starts_with('.')) {
      return find(name.substr(1));
    }
    for (std::string_view container = options_.container; !container.empty();) {
      if (auto found = find(std::string(container) + "." + std::string(name))) {
        return found;
      }
      const std::size_t dot = container.rfind('.');
      container = dot == std::string_view::npos ? std::string_view{} : container.substr(0, dot);
    }
    return find(name);
  }

  std::optional<Value> Global(std::string_view name);
  Value Identifier(const std::string& name, const Frame* frame);
  // A chain that is one name: "lab.ALT", unless it stands on a macro's variable.
  std::optional<Value> Qualified(const Expr& expr, const Frame* frame);
  Value Select(const Expr& expr, const Frame* frame);
  Value Has(const Expr& expr, const Frame* frame);
  std::vector<Value> EvalAll(const std::vector<ExprPtr>& exprs, const Frame* frame);

  Value Call(const Expr& expr, const Frame* frame);
  Value Choice(const Expr& expr, const Frame* frame);
  std::optional<Value> Operator(std::string_view name, Arguments arguments);
  std::optional<Value> Function(std::string_view name, Arguments arguments);
  Value Method(const Expr& expr, const Frame* frame);
  Value CallMethod(const Value& target, const std::string& name, std::vector<Value>& arguments);

  // Elements may be unknown; an error among them is the list's.
  Value List(const Expr& expr, const Frame* frame);
  Value Map(const Expr& expr, const Frame* frame);
  Value Bind(const Expr& expr, const Frame* frame);
  Value Macro(const Expr& expr, const Frame* frame);

  // args[argument] with the variables bound to the index-th element.
  Value Body(const Expr& expr,
             const Range& range,
             std::size_t index,
             std::size_t argument,
             const Frame* frame);
  Value Quantify(const Expr& expr, const Range& range, const Frame* frame);
  // Looks at every element: an error or unknown one leaves it open.
  Value ExistsOne(const Expr& expr, const Range& range, const Frame* frame);
  // What map makes may be unknown element by element; a filter that is unknown leaves open which
  // elements there are.
  Value FilterOrMap(const Expr& expr, const Range& range, const Frame* frame);
  Value OptionalMacro(const Expr& expr, const Value& target, const Frame* frame);

  const Scope& scope_;
  const EvaluatorOptions& options_;
  std::uint64_t steps_ = 0;
};

}  // namespace vedette::rules
