// SPDX-License-Identifier: Apache-2.0
#include "kit/http/response_head.h"

#include <array>
#include <charconv>

namespace vedette::http {
namespace {

constexpr std::array<std::string_view, 5> kOwnHeaders = {"Content-Length", "Transfer-Encoding",
                                                         "Connection", "Date", "Keep-Alive"};

bool IsToken(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool IsValue(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void AppendNumber(std::string& out, std::uint64_t number) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof(text), number);
  out.append(text, end.ptr);
}

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

void AppendHead(std::string& out, const Response& response, const HeadOptions& options) {
  out += "HTTP/1.1 ";  // also to older clients (RFC 9110 §2.5)
  AppendNumber(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += ReasonPhrase(response.status);
  out += "\r\n";
  bool nosniff = false;
  bool referrer = false;
  bool cache = false;
  for (const auto& [name, value] : response.headers.all()) {
    bool own = false;
    for (const std::string_view header : kOwnHeaders) own = own || EqualsNoCase(name, header);
    if (own || !IsToken(name) || !IsValue(value)) continue;
    nosniff = nosniff || EqualsNoCase(name, "X-Content-Type-Options");
    referrer = referrer || EqualsNoCase(name, "Referrer-Policy");
    cache = cache || EqualsNoCase(name, "Cache-Control");
    AppendHeader(out, name, value);
  }
  if (!nosniff) out += "X-Content-Type-Options: nosniff\r\n";
  if (!referrer) out += "Referrer-Policy: no-referrer\r\n";
  if (!cache) out += "Cache-Control: no-store\r\n";
  if (options.gzip) out += "Content-Encoding: gzip\r\n";
  if (options.vary_encoding) out += "Vary: Accept-Encoding\r\n";
  if (!options.date.empty()) AppendHeader(out, "Date", options.date);
  if (!options.trace_id.empty()) AppendHeader(out, "X-Trace-Id", options.trace_id);
  if (options.chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (options.content_length) {
    out += "Content-Length: ";
    AppendNumber(out, *options.content_length);
    out += "\r\n";
  }
  if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!options.http11) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

}  // namespace vedette::http
