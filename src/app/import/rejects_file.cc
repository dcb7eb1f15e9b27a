// SPDX-License-Identifier: Apache-2.0
#include "app/import/rejects_file.h"

#include <filesystem>
#include <utility>

namespace vedette::importing {
namespace {

void AppendField(std::string& line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    if (c == '"') line += c;
    line += c;
  }
  line += '"';
}

}  // namespace

RejectsFile::RejectsFile(std::string path)
    : path_(std::move(path)), out_(path_, std::ios::binary | std::ios::trunc) {
  out_ << "file,line,column,reason,key\n";
}

Result<RejectsFile> RejectsFile::Create(const std::string& path) {
  RejectsFile file(path);
  if (!file.out_) return Fail(Code::kInvalidArgument, path + ": cannot be written");
  return file;
}

Status RejectsFile::Add(std::string_view file, const formats::RowReject& reject) {
  std::string line;
  AppendField(line, file);
  line += ',' + std::to_string(reject.line) + ',';
  AppendField(line, reject.column);
  line += ',';
  AppendField(line, reject.reason);
  line += ',';
  AppendField(line, reject.key);
  line += '\n';
  out_ << line;
  ++count_;
  return out_ ? Status() : Failed();
}

Status RejectsFile::Finish() {
  out_.close();
  if (!out_) return Failed();
  if (count_ > 0) return {};
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  return {};
}

Status RejectsFile::Failed() const {
  return Fail(Code::kInternal, path_ + ": cannot be written any further");
}

}  // namespace vedette::importing
