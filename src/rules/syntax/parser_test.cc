// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace vedette::rules {
namespace {

std::shared_ptr<const Ast> Must(std::string_view source) {
  auto ast = Parse(source);
  EXPECT_TRUE(ast) << source << ": " << (ast ? "" : Render(source, ast.error()[0]));
  return ast ? *ast : nullptr;
}

std::string CodeOf(std::string_view source, const ParserOptions& options = {}) {
  const auto ast = Parse(source, options);
  return ast ? "" : ast.error().at(0).code;
}

// The tree as nested calls: "_&&_(a, b)".
std::string Shape(const Expr& expr) {
  std::string out;
  if (expr.kind == ExprKind::kLiteral) {
    return Format(expr);
  }
  if (expr.target != nullptr) {
    out += Shape(*expr.target) + (expr.optional ? ".?" : ".");
  }
  out += expr.kind == ExprKind::kHas ? "has " + expr.name : expr.name;
  if (expr.kind == ExprKind::kIdent || expr.kind == ExprKind::kSelect ||
      expr.kind == ExprKind::kHas) {
    return out;
  }
  out += "(" + expr.variable;
  for (const ExprPtr& argument : expr.args) {
    out += (out.back() == '(' ? "" : ", ") + Shape(*argument);
  }
  return out + ")";
}

std::string ShapeOf(std::string_view source) {
  const auto ast = Must(source);
  return ast == nullptr ? "" : Shape(*ast->root);
}

TEST(ParserTest, OperatorsBindAsTheLanguageSays) {
  EXPECT_EQ(ShapeOf("a || b && c"), "_||_(a, _&&_(b, c))");
  EXPECT_EQ(ShapeOf("a - b - c"), "_-_(_-_(a, b), c)");
  EXPECT_EQ(ShapeOf("a + b * c < d"), "_<_(_+_(a, _*_(b, c)), d)");
  EXPECT_EQ(ShapeOf("!a.b && c"), "_&&_(!_(a.b), c)");
  EXPECT_EQ(ShapeOf("a ? b : c ? d : e"), "_?_:_(a, b, _?_:_(c, d, e))");
  EXPECT_EQ(ShapeOf("x in [1] == true"), "_==_(_in_(x, (1)), true)");
  EXPECT_EQ(ShapeOf("-x.y[0]"), "-_(_[_](x.y, 0))");
}

TEST(ParserTest, ASignBeforeANumberBelongsToIt) {
  const auto ast = Must("-9223372036854775808");
  EXPECT_EQ(ast->root->value, LiteralValue(INT64_MIN));
  EXPECT_EQ(ShapeOf("--1"), "-_(-1)");
  EXPECT_EQ(ShapeOf("3 -1"), "_-_(3, 1)");
  EXPECT_EQ(ShapeOf("-(1)"), "-_(1)");
  EXPECT_EQ(ShapeOf("-1u"), "-_(1u)");
  EXPECT_EQ(CodeOf("9223372036854775808"), "bad_number");
  EXPECT_EQ(CodeOf("18446744073709551616u"), "bad_number");
}

TEST(ParserTest, MacrosStayAsTheyWereWritten) {
  const auto ast = Must("xs.exists_one(i, x, x > i)");
  EXPECT_EQ(ast->root->kind, ExprKind::kMacro);
  EXPECT_EQ(ast->root->macro, MacroKind::kExistsOne);
  EXPECT_EQ(ast->root->variable, "i");
  EXPECT_EQ(ast->root->variable2, "x");
  const auto map = Must("xs.map(x, x > 1, x * 2)");
  EXPECT_EQ(map->root->args.size(), 2U);
  const auto bind = Must("cel.bind(x, 1, x + 1)");
  EXPECT_EQ(bind->root->kind, ExprKind::kBind);
  EXPECT_EQ(bind->root->args.size(), 2U);
  const auto has = Must("has(row.AESTDT)");
  EXPECT_EQ(has->root->kind, ExprKind::kHas);
  EXPECT_EQ(has->root->name, "AESTDT");
  const auto plain = Parse("has(row.A) && xs.all(x, x)", {.macros = false});
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain)->root->args[0]->kind, ExprKind::kCall);
}

