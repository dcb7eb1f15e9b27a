// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/function_name.h"

#include <gtest/gtest.h>

namespace vedette {
namespace {

TEST(ShortFunctionNameTest, LeavesTheNameAlone) {
  EXPECT_EQ(ShortFunctionName("main"), "main");
  EXPECT_EQ(ShortFunctionName("vedette::Foo<int>::Bar(std::string) const"), "vedette::Foo::Bar");
  EXPECT_EQ(ShortFunctionName("void vedette::Run<std::vector<int> >(std::function<void (int)>)"),
            "vedette::Run");
  EXPECT_EQ(ShortFunctionName("vedette::(anonymous namespace)::Read(int)"),
            "vedette::(anonymous)::Read");
  EXPECT_EQ(ShortFunctionName("A::B() [clone .cold]"), "A::B");
  EXPECT_EQ(ShortFunctionName("A::Name[abi:cxx11]() const"), "A::Name");
  EXPECT_EQ(ShortFunctionName("non-virtual thunk to A::B()"), "A::B");
}

TEST(ShortFunctionNameTest, LeavesOutResults) {
  EXPECT_EQ(ShortFunctionName("char const* A::Text<int>(int)"), "A::Text");
  EXPECT_EQ(ShortFunctionName("unsigned long const& std::max<unsigned long>(int)"), "std::max");
  EXPECT_EQ(ShortFunctionName("decltype ((declval<A>)()) B::Get<A>(A&)"), "B::Get");
  EXPECT_EQ(ShortFunctionName("std::enable_if<((3)>(2)), void>::type A::B<3>()"), "A::B");
  EXPECT_EQ(ShortFunctionName("bool (*std::exchange<bool (*)(A*), int>(bool (*&)(A*)))(A*)"),
            "std::exchange");
  EXPECT_EQ(ShortFunctionName("Task<int> (* const&Any::Get<int>() const)(std::string)"),
            "Any::Get");
}

TEST(ShortFunctionNameTest, LeavesOutQualifiers) {
  EXPECT_EQ(ShortFunctionName("std::expected<int, A>::value() &&"), "std::expected::value");
  EXPECT_EQ(ShortFunctionName("A::B() const &"), "A::B");
  EXPECT_EQ(ShortFunctionName("void A::Take<int>(int) && noexcept"), "A::Take");
}

TEST(ShortFunctionNameTest, KnowsLambdas) {
  EXPECT_EQ(ShortFunctionName("vedette::A::B(int)::{lambda(int)#1}::operator()(int) const"),
            "vedette::A::B::{lambda#1}::operator()");
  EXPECT_EQ(ShortFunctionName("A::B() const::{lambda()#1}::operator()() const"),
            "A::B::{lambda#1}::operator()");
  EXPECT_EQ(ShortFunctionName("auto A::B(int)::$_0::operator()<std::pair<A, B>&>(int) const"),
            "A::B::$_0::operator()");
  EXPECT_EQ(ShortFunctionName("A::B(int)::{default arg#1}::{lambda()#1}::operator()()"),
            "A::B::{default arg#1}::{lambda#1}::operator()");
}

TEST(ShortFunctionNameTest, KnowsOperators) {
  EXPECT_EQ(ShortFunctionName("bool std::operator< <char>(char, char)"), "std::operator<");
  EXPECT_EQ(ShortFunctionName("bool std::operator==<char>(A<char> const&)"), "std::operator==");
  EXPECT_EQ(ShortFunctionName("I<A*>::type gnu::operator-<A*, B<A> >(I<A*> const&)"),
            "gnu::operator-");
  EXPECT_EQ(ShortFunctionName("auto std::operator<=><A, B>(A, B)"), "std::operator<=>");
  EXPECT_EQ(ShortFunctionName("A::operator->() const"), "A::operator->");
  EXPECT_EQ(ShortFunctionName("void A::Call<&B::operator->, int>(int)"), "A::Call");
  EXPECT_EQ(ShortFunctionName("A::operator->*(int)"), "A::operator->*");
  EXPECT_EQ(ShortFunctionName("operator new(unsigned long)"), "operator new");
  EXPECT_EQ(ShortFunctionName("operator delete[](void*)"), "operator delete[]");
  EXPECT_EQ(ShortFunctionName("A::operator std::coroutine_handle<void>() const"),
            "A::operator std::coroutine_handle");
  EXPECT_EQ(ShortFunctionName("A::operator unsigned long() const"), "A::operator unsigned long");
}

// Newer compilers write constraints into names, which older libraries cannot read.
TEST(ShortFunctionNameTest, OutlinesWhatCannotBeDemangled) {
  EXPECT_EQ(ShortFunctionName("_ZNKSt6ranges10__equal_fnclITkSt14input_iteratorPKcEEbT_"),
            "std::ranges::__equal_fn…");
  EXPECT_EQ(ShortFunctionName("_ZN7vedette3rpc4glue4CallINS_4rule2v17RuleApiEEEvv"),
            "vedette::rpc::glue::Call…");
  EXPECT_EQ(ShortFunctionName("_ZZN7vedette3Foo3BarEvENKUlvE_clEv"), "vedette::Foo::Bar…");
  for (const char* odd : {"_Z", "_ZN", "_ZN0", "_ZN99abc", "_ZNSt", "_ZN99999999999999999999999"}) {
    ShortFunctionName(odd);
  }
}

TEST(ShortFunctionNameTest, SurvivesOtherText) {
  for (const std::string_view odd :
       {"",     "<",        "((",        ">>)",        ")",
        " ",    "operator", "operator<", "operator ",  "a<b",
        "(*",   "(&)",      "[abi:",     "a()[abi:",   "{",
        "}} a", "->",       "<->",       "f(operator", "(*operator()<"}) {
    ShortFunctionName(odd);
  }
}

}  // namespace
}  // namespace vedette
