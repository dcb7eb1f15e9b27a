// SPDX-License-Identifier: Apache-2.0
#include "kit/http/static_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/bytes.h"
#include "base/sha256.h"
#include "kit/http/gzip.h"

namespace vedette::http {
namespace {

constexpr int kGzipLevel = 9;  // once, at the start
constexpr std::size_t kGzipFrom = 512;

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
    {".pdf", "application/pdf"},
}};

std::string_view TypeOf(std::string_view path) {
  for (const auto& [extension, type] : kTypes) {
    if (path.ends_with(extension)) return type;
  }
  return "application/octet-stream";
}

// Bundlers name a file "assets/<name>-<8 characters of its hash>.<extension>": the content of such
// a name never changes.
bool HasHashedName(std::string_view path) {
  if (!path.starts_with("assets/")) return false;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::string_view stem = name.substr(0, name.find('.'));
  if (stem.size() < 10 || stem.size() == name.size() || stem[stem.size() - 9] != '-') return false;
  return std::ranges::all_of(stem.substr(stem.size() - 8), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

// RFC 9110 §13.1.2, by weak comparison.
bool TagMatches(std::string_view if_none_match, std::string_view quoted_tag) {
  if (if_none_match == "*") return true;
  return if_none_match.find(quoted_tag) != std::string_view::npos;
}

Task<Response> ServeFile(std::shared_ptr<const StaticFiles> files, Request request) {
  std::string_view path;
  for (const auto& [name, value] : request.path_variables) {
    if (name == "**") path = value;
  }
  co_return files->Serve(path, request.headers);
}

}  // namespace

Result<std::shared_ptr<const StaticFiles>> StaticFiles::Load(const std::string& directory,
                                                             StaticFilesOptions options) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return Fail(Code::kNotFound, "there is no directory " + directory);
  }
  std::shared_ptr<StaticFiles> files(new StaticFiles(std::move(options)));
  std::uint64_t total = 0;
  fs::recursive_directory_iterator entries(directory, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::directory_entry& entry = *entries;
    if (entry.path().filename().string().starts_with('.')) {
      if (entry.is_directory(error)) entries.disable_recursion_pending();
      continue;
    }
    if (entry.is_symlink(error) || !entry.is_regular_file(error)) continue;
    total += entry.file_size(error);
    if (total > files->options_.max_total_bytes) {
      return Fail(Code::kPayloadTooLarge, directory + " holds more than " +
                                              std::to_string(files->options_.max_total_bytes) +
                                              " bytes");
    }
    std::ifstream input(entry.path(), std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    if (!input) return Fail(Code::kUnavailable, "cannot read " + entry.path().string());
    files->Add(entry.path().lexically_relative(directory).generic_string(), std::move(content));
  }
  if (error) return Fail(Code::kUnavailable, "cannot read " + directory + ": " + error.message());
  return files;
}

std::shared_ptr<const StaticFiles> StaticFiles::FromMemory(
    std::vector<std::pair<std::string, std::string>> files, StaticFilesOptions options) {
  std::shared_ptr<StaticFiles> result(new StaticFiles(std::move(options)));
  for (auto& [path, content] : files) result->Add(std::move(path), std::move(content));
  return result;
}

void StaticFiles::Add(std::string path, std::string content) {
  File file;
  file.type = TypeOf(path);
  file.etag = HexEncode(AsBytes(Sha256(content))).substr(0, 32);
  file.immutable = HasHashedName(path);
  if (content.size() >= kGzipFrom && IsCompressible(file.type)) {
    file.gzip = GzipDeflater(kGzipLevel).Compress(content);
    if (file.gzip.size() >= content.size()) file.gzip.clear();
  }
  file.content = std::move(content);
  files_.insert_or_assign(std::move(path), std::move(file));
}

Response StaticFiles::Serve(std::string_view path, const Headers& request_headers) const {
  auto found = files_.find(path.empty() ? std::string_view("index.html") : path);
  if (found == files_.end() && options_.single_page) {
    // A page's path has no extension; a missing script must not turn into a page.
    const std::string_view last = path.substr(path.rfind('/') + 1);
    const bool hidden = path.starts_with('.') || path.find("/.") != std::string_view::npos;
    if (!hidden && last.find('.') == std::string_view::npos) found = files_.find("index.html");
  }
  if (found == files_.end()) {
    return ProblemResponse({Code::kNotFound, "There is nothing at this path."});
  }
  const File& file = found->second;
  const bool gzip =
      !file.gzip.empty() && AcceptsGzip(request_headers.Get("Accept-Encoding").value_or(""));
  Response response;
  // Each form has a tag of its own, as a strong tag must.
  const std::string tag = "\"" + file.etag + (gzip ? "-gz\"" : "\"");
  response.headers.Add("ETag", tag);
  response.headers.Add("Cache-Control",
                       file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file.gzip.empty()) response.headers.Add("Vary", "Accept-Encoding");
  if (file.type.starts_with("text/html") || file.type == "image/svg+xml") {
    response.headers.Add("Content-Security-Policy", options_.content_security_policy);
  }
  if (const auto known = request_headers.Get("If-None-Match"); known && TagMatches(*known, tag)) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", std::string(file.type));
  if (gzip) response.headers.Add("Content-Encoding", "gzip");
  response.body = gzip ? file.gzip : file.content;
  return response;
}

void AddStaticRoutes(Router& router,
                     std::string pattern,
                     std::shared_ptr<const StaticFiles> files) {
  router.Add("GET", std::move(pattern), [files = std::move(files)](Request request) {
    return ServeFile(files, std::move(request));
  });
}

}  // namespace vedette::http
