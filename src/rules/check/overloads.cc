// SPDX-License-Identifier: Apache-2.0
#include "rules/check/overloads.h"

#include <algorithm>
#include <map>
#include <utility>

namespace vedette::rules {
namespace {

// "function argument… -> result"; a leading dot marks a function called on its first argument.
// A and B are type parameters.
constexpr std::string_view kSignatures[] = {
    "_+_ int int -> int",
    "_+_ uint uint -> uint",
    "_+_ double double -> double",
    "_+_ string string -> string",
    "_+_ bytes bytes -> bytes",
    "_+_ list<A> list<A> -> list<A>",
    "_+_ timestamp duration -> timestamp",
    "_+_ duration timestamp -> timestamp",
    "_+_ duration duration -> duration",
    "_-_ int int -> int",
    "_-_ uint uint -> uint",
    "_-_ double double -> double",
    "_-_ timestamp timestamp -> duration",
    "_-_ timestamp duration -> timestamp",
    "_-_ duration duration -> duration",
    "_*_ int int -> int",
    "_*_ uint uint -> uint",
    "_*_ double double -> double",
    "_/_ int int -> int",
    "_/_ uint uint -> uint",
    "_/_ double double -> double",
    "_%_ int int -> int",
    "_%_ uint uint -> uint",
    "-_ int -> int",
    "-_ double -> double",
    "!_ bool -> bool",
    "_&&_ bool bool -> bool",
    "_||_ bool bool -> bool",
    "_?_:_ bool A A -> A",
    "_==_ A A -> bool",
    "_!=_ A A -> bool",
    "_in_ A list<A> -> bool",
    "_in_ A map<A,B> -> bool",
    "_[_] list<A> int -> A",
    "_[_] map<A,B> A -> B",
    "_[_] optional<list<A>> int -> optional<A>",
    "_[_] optional<map<A,B>> A -> optional<B>",
    "_[?_] list<A> int -> optional<A>",
    "_[?_] map<A,B> A -> optional<B>",
    "_[?_] optional<list<A>> int -> optional<A>",
    "_[?_] optional<map<A,B>> A -> optional<B>",
    "size string -> int",
    "size bytes -> int",
    "size list<A> -> int",
    "size map<A,B> -> int",
    ".size string -> int",
    ".size bytes -> int",
    ".size list<A> -> int",
    ".size map<A,B> -> int",
    "int int -> int",
    "int uint -> int",
    "int double -> int",
    "int string -> int",
    "int timestamp -> int",
    "int duration -> int",
    "uint uint -> uint",
    "uint int -> uint",
    "uint double -> uint",
    "uint string -> uint",
    "double double -> double",
    "double int -> double",
    "double uint -> double",
    "double string -> double",
    "bool bool -> bool",
    "bool string -> bool",
    "string string -> string",
    "string bool -> string",
    "string int -> string",
    "string uint -> string",
    "string double -> string",
    "string bytes -> string",
    "string timestamp -> string",
    "string duration -> string",
    "bytes bytes -> bytes",
    "bytes string -> bytes",
    "timestamp timestamp -> timestamp",
    "timestamp string -> timestamp",
    "timestamp int -> timestamp",
    "duration duration -> duration",
    "duration string -> duration",
    "duration int -> duration",
    "type A -> type<A>",
    "dyn A -> dyn",
    ".contains string string -> bool",
    ".startsWith string string -> bool",
    ".endsWith string string -> bool",
    ".matches string string -> bool",
    "matches string string -> bool",
    ".getFullYear timestamp -> int",
    ".getFullYear timestamp string -> int",
    ".getMonth timestamp -> int",
    ".getMonth timestamp string -> int",
    ".getDate timestamp -> int",
    ".getDate timestamp string -> int",
    ".getDayOfMonth timestamp -> int",
    ".getDayOfMonth timestamp string -> int",
    ".getDayOfWeek timestamp -> int",
    ".getDayOfWeek timestamp string -> int",
    ".getDayOfYear timestamp -> int",
    ".getDayOfYear timestamp string -> int",
    ".getHours timestamp -> int",
    ".getHours timestamp string -> int",
    ".getHours duration -> int",
    ".getMinutes timestamp -> int",
    ".getMinutes timestamp string -> int",
    ".getMinutes duration -> int",
    ".getSeconds timestamp -> int",
    ".getSeconds timestamp string -> int",
    ".getSeconds duration -> int",
    ".getMilliseconds timestamp -> int",
    ".getMilliseconds timestamp string -> int",
    ".getMilliseconds duration -> int",
    ".charAt string int -> string",
    ".indexOf string string -> int",
    ".indexOf string string int -> int",
    ".lastIndexOf string string -> int",
    ".lastIndexOf string string int -> int",
    ".lowerAscii string -> string",
    ".upperAscii string -> string",
    ".replace string string string -> string",
    ".replace string string string int -> string",
    ".split string string -> list<string>",
    ".split string string int -> list<string>",
    ".substring string int -> string",
    ".substring string int int -> string",
    ".trim string -> string",
    ".reverse string -> string",
    ".join list<string> -> string",
    ".join list<string> string -> string",
    ".format string list<dyn> -> string",
    "strings.quote string -> string",
    "math.ceil double -> double",
    "math.floor double -> double",
    "math.round double -> double",
    "math.trunc double -> double",
    "math.abs int -> int",
    "math.abs uint -> uint",
    "math.abs double -> double",
    "math.sign int -> int",
    "math.sign uint -> uint",
    "math.sign double -> double",
    "math.sqrt int -> double",
    "math.sqrt uint -> double",
    "math.sqrt double -> double",
    "math.isNaN double -> bool",
    "math.isInf double -> bool",
    "math.isFinite double -> bool",
    "math.bitAnd int int -> int",
    "math.bitAnd uint uint -> uint",
    "math.bitOr int int -> int",
    "math.bitOr uint uint -> uint",
    "math.bitXor int int -> int",
    "math.bitXor uint uint -> uint",
    "math.bitNot int -> int",
    "math.bitNot uint -> uint",
    "math.bitShiftLeft int int -> int",
    "math.bitShiftLeft uint int -> uint",
    "math.bitShiftRight int int -> int",
    "math.bitShiftRight uint int -> uint",
    "optional.of A -> optional<A>",
    "optional.ofNonZeroValue A -> optional<A>",
    "optional.none -> optional<A>",
    ".hasValue optional<A> -> bool",
    ".value optional<A> -> A",
    ".or optional<A> optional<A> -> optional<A>",
    ".orValue optional<A> A -> A",
    ".count_true list<bool> -> int",
};

// Order works between numbers of any two kinds, as on the number line.
constexpr std::string_view kOrdered[] = {"_<_", "_<=_", "_>_", "_>=_"};
constexpr std::string_view kOrderedKinds[] = {"bool",     "string", "bytes", "timestamp",
                                              "duration", "int",    "uint",  "double"};
constexpr std::size_t kFirstNumber = 5;

constexpr std::pair<std::string_view, TypeKind> kNames[] = {{"int", TypeKind::kInt},
                                                            {"uint", TypeKind::kUint},
                                                            {"double", TypeKind::kDouble},
                                                            {"bool", TypeKind::kBool},
                                                            {"string", TypeKind::kString},
                                                            {"bytes", TypeKind::kBytes},
                                                            {"timestamp", TypeKind::kTimestamp},
                                                            {"duration", TypeKind::kDuration},
                                                            {"dyn", TypeKind::kDyn},
                                                            {"list", TypeKind::kList},
                                                            {"map", TypeKind::kMap},
                                                            {"optional", TypeKind::kOptional},
                                                            {"type", TypeKind::kType}};

// Reads "list<A>" from the front of `text`.
Type ReadType(std::string_view& text) {
  const std::string_view name = text.substr(0, text.find_first_of("<>, "));
  text.remove_prefix(name.size());
  if (name == "A" || name == "B") {
    return {.kind = TypeKind::kParameter, .item = name[0] - 'A'};
  }
  const auto* found =
      std::ranges::find(kNames, name, &std::pair<std::string_view, TypeKind>::first);
  Type type = Type::Of(found->second);
  if (!text.starts_with('<')) return type;
  do {
    text.remove_prefix(1);
    type.parameters.push_back(ReadType(text));
  } while (text.starts_with(','));
  text.remove_prefix(1);
  return type;
}

Overload ReadSignature(std::string_view text) {
  Overload overload;
  overload.member = text.starts_with('.');
  if (overload.member) text.remove_prefix(1);
  overload.function = text.substr(0, text.find(' '));
  text.remove_prefix(overload.function.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    if (text.starts_with("-> ")) text.remove_prefix(3);
    overload.signature.push_back(ReadType(text));
  }
  return overload;
}

struct Table {
  std::map<std::string_view, std::vector<Overload>> by_name;
  std::vector<std::string_view> names;
};

Table BuildTable() {
  Table table;
  for (const std::string_view text : kSignatures) {
    Overload overload = ReadSignature(text);
    const std::string_view name = overload.function;
    table.by_name[name].push_back(std::move(overload));
  }
  for (const std::string_view function : kOrdered) {
    for (std::size_t i = 0; i < std::size(kOrderedKinds); ++i) {
      for (std::size_t j = 0; j < std::size(kOrderedKinds); ++j) {
        if (i != j && (i < kFirstNumber || j < kFirstNumber)) continue;
        std::string_view left = kOrderedKinds[i];
        std::string_view right = kOrderedKinds[j];
        table.by_name[function].push_back(
            {.function = function,
             .signature = {ReadType(left), ReadType(right), Type::Of(TypeKind::kBool)}});
      }
    }
  }
  for (const auto& [name, overloads] : table.by_name) {
    if (name.find_first_of("_!") == std::string_view::npos || name == "count_true") {
      table.names.push_back(name);
    }
  }
  return table;
}

const Table& StandardTable() {
  static const Table kTable = BuildTable();
  return kTable;
}

}  // namespace

std::span<const Overload> FindOverloads(std::string_view function) {
  const auto& by_name = StandardTable().by_name;
  const auto found = by_name.find(function);
  if (found == by_name.end()) return {};
  return found->second;
}

std::span<const std::string_view> FunctionNames() { return StandardTable().names; }

}  // namespace vedette::rules
