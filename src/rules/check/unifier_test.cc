// SPDX-License-Identifier: Apache-2.0
// Plain CEL: inference of type parameters, and what the checker deduces and refuses.
#include "rules/check/unifier.h"

#include <gtest/gtest.h>

#include "rules/check/checker.h"
#include "rules/syntax/parser.h"

namespace vedette::rules {
namespace {

// "list(int)", "map(string, dyn)": as the conformance cases of type deduction write types.
std::string Name(const Type& type) {
  static constexpr const char* kNames[] = {"error",    "dyn",    "null",   "bool",     "int",
                                           "uint",     "double", "string", "bytes",    "timestamp",
                                           "duration", "list",   "map",    "optional", "type"};
  const auto index = static_cast<std::size_t>(type.kind);
  std::string name = index < std::size(kNames) ? kNames[index] : "?";
  for (std::size_t i = 0; i < type.parameters.size(); ++i) {
    name += (i == 0 ? "(" : ", ") + Name(type.parameters[i]);
  }
  return type.parameters.empty() ? name : name + ")";
}

std::string Deduced(std::string_view source, CheckerOptions options = {}) {
  const auto ast = Parse(source);
  if (!ast) return "does not parse";
  const auto checked = Check(*ast, options);
  return checked ? Name(checked->TypeOf(*(*ast)->root)) : checked.error()[0].code;
}

TEST(UnifierTest, LiteralsAndCollections) {
  EXPECT_EQ(Deduced("[1, 2]"), "list(int)");
  EXPECT_EQ(Deduced("[1, 'a']"), "list(dyn)");
  EXPECT_EQ(Deduced("[]"), "list(dyn)");
  EXPECT_EQ(Deduced("{}"), "map(dyn, dyn)");
  EXPECT_EQ(Deduced("{'a': 1, 'b': 2u}"), "map(string, dyn)");
  EXPECT_EQ(Deduced("[[], [[]], [[[]]]]"), "list(list(list(list(dyn))))");
  EXPECT_EQ(Deduced("[{}, {'a': 1}]"), "list(map(string, int))");
  EXPECT_EQ(Deduced("[optional.none(), optional.of(1)]"), "list(optional(int))");
}

TEST(UnifierTest, FunctionsAndMacros) {
  EXPECT_EQ(Deduced("[1, 2].map(x, string(x))"), "list(string)");
  EXPECT_EQ(Deduced("[1, 2].filter(x, x > 1)"), "list(int)");
  EXPECT_EQ(Deduced("{'a': 1}.map(k, k)"), "list(string)");
  EXPECT_EQ(Deduced("{'a': 1}['a']"), "int");
  EXPECT_EQ(Deduced("{'a': {'b': [1]}}.a.b[0]"), "int");
  EXPECT_EQ(Deduced("[] + [1]"), "list(int)");
  EXPECT_EQ(Deduced("true ? [] : [1]"), "list(int)");
  EXPECT_EQ(Deduced("type(1)"), "type(int)");
  EXPECT_EQ(Deduced("timestamp(0) - timestamp(1)"), "duration");
  EXPECT_EQ(Deduced("timestamp(0) + duration('1h')"), "timestamp");
  EXPECT_EQ(Deduced("optional.of(1).orValue(2)"), "int");
  EXPECT_EQ(Deduced("optional.of({'a': 1}).?a"), "optional(int)");
  EXPECT_EQ(Deduced("optional.of(1).optMap(x, string(x))"), "optional(string)");
  EXPECT_EQ(Deduced("cel.bind(x, [1], x + x)"), "list(int)");
  EXPECT_EQ(Deduced("dyn(1) + 1"), "int");
  EXPECT_EQ(Deduced("dyn(1) + dyn(1)"), "dyn");
  EXPECT_EQ(Deduced("math.greatest(1, 2)"), "int");
  EXPECT_EQ(Deduced("math.greatest(1, 2.0)"), "dyn");
}

TEST(UnifierTest, RefusesWhatNoOverloadTakes) {
  EXPECT_EQ(Deduced("1 + 'a'"), "wrong_type");
  EXPECT_EQ(Deduced("1 + 1.0"), "wrong_type");
  EXPECT_EQ(Deduced("'a' && true"), "wrong_type");
  EXPECT_EQ(Deduced("1 == 'a'"), "wrong_type");
  EXPECT_EQ(Deduced("[1] == ['a']"), "wrong_type");
  EXPECT_EQ(Deduced("[1].all(x, x)"), "not_true_or_false");
  EXPECT_EQ(Deduced("1.all(x, true)"), "not_a_list");
  EXPECT_EQ(Deduced("size(1)"), "wrong_type");
  EXPECT_EQ(Deduced("f(1)"), "unknown_function");
  EXPECT_EQ(Deduced("x"), "unknown_name");
  EXPECT_EQ(Deduced("'a'.b"), "unknown_member");
  EXPECT_EQ(Deduced("true ? 1 : 'a'"), "wrong_type");
}

TEST(UnifierTest, NamesAreFoundFromTheContainerOutwards) {
  CheckerOptions options{.container = "a.b"};
  options.variables["a.b.x"] = Type::Of(TypeKind::kInt);
  options.variables["x"] = Type::Of(TypeKind::kString);
  options.variables["y.z"] = Type::Of(TypeKind::kBool);
  options.variables["y"] = Type::Of(TypeKind::kDyn);
  EXPECT_EQ(Deduced("x", options), "int");
  EXPECT_EQ(Deduced(".x", options), "string");
  EXPECT_EQ(Deduced("y.z", options), "bool");
  EXPECT_EQ(Deduced("y.w", options), "dyn");
  EXPECT_EQ(Deduced("[1u].map(x, x)", options), "list(uint)");
}

TEST(UnifierTest, ParametersBindOnceAndGrowMoreGeneral) {
  TypeUnifier unifier;
  const Type a = unifier.NewParameter();
  const Type b = unifier.NewParameter();
  EXPECT_TRUE(unifier.Assignable(a, b));
  EXPECT_TRUE(unifier.Assignable(b, a));
  EXPECT_TRUE(unifier.Assignable(Type::Of(TypeKind::kInt), a));
  EXPECT_EQ(unifier.Resolve(b), Type::Of(TypeKind::kInt));
  EXPECT_FALSE(unifier.Assignable(Type::Of(TypeKind::kString), b));
  EXPECT_TRUE(unifier.Assignable(Type::Of(TypeKind::kDyn), b));
  EXPECT_FALSE(unifier.Assignable(unifier.NewParameter(), Type::Of(TypeKind::kInt)) &&
               unifier.Assignable(Type::ListOf(b), Type::Of(TypeKind::kInt)));
}

TEST(UnifierTest, AFailedMatchBindsNothing) {
  TypeUnifier unifier;
  const Type a = unifier.NewParameter();
  const std::vector<Type> given{Type::Of(TypeKind::kInt), Type::Of(TypeKind::kString)};
  const std::vector<Type> wanted{a, Type::Of(TypeKind::kBool)};
  EXPECT_FALSE(unifier.AllAssignable(given, wanted));
  EXPECT_TRUE(unifier.Assignable(Type::Of(TypeKind::kString), a));
}

TEST(UnifierTest, TypesThatContainThemselvesAreRefused) {
  TypeUnifier unifier;
  const Type a = unifier.NewParameter();
  EXPECT_FALSE(unifier.Assignable(Type::ListOf(a), a));
}

TEST(UnifierTest, TypesDoNotGrowWithoutEnd) {
  std::string source = "x60";
  for (int i = 60; i > 0; --i) {
    const std::string before = "x" + std::to_string(i - 1);
    source = "cel.bind(x" + std::to_string(i) + ", {'a': " + before + ", 'b': " + before + "}, " +
             source + ")";
  }
  CheckerOptions options;
  options.variables["x0"] = Type::Of(TypeKind::kInt);
  const auto ast = Parse(source);
  ASSERT_TRUE(ast);
  EXPECT_TRUE(Check(*ast, options));
}

}  // namespace
}  // namespace vedette::rules
