// SPDX-License-Identifier: Apache-2.0
#include "rules/eval/test_scope.h"

namespace vedette::rules {
namespace {

TEST(TextTest, IndexesCountCharacters) {
  EXPECT_EQ(Result("'né🐱'.size()"), "3");
  EXPECT_EQ(Result("'né🐱'.charAt(2) + 'né🐱'.charAt(3)"), "🐱");
  EXPECT_EQ(Result("'né🐱é'.lastIndexOf('é')"), "3");
  EXPECT_EQ(Result("'né🐱é'.substring(1, 3)"), "é🐱");
  EXPECT_EQ(Result("'né🐱'.reverse()"), "🐱én");
  EXPECT_EQ(Result("'né🐱'.split('')"), "[n, é, 🐱]");
  EXPECT_EQ(Result("'é'.replace('', '-')"), "-é-");
  EXPECT_EQ(Result("'abc'.substring(-1)"), "error");
  EXPECT_EQ(Result("'abc'.substring(2, 1)"), "error");
  EXPECT_EQ(Result("'abc'.charAt(-1)"), "error");
  EXPECT_EQ(Result("'abc'.indexOf('c', -1)"), "error");
  EXPECT_EQ(Result("''.lastIndexOf('')"), "0");
}

TEST(TextTest, SplitReplaceAndJoinKeepToTheirLimits) {
  EXPECT_EQ(Result("'a,b,c'.split(',', 2)"), "[a, b,c]");
  EXPECT_EQ(Result("'a,b,c'.split(',', 1)"), "[a,b,c]");
  EXPECT_EQ(Result("'a,b,c'.split(',', -1).size()"), "3");
  EXPECT_EQ(Result("',a,'.split(',')"), "[, a, ]");
  EXPECT_EQ(Result("'abc'.split('', 2)"), "[a, bc]");
  EXPECT_EQ(Result("''.split('')"), "[]");
  EXPECT_EQ(Result("''.split(',')"), "[]") << "one empty part";
  EXPECT_EQ(Result("''.split(',').size()"), "1");
  EXPECT_EQ(Result("'aaa'.replace('a', 'b', 2)"), "bba");
  EXPECT_EQ(Result("'aaa'.replace('a', 'b', 0)"), "aaa");
  EXPECT_EQ(Result("['a', 'b'].join()"), "ab");
  EXPECT_EQ(Result("['a', 1].join()"), "error");
}

TEST(TextTest, PatternsAreLinearAndLimited) {
  EXPECT_EQ(Result("'" + std::string(2000, 'a') + "'.matches('^(a+)+$')"), "true");
  EXPECT_EQ(Result("'" + std::string(2000, 'a') + "b'.matches('^(a+)+$')"), "false");
  EXPECT_EQ(Result("'a'.matches('(')"), "error");
  EXPECT_EQ(Result("'a'.matches('(a)\\\\1')"), "error");
  EXPECT_EQ(Result("'a'.matches('((a{1000}){1000}){1000}')"), "error");
  EXPECT_EQ(Result("matches('abc', 'b')"), "true");
}

TEST(TextTest, Format) {
  EXPECT_EQ(Result("'%d %s %.2f %e'.format([-1, {'b': 1, 'a': [true, null]}, 2.345, 0.0])"),
            "-1 {a: [true, null], b: 1} 2.35 0.000000e+00");
  EXPECT_EQ(Result("'%x %X %x %b %o'.format([-255, 'é', b'\\x0f', true, 8u])"), "-ff C3A9 0f 1 10");
  EXPECT_EQ(Result("'%.100f'.format([-1.7e308])").size(), 411U);
  for (const char* source :
       {"'%d'.format([])", "'%'.format([1])", "'%.'.format([1])", "'%.101f'.format([1.0])",
        "'%.99999999999f'.format([1.0])", "'%q'.format([1])", "'%d'.format([1.5])",
        "'%d'.format(['1'])", "'%s'.format([optional.none()])", "'%s'.format('a')"}) {
    EXPECT_EQ(Result(source), "error") << source;
  }
}

TEST(MathTest, ExtremesAndBits) {
  EXPECT_EQ(Result("math.greatest(5.4, 10, 3u, -5.0)"), "10");
  EXPECT_EQ(Result("math.least([1, 1.0]) == 1"), "true");
  EXPECT_EQ(Result("type(math.least([1, 1.0])) == int"), "true");
  EXPECT_EQ(Result("math.greatest([])"), "error");
  EXPECT_EQ(Result("math.greatest('a')"), "error");
  EXPECT_EQ(Result("math.bitShiftRight(-1024, 3)"), "2305843009213693824");
  EXPECT_EQ(Result("math.bitShiftLeft(1, 64)"), "0");
  EXPECT_EQ(Result("math.bitShiftLeft(1, -1)"), "error");
  EXPECT_EQ(Result("math.bitNot(0u)"), "18446744073709551615");
  EXPECT_EQ(Result("math.bitAnd(6, 3u)"), "error");
  EXPECT_EQ(Result("[math.round(-1.5), math.trunc(-1.7), math.sign(-0.5), math.ceil(1.2)]"),
            "[-2, -1, -1, 2]");
  EXPECT_EQ(Result("math.ceil(1)"), "error");
  EXPECT_EQ(Result("math.isNaN(math.sqrt(-1.0)) && math.isInf(double('Infinity'))"), "true");
}

}  // namespace
}  // namespace vedette::rules