TEST(ParserTest, OptionalSyntax) {
  EXPECT_TRUE(Must("a.?b")->root->optional);
  EXPECT_EQ(Must("a[?0]")->root->name, "_[?_]");
  EXPECT_EQ(Must("[?a, b]")->root->optional_args, (std::vector<bool>{true, false}));
  EXPECT_EQ(Must("{?\"k\": v}")->root->optional_args, (std::vector<bool>{true}));
}

void Walk(const Expr& expr, std::vector<std::uint32_t>& ids) {
  ids.push_back(expr.id);
  if (expr.target != nullptr) {
    EXPECT_GT(expr.target->id, expr.id);
    Walk(*expr.target, ids);
  }
  for (const ExprPtr& argument : expr.args) {
    EXPECT_GT(argument->id, expr.id);
    Walk(*argument, ids);
  }
}

TEST(ParserTest, IdsAreDenseAndParentsComeFirst) {
  const auto ast = Must("lab.ALT.last(3).all(o, o.value > 1.0 + x[2]) && has(a.b)");
  std::vector<std::uint32_t> ids;
  Walk(*ast->root, ids);
  std::ranges::sort(ids);
  ASSERT_EQ(ids.size(), ast->size);
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(ids[i], i);
  }
}

TEST(ParserTest, SpansCoverTheTextAndNameSpansTheName) {
  const auto ast = Must("(lab.ALT.value + 1) > 3.0");
  EXPECT_EQ(ast->root->span, (Span{0, 25}));
  EXPECT_EQ(ast->root->name_span, (Span{20, 21}));
  const Expr& sum = *ast->root->args[0];
  EXPECT_EQ(sum.span, (Span{1, 18}));
  EXPECT_EQ(sum.args[0]->name_span, (Span{9, 14}));
}

TEST(ParserTest, LimitsHoldForEveryShapeOfNesting) {
  const std::string deep(50'000, '(');
  EXPECT_EQ(CodeOf(deep), "too_deep");
  EXPECT_EQ(CodeOf(std::string(50'000, '[')), "too_deep");
  EXPECT_EQ(CodeOf(std::string(50'000, '!') + "a"), "too_deep");
  EXPECT_EQ(CodeOf(std::string(50'000, '-') + "a"), "too_deep");
  std::string chain = "a";
  std::string ternary;
  std::string members = "a";
  for (int i = 0; i < 5'000; ++i) {
    chain += "+a";
    ternary += "a?b:";
    members += ".f()";
  }
  EXPECT_EQ(CodeOf(chain), "too_deep");
  EXPECT_EQ(CodeOf(ternary + "c"), "too_deep");
  EXPECT_EQ(CodeOf(members), "too_deep");
  std::string list = "[0";
  for (int i = 0; i < 5'000; ++i) {
    list += ",0";
  }
  EXPECT_EQ(CodeOf(list + "]"), "too_large");
  EXPECT_EQ(CodeOf(std::string(70'000, ' ')), "too_long");
  std::string binds = "x";
  std::string maps = "[0]";
  for (int i = 0; i < 50; ++i) {
    binds = "cel.bind(x, [[[[x]]]], " + binds + ")";
    maps += ".map(x, [[[[x]]]])";
  }
  EXPECT_EQ(CodeOf(binds), "too_deep") << "the value would be 200 lists deep";
  EXPECT_EQ(CodeOf(maps), "too_deep");
  EXPECT_EQ(CodeOf("a+b", {.max_nodes = 2}), "too_large");
}

TEST(ParserTest, QualifiedNames) {
  EXPECT_EQ(QualifiedName(*Must("lab.ALT.value")->root), "lab.ALT.value");
  EXPECT_EQ(QualifiedName(*Must(".a.b")->root), ".a.b");
  EXPECT_EQ(QualifiedName(*Must("a.?b")->root), "");
  EXPECT_EQ(QualifiedName(*Must("f().b")->root), "");
  EXPECT_EQ(QualifiedName(*Must("a.`b.c`")->root), "");
}

}  // namespace
}  // namespace vedette::rules
