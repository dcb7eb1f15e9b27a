// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/plan/opcode.h"
#include "rules/plan/program.h"
#include "rules/scores/score_functions.h"

namespace vedette::rules {
namespace {

// The mark, the length of everything, the counts, then kinds, constants, the names of functions,
// instructions, and the checksum of all before it. Integers are little-endian.
constexpr std::string_view kMark = "VEDPLAN1";
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kMaxFunctions = 256;

// FNV-1a (Fowler, Noll, Vo), 64 bits: finds damage, not forgery.
std::uint64_t Checksum(std::string_view bytes) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    sum = (sum ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
  }
  return sum;
}

void Append(std::uint64_t value, std::size_t bytes, std::string* out) {
  for (std::size_t i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

// Takes integers from the front; zero once there is not enough, which ok() tells.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t Take(std::size_t bytes) {
    std::uint64_t value = 0;
    const std::string_view taken = TakeBytes(bytes);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(taken[i])) << (8 * i);
    }
    return value;
  }
  std::uint32_t Take32() { return static_cast<std::uint32_t>(Take(4)); }
  std::uint8_t Take8() { return static_cast<std::uint8_t>(Take(1)); }

  std::string_view TakeBytes(std::size_t bytes) {
    if (bytes > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool IsCall(const Instruction& step) { return step.op == static_cast<std::uint8_t>(Opcode::kCall); }

// The functions a program calls, as indexes of this release, in order of their first call.
std::vector<std::int32_t> CalledFunctions(const Program& program) {
  std::vector<std::int32_t> functions;
  for (const Instruction& step : program.code) {
    if (IsCall(step) && std::ranges::find(functions, step.c) == functions.end()) {
      functions.push_back(step.c);
    }
  }
  return functions;
}

// nullopt: this release has no function of that name.
std::optional<std::int32_t> IndexOfFunction(std::string_view name) {
  const auto functions = ScoreFunctions();
  const auto found = std::ranges::find(functions, name, &ScoreFunction::name);
  if (found == functions.end()) return std::nullopt;
  return static_cast<std::int32_t>(found - functions.begin());
}

}  // namespace

std::string SaveProgram(const Program& program) {
  const std::vector<std::int32_t> functions = CalledFunctions(program);
  std::string body;
  Append(program.features, 4, &body);
  Append(program.frame_size, 4, &body);
  Append(program.constants.size(), 4, &body);
  Append(functions.size(), 4, &body);
  Append(program.code.size(), 4, &body);
  for (const RegisterKind kind : program.kinds) Append(static_cast<std::uint8_t>(kind), 1, &body);
  for (const auto& [to, value] : program.constants) {
    Append(to, 1, &body);
    Append(std::bit_cast<std::uint64_t>(value.integer), 8, &body);
  }
  for (const std::int32_t index : functions) {
    const std::string_view name = ScoreFunctions()[static_cast<std::size_t>(index)].name;
    Append(name.size(), 1, &body);
    body.append(name);
  }
  for (const Instruction& step : program.code) {
    const std::int32_t third =
        IsCall(step)
            ? static_cast<std::int32_t>(std::ranges::find(functions, step.c) - functions.begin())
            : step.c;
    for (const std::uint8_t byte : {step.op, step.to, step.a, step.b}) Append(byte, 1, &body);
    Append(static_cast<std::uint32_t>(third), 4, &body);
  }
  std::string bytes(kMark);
  Append(kMark.size() + 4 + body.size() + kChecksumBytes, 4, &bytes);
  bytes += body;
  Append(Checksum(bytes), kChecksumBytes, &bytes);
  return bytes;
}

std::expected<Program, std::string> LoadProgram(std::string_view bytes) {
  if (!bytes.starts_with(kMark)) return std::unexpected("not a program");
  if (bytes.size() < kMark.size() + 4 + kChecksumBytes) return std::unexpected("cut short");
  const std::string_view summed = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (Reader(bytes.substr(summed.size())).Take(kChecksumBytes) != Checksum(summed)) {
    return std::unexpected("the checksum differs");
  }
  Reader reader(summed.substr(kMark.size()));
  if (reader.Take32() != bytes.size()) return std::unexpected("the length differs");

  Program program;
  program.features = reader.Take32();
  program.frame_size = reader.Take32();
  const std::uint32_t constants = reader.Take32();
  const std::uint32_t functions = reader.Take32();
  const std::uint32_t instructions = reader.Take32();
  if (program.frame_size > kMaxRegisters || constants > kMaxRegisters ||
      functions > kMaxFunctions || instructions > kMaxInstructions) {
    return std::unexpected("larger than a program may be");
  }
  for (std::uint32_t i = 0; i < program.frame_size; ++i) {
    program.kinds.push_back(static_cast<RegisterKind>(reader.Take8()));
  }
  for (std::uint32_t i = 0; i < constants; ++i) {
    const std::uint8_t to = reader.Take8();
    program.constants.push_back({to, {.integer = std::bit_cast<std::int64_t>(reader.Take(8))}});
  }
  std::vector<std::int32_t> indexes;
  for (std::uint32_t i = 0; i < functions; ++i) {
    const auto index = IndexOfFunction(reader.TakeBytes(reader.Take8()));
    if (!index) return std::unexpected("calls a function that this release does not have");
    indexes.push_back(*index);
  }
  for (std::uint32_t i = 0; i < instructions; ++i) {
    Instruction step{};
    step.op = reader.Take8();
    step.to = reader.Take8();
    step.a = reader.Take8();
    step.b = reader.Take8();
    step.c = static_cast<std::int32_t>(reader.Take32());
    if (IsCall(step)) {
      if (step.c < 0 || static_cast<std::uint32_t>(step.c) >= functions) {
        return std::unexpected("calls a function it does not name");
      }
      step.c = indexes[static_cast<std::size_t>(step.c)];
    }
    program.code.push_back(step);
  }
  if (!reader.AtEnd()) return std::unexpected("the counts differ from the length");
  if (auto verified = VerifyProgram(program); !verified) return std::unexpected(verified.error());
  return program;
}

}  // namespace vedette::rules
