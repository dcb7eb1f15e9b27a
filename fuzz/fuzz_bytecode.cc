// SPDX-License-Identifier: Apache-2.0
// Whatever LoadProgram accepts runs to its end on any frame, on every machine alike, and comes back
// from a file as it was. The input is a file, or what stands between a file's length and checksum.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "rules/plan/opcode.h"
#include "rules/plan/program.h"
#include "rules/plan/vector_machine.h"

namespace {

using namespace vedette::rules;

void Append(std::uint64_t value, std::size_t bytes, std::string* out) {
  for (std::size_t i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

// A file with this body, so that the fuzzer need not guess a checksum.
std::string FileAround(std::string_view body) {
  std::string file = "VEDPLAN1";
  Append(file.size() + 4 + body.size() + 8, 4, &file);
  file.append(body);
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char byte : file) sum = (sum ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
  Append(sum, 8, &file);
  return file;
}

bool HasJumps(const Program& program) {
  return std::any_of(program.code.begin(), program.code.end(), [](const Instruction& step) {
    const auto op = static_cast<Opcode>(step.op);
    return kOpcodes[step.op].c == 'J' || op == Opcode::kElseNumber || op == Opcode::kElseInteger ||
           op == Opcode::kElseTruth;
  });
}

Truth RunScalar(const Program& program, Slot number, Slot integer, Slot truth) {
  std::vector<Slot> frame(program.frame_size, number);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (program.kinds[i] == RegisterKind::kInteger) frame[i] = integer;
    if (program.kinds[i] == RegisterKind::kTruth) frame[i] = truth;
  }
  PrepareFrame(program, frame.data());
  const Truth verdict = RunProgram(program, frame.data());
  if (HasJumps(program)) return verdict;
  std::vector<SlotColumn> columns;
  for (std::size_t i = 0; i < program.features; ++i) {
    const RegisterKind kind = program.kinds[i];
    columns.push_back({kind == RegisterKind::kNumber    ? &number
                       : kind == RegisterKind::kInteger ? &integer
                                                        : &truth,
                       true});
  }
  for (const VectorPath path : {VectorPath::kPortable, VectorPath::kAvx2}) {
    if (!HasVectorPath(path)) continue;
    std::uint64_t is_true = 0;
    std::uint64_t is_false = 0;
    RunProgramColumns(program, columns, 3, path, &is_true, &is_false);
    if (is_true != (verdict == Truth::kTrue ? 7U : 0U) ||
        is_false != (verdict == Truth::kFalse ? 7U : 0U)) {
      std::abort();
    }
  }
  return verdict;
}

void Try(std::string_view file) {
  const auto program = LoadProgram(file);
  if (!program) {
    if (program.error().empty()) std::abort();
    return;
  }
  if (SaveProgram(*LoadProgram(SaveProgram(*program))) != SaveProgram(*program)) std::abort();
  const Slot missing{.number = std::numeric_limits<double>::quiet_NaN()};
  for (const std::int64_t truth : {0, 1, 2}) {
    const Slot slot{.integer = truth};
    RunScalar(*program, {.number = 0}, {.integer = 0}, slot);
    RunScalar(*program, missing, {.integer = kMissing}, slot);
    RunScalar(*program, {.number = -1e300}, {.integer = INT64_MAX}, slot);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Try(input);
  Try(FileAround(input));
  return 0;
}
