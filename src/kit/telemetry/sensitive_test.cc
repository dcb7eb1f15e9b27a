// SPDX-License-Identifier: Apache-2.0
#include "base/sensitive.h"

#include <fmt/core.h>
#include <fmt/ostream.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <type_traits>

#include "base/log.h"

namespace vedette {
namespace {

// That a sensitive value reaches no log is checked by the compiler; the plain value beside it shows
// that the question is put rightly.
template <class T>
concept Streams = requires(std::ostream& out, const T& value) { out << value; };

template <class T>
concept MakesLogField = std::is_constructible_v<LogField, std::string_view, T>;

template <class T>
concept Logs =
    requires(const Logger& logger, const T& value) { logger.Info("message", {{"field", value}}); };

template <class T>
constexpr bool kFormats = fmt::is_formattable<T>::value;

static_assert(Streams<std::string> && !Streams<Sensitive<std::string>>);
static_assert(Streams<double> && !Streams<Sensitive<double>>);
static_assert(kFormats<std::string> && !kFormats<Sensitive<std::string>>);
static_assert(kFormats<double> && !kFormats<Sensitive<double>>);
static_assert(MakesLogField<std::string> && !MakesLogField<Sensitive<std::string>>);
static_assert(MakesLogField<double> && !MakesLogField<Sensitive<double>>);
static_assert(MakesLogField<int> && !MakesLogField<const Sensitive<int>&>);
static_assert(Logs<std::string> && !Logs<Sensitive<std::string>>);
static_assert(!std::is_convertible_v<Sensitive<std::string>, std::string>);
static_assert(!std::is_convertible_v<Sensitive<bool>, bool>);
static_assert(!std::is_convertible_v<std::string, Sensitive<std::string>>);

TEST(SensitiveTest, OnlyRevealGivesTheValue) {
  const Sensitive<std::string> value("13812341234");
  EXPECT_EQ(value.Reveal(), "13812341234");
}

}  // namespace
}  // namespace vedette
