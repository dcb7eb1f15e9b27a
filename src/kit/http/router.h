// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kit/http/gate.h"
#include "kit/http/message.h"

namespace vedette::http {

struct RouteOptions {
  // Upper limit of the body as sent and as inflated; 0 takes the server's default.
  std::uint64_t max_body_bytes = 0;
  // Decides before the body is read whether the request may come in; empty: always.
  Gate gate = {};
};

// Matches method and path. Patterns as in google.api.http: literal segments and {name}, an optional
// ":verb" at the end, and "/**" at the end for a prefix. Literals win over variables. Filled before
// the server starts, then read only; thread-safe to match.
class Router {
 public:
  Router();
  ~Router();

  // Two routes with one method and one shape, a malformed pattern, or a pattern that names a
  // variable twice are defects of the program: std::invalid_argument. What "/**" matched is the
  // variable "**", decoded, without its leading slash.
  // `pattern` is also the label of the route's metrics.
  void Add(std::string method, std::string pattern, Handler handler, RouteOptions options = {});

  struct Route {
    std::string method;
    std::string pattern;
    Handler handler;
    RouteOptions options;
    std::size_t index = 0;  // dense, in the order of Add
  };

  struct Match {
    const Route* route = nullptr;  // null: no such path, or method not allowed
    std::vector<std::pair<std::string, std::string>> variables;  // percent-decoded
    std::string allowed_methods;  // for 405: "GET, POST"; empty for 404
    bool malformed = false;       // bad percent-encoding: 400
  };
  Match Find(std::string_view method, std::string_view path) const;

  std::size_t size() const;  // routes

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vedette::http
