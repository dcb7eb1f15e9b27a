// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kit/http/message.h"
#include "kit/http/router.h"

namespace vedette::http {

struct StaticFilesOptions {
  // Answer paths of pages that only the client's own router knows with index.html.
  bool single_page = true;
  std::uint64_t max_total_bytes = 256 * 1024 * 1024;
  std::string content_security_policy =
      "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
      "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
};

// The files of a web page, held in memory with their tags and gzip forms. Only what was loaded can
// be asked for: a path is a key, never a file name, so nothing outside can be reached. Thread-safe.
class StaticFiles {
 public:
  // Reads a directory, without hidden files and symbolic links. kNotFound when it is not there,
  // kPayloadTooLarge when it holds too much. Blocks.
  static Result<std::shared_ptr<const StaticFiles>> Load(const std::string& directory,
                                                         StaticFilesOptions options = {});
  // From path ("assets/app.js") and content.
  static std::shared_ptr<const StaticFiles> FromMemory(
      std::vector<std::pair<std::string, std::string>> files, StaticFilesOptions options = {});

  // `path` is relative, decoded, without a leading slash; "" is index.html.
  Response Serve(std::string_view path, const Headers& request_headers) const;

  std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::string content;
    std::string gzip;  // empty: not worth it
    std::string etag;  // without quotes
    std::string_view type;
    bool immutable = false;
  };

  explicit StaticFiles(StaticFilesOptions options) : options_(std::move(options)) {}
  void Add(std::string path, std::string content);

  StaticFilesOptions options_;
  std::map<std::string, File, std::less<>> files_;
};

// Serves `files` at `pattern`, which ends in "/**", e.g. "/**".
void AddStaticRoutes(Router& router, std::string pattern, std::shared_ptr<const StaticFiles> files);

}  // namespace vedette::http
