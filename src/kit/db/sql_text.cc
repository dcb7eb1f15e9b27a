// SPDX-License-Identifier: Apache-2.0
#include "kit/db/sql_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace vedette::db {
namespace {

enum class Kind { kWord, kParameter, kOpaque, kSpace, kSymbol };

struct Token {
  Kind kind;
  std::string_view text;
};

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::size_t EndOfQuoted(std::string_view sql, std::size_t begin) {
  const char quote = sql[begin];
  for (std::size_t i = begin + 1; i < sql.size(); ++i) {
    if (sql[i] != quote) continue;
    if (i + 1 < sql.size() && sql[i + 1] == quote) {
      ++i;
    } else {
      return i + 1;
    }
  }
  return sql.size();
}

Token NextToken(std::string_view sql, std::size_t at) {
  const auto span = [&](Kind kind, std::size_t end) {
    return Token{kind, sql.substr(at, std::min(end, sql.size()) - at)};
  };
  const auto while_true = [&](std::size_t i, auto predicate) {
    while (i < sql.size() && predicate(sql[i])) ++i;
    return i;
  };
  const char c = sql[at];
  if (c == '\'' || c == '"') return span(Kind::kOpaque, EndOfQuoted(sql, at));
  if (sql.substr(at, 2) == "--") {
    return span(Kind::kOpaque, while_true(at, [](char x) { return x != '\n'; }));
  }
  if (sql.substr(at, 2) == "/*") {
    const std::size_t end = sql.find("*/", at + 2);
    return span(Kind::kOpaque, end == std::string_view::npos ? sql.size() : end + 2);
  }
  if (c == '$' && at + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[at + 1]))) {
    return span(Kind::kParameter, while_true(at + 1, [](char x) {
                  return std::isdigit(static_cast<unsigned char>(x)) != 0;
                }));
  }
  if (IsWordCharacter(c)) return span(Kind::kWord, while_true(at, IsWordCharacter));
  if (std::isspace(static_cast<unsigned char>(c))) {
    return span(Kind::kSpace, while_true(at, [](char x) {
                  return std::isspace(static_cast<unsigned char>(x)) != 0;
                }));
  }
  return span(Kind::kSymbol, at + 1);
}

std::vector<Token> Tokens(std::string_view sql) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < sql.size(); at += tokens.back().text.size()) {
    tokens.push_back(NextToken(sql, at));
  }
  return tokens;
}

bool Is(std::string_view word, std::string_view upper) {
  return std::ranges::equal(
      word, upper, [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

std::string_view SqliteType(std::string_view word) {
  if (Is(word, "BIGINT") || Is(word, "BOOLEAN")) return "INTEGER";
  if (Is(word, "DOUBLE")) return "REAL";
  if (Is(word, "BYTEA")) return "BLOB";
  return word;
}

std::string ColumnList(const BulkInsert& insert) {
  std::string list = std::string("INSERT INTO ") + insert.table + " (";
  for (std::size_t i = 0; i < insert.columns.size(); ++i) {
    if (i > 0) list += ", ";
    list += insert.columns[i].name;
  }
  return list + ") ";
}

std::string_view ArrayType(ColumnType type) {
  switch (type) {
    case ColumnType::kInt:
      return "bigint[]";
    case ColumnType::kReal:
      return "double precision[]";
    case ColumnType::kBool:
      return "boolean[]";
    case ColumnType::kText:
      return "text[]";
    case ColumnType::kBytes:
      return "bytea[]";
  }
  return "text[]";
}

}  // namespace

std::string ToSqliteParameters(std::string_view sql) {
  std::string out;
  out.reserve(sql.size());
  for (const Token& token : Tokens(sql)) {
    out += token.text;
    if (token.kind == Kind::kParameter) out[out.size() - token.text.size()] = '?';
  }
  return out;
}

std::string ToSqliteMigration(std::string_view script) {
  std::string out;
  out.reserve(script.size() + 64);
  std::vector<std::string_view> words;  // of the current statement
  std::size_t end = 0;                  // of the current statement's last meaningful token in `out`
  const auto finish_statement = [&] {
    const bool table = words.size() >= 2 && Is(words[0], "CREATE") && Is(words[1], "TABLE");
    const bool strict = !words.empty() && Is(words.back(), "STRICT");
    const bool has_option = !words.empty() && Is(words.back(), "ROWID");
    if (table && !strict) out.insert(end, has_option ? ", STRICT" : " STRICT");
    words.clear();
  };
  for (const Token& token : Tokens(script)) {
    if (token.kind == Kind::kSymbol && token.text == ";") finish_statement();
    if (token.kind == Kind::kWord) {
      const bool precision =
          Is(token.text, "PRECISION") && !words.empty() && Is(words.back(), "DOUBLE");
      words.push_back(token.text);
      if (precision) continue;
      out += SqliteType(token.text);
    } else {
      out += token.text;
    }
    const bool comment = token.text.starts_with("--") || token.text.starts_with("/*");
    if (token.kind != Kind::kSpace && !comment) end = out.size();
  }
  finish_statement();
  return out;
}

bool OnlyReads(std::string_view sql) {
  bool with = false;
  for (std::size_t at = 0; at < sql.size();) {
    const Token token = NextToken(sql, at);
    at += token.text.size();
    if (token.kind != Kind::kWord) continue;
    if (!with) {
      if (Is(token.text, "SELECT") || Is(token.text, "VALUES")) return true;
      if (!Is(token.text, "WITH")) return false;
      with = true;
    }
    for (const std::string_view writes : {"INSERT", "UPDATE", "DELETE", "REPLACE"}) {
      if (Is(token.text, writes)) return false;
    }
  }
  return with;
}

std::string SqliteInsertText(const BulkInsert& insert) {
  std::string text = ColumnList(insert) + "VALUES (";
  for (std::size_t i = 0; i < insert.columns.size(); ++i) {
    text += (i > 0 ? ", ?" : "?") + std::to_string(i + 1);
  }
  return text + ") " + insert.suffix;
}

std::string PostgresInsertText(const BulkInsert& insert) {
  std::string text = ColumnList(insert) + "SELECT * FROM unnest(";
  for (std::size_t i = 0; i < insert.columns.size(); ++i) {
    text += (i > 0 ? ", $" : "$") + std::to_string(i + 1) + "::";
    text += ArrayType(insert.columns[i].type);
  }
  return text + ") " + insert.suffix;
}

}  // namespace vedette::db
