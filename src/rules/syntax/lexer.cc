// SPDX-License-Identifier: Apache-2.0
#include "rules/syntax/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "rules/syntax/characters.h"
#include "rules/syntax/literal.h"
#include "rules/syntax/utf8.h"

namespace vedette::rules {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

constexpr auto kSymbols = std::to_array<std::string_view>(
    {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/",
     "%",  "!",  "?",  ":",  "(",  ")",  "[", "]", "{", "}", ".", ","});

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::expected<std::vector<Token>, Diagnostic> Run() {
    while (SkipBlanks(), at_ < source_.size()) {
      if (!Next()) {
        return std::unexpected(std::move(mistake_));
      }
    }
    tokens_.push_back({TokenKind::kEnd, SpanFrom(at_), {}, {}});
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  bool Sees(std::string_view text) const { return source_.substr(at_).starts_with(text); }

  Span SpanFrom(std::size_t begin) const {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
  }

  void Add(TokenKind kind, std::size_t begin, LiteralValue value = {}) {
    tokens_.push_back(
        {kind, SpanFrom(begin), source_.substr(begin, at_ - begin), std::move(value)});
  }

  bool Fail(std::string code,
            std::size_t begin,
            std::size_t size,
            std::string message,
            std::string suggestion = {}) {
    mistake_ = {
        .code = std::move(code),
        .span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + size)},
        .message = std::move(message),
        .suggestion = std::move(suggestion)};
    return false;
  }

  void SkipBlanks() {
    while (at_ < source_.size()) {
      if (IsBlank(source_[at_])) {
        ++at_;
      } else if (Sees("//")) {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else {
        return;
      }
    }
  }

  bool Next() {
    if (const auto prefix = LiteralPrefix()) {
      return Quoted(*prefix);
    }
    const char c = Peek();
    if (IsNameStart(c)) {
      const std::size_t begin = at_;
      at_ = static_cast<std::size_t>(
          std::find_if_not(source_.begin() + static_cast<std::ptrdiff_t>(at_), source_.end(),
                           IsNamePart) -
          source_.begin());
      Add(TokenKind::kName, begin);
      return true;
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      return Number();
    }
    return c == '`' ? QuotedName() : Symbol();
  }

  // The number of letters (r, b, br) before the quote of a literal that begins here.
  std::optional<std::size_t> LiteralPrefix() const {
    std::size_t count = 0;
    count += Peek(count) == 'b' || Peek(count) == 'B' ? 1 : 0;
    count += Peek(count) == 'r' || Peek(count) == 'R' ? 1 : 0;
    const char quote = Peek(count);
    return quote == '"' || quote == '\'' ? std::optional(count) : std::nullopt;
  }

  bool Quoted(std::size_t prefix) {
    const std::size_t begin = at_;
    const std::string_view letters = source_.substr(at_, prefix);
    const bool bytes = letters.find_first_of("bB") != std::string_view::npos;
    const bool raw = letters.find_first_of("rR") != std::string_view::npos;
    at_ += prefix;
    std::string_view quote = source_.substr(at_, 1);
    if (Peek(1) == quote[0] && Peek(2) == quote[0]) {
      quote = source_.substr(at_, 3);
    }
    at_ += quote.size();
    const std::size_t body = at_;
    while (!Sees(quote)) {
      const bool line_ends = quote.size() == 1 && (Peek() == '\n' || Peek() == '\r');
      if (at_ >= source_.size() || line_ends) {
        return Fail("unterminated_text", begin, prefix + quote.size(),
                    "this text has no closing " + std::string(quote),
                    line_ends ? "a text over several lines stands between \"\"\" and \"\"\"" : "");
      }
      at_ += !raw && Peek() == '\\' && at_ + 1 < source_.size() ? 2 : 1;
    }
    std::string text(source_.substr(body, at_ - body));
    if (!raw) {
      auto unescaped = Unescape(text, bytes);
      if (!unescaped) {
        const EscapeMistake& wrong = unescaped.error();
        return Fail("bad_escape", body + wrong.at, wrong.size, wrong.message,
                    "a backslash itself is written \\\\");
      }
      text = *std::move(unescaped);
    }
    at_ += quote.size();
    Add(TokenKind::kLiteral, begin,
        bytes ? LiteralValue(BytesLiteral{std::move(text)}) : LiteralValue(std::move(text)));
    return true;
  }

  template <class Predicate>
  void Skip(Predicate predicate) {
    while (at_ < source_.size() && predicate(source_[at_])) {
      ++at_;
    }
  }

  bool Number() {
    const std::size_t begin = at_;
    const bool hexadecimal = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    bool fraction = false;
    if (hexadecimal) {
      at_ += 2;
      Skip(IsHexDigit);
    } else {
      Skip(IsDigit);
      fraction = SkipFraction();
    }
    const std::string_view digits = source_.substr(begin, at_ - begin);
    const bool is_unsigned = !fraction && (Peek() == 'u' || Peek() == 'U');
    at_ += is_unsigned ? 1 : 0;
    if (IsNameStart(Peek())) {
      return FailGluedWord(begin, digits);
    }
    if (fraction) {
      const auto value = ReadDouble(digits);
      if (!value) {
        return Fail("bad_number", begin, at_ - begin, "this number is too large");
      }
      Add(TokenKind::kLiteral, begin, *value);
      return true;
    }
    std::uint64_t value = 0;
    const std::string_view text = hexadecimal ? digits.substr(2) : digits;
    const auto [end, code] =
        std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    if (code != std::errc{}) {
      return text.empty() ? Fail("bad_number", begin, at_ - begin, "0x needs digits after it")
                          : Fail("bad_number", begin, at_ - begin, "this whole number is too large",
                                 "as a number with a fraction: " + std::string(digits) + ".0");
    }
    Add(is_unsigned ? TokenKind::kLiteral : TokenKind::kInteger, begin, value);
    return true;
  }

  // The digits after the point and the exponent; false when there is neither.
  bool SkipFraction() {
    bool fraction = false;
    if (Peek() == '.' && IsDigit(Peek(1))) {
      ++at_;
      Skip(IsDigit);
      fraction = true;
    }
    const std::size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
    if ((Peek() == 'e' || Peek() == 'E') && IsDigit(Peek(1 + sign))) {
      at_ += 1 + sign;
      Skip(IsDigit);
      fraction = true;
    }
    return fraction;
  }

  bool FailGluedWord(std::size_t begin, std::string_view digits) {
    const std::size_t word_begin = begin + digits.size();
    Skip(IsNamePart);
    const std::string_view word = source_.substr(word_begin, at_ - word_begin);
    return Fail("bad_number", begin, at_ - begin,
                "'" + std::string(word) + "' cannot stand directly after a number",
                UnitSuggestion(digits, word));
  }

  bool QuotedName() {
    const std::size_t begin = at_++;
    Skip([](char c) { return IsNamePart(c) || c == '.' || c == '-' || c == '/' || c == ' '; });
    if (Peek() != '`') {
      return Fail("bad_name", begin, 1, "a name between backquotes does not end here",
                  "letters, digits and . - / _ may stand in it");
    }
    if (at_ == begin + 1) {
      return Fail("bad_name", begin, 2, "a name between backquotes is empty");
    }
    ++at_;
    Add(TokenKind::kQuotedName, begin);
    tokens_.back().text = source_.substr(begin + 1, at_ - begin - 2);
    return true;
  }

  bool Symbol() {
    // "===" and "<>" begin with symbols of CEL: what was meant is looked for first.
    for (const std::string_view pair : {"===", "!==", "<>", "=<", "=>"}) {
      if (Sees(pair)) {
        return FailMeant();
      }
    }
    for (const std::string_view symbol : kSymbols) {
      if (Sees(symbol)) {
        const std::size_t begin = at_;
        at_ += symbol.size();
        Add(TokenKind::kSymbol, begin);
        return true;
      }
    }
    return FailMeant();
  }

  bool FailMeant() {
    const auto meant = MeantBy(source_.substr(at_));
    if (!meant) {
      const std::size_t size = std::max<std::size_t>(1, ReadCodePoint(source_, at_).size);
      const bool visible = static_cast<unsigned char>(Peek()) > 0x20 && Peek() != 0x7F;
      return Fail("unexpected_character", at_, size,
                  visible ? "'" + std::string(source_.substr(at_, size)) + "' has no meaning here"
                          : "a control character has no place here");
    }
    const bool blank = meant->meant == " ";
    return Fail("unexpected_character", at_, meant->size,
                blank ? "this blank is not an ordinary one"
                      : "'" + std::string(source_.substr(at_, meant->size)) +
                            "' is not an operator of the language",
                blank ? "delete it and type a space" : "write " + std::string(meant->meant));
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  Diagnostic mistake_;
};

}  // namespace

bool IsKeyword(std::string_view word) {
  return word == "true" || word == "false" || word == "null" || word == "in";
}

bool IsReservedWord(std::string_view word) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
       "package", "namespace", "return", "var", "void", "while"});
  return std::ranges::find(kWords, word) != kWords.end();
}

std::string UnitSuggestion(std::string_view number, std::string_view unit) {
  constexpr auto kDurations =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"d", "days"},
                                                                    {"day", "days"},
                                                                    {"days", "days"},
                                                                    {"h", "hours"},
                                                                    {"hour", "hours"},
                                                                    {"hours", "hours"},
                                                                    {"hr", "hours"},
                                                                    {"w", "weeks"},
                                                                    {"week", "weeks"},
                                                                    {"weeks", "weeks"}});
  for (const auto& [word, function] : kDurations) {
    if (word == unit) {
      return "a length of time is written " + std::string(function) + "(" + std::string(number) +
             ")";
    }
  }
  return "a number with a unit is written quantity(" + std::string(number) + ", \"" +
         std::string(unit) + "\")";
}

std::expected<std::vector<Token>, Diagnostic> Tokenize(std::string_view source) {
  return Lexer(source).Run();
}

}  // namespace vedette::rules
