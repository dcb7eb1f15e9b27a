// SPDX-License-Identifier: Apache-2.0
#include "kit/profile/flame_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ranges>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kit/telemetry/status_text.h"

namespace vedette {
namespace {

constexpr std::size_t kMaxDepth = 200;
constexpr std::size_t kTopFunctions = 50;

constexpr std::string_view kStyle = R"(
.flame { border: 1px solid var(--line); font-size: 11px; line-height: 16px; margin-top: .6rem; }
.flame div { display: flex; }
.flame div > section { min-width: 0; }
.flame b { display: block; font-weight: 400; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; padding: 0 3px; height: 16px; color: #20160a;
  box-shadow: inset -1px -1px 0 rgb(255 255 255 / .55); }
.functions td { overflow-wrap: anywhere; } .functions td.number { white-space: nowrap; }
.c0 { background: #f2a65a; } .c1 { background: #f4b860; } .c2 { background: #ee8f5b; }
.c3 { background: #f6c978; } .c4 { background: #e9a178; } .c5 { background: #f0b48c; }
)";

struct Node {
  std::uint64_t total = 0;
  std::map<std::string, std::unique_ptr<Node>> children;
};

struct Shares {
  std::uint64_t self = 0;
  std::uint64_t total = 0;  // once a stack, however often it is in it
};

struct Figures {
  Node root;
  std::map<std::string, Shares> functions;
};

Figures Gather(const CpuProfile& profile,
               const std::function<std::string(std::uint64_t address)>& name) {
  Figures figures;
  std::unordered_map<std::uint64_t, std::string> names;
  const auto name_of = [&](std::uint64_t address) -> const std::string& {
    const auto [found, added] = names.try_emplace(address);
    if (added) {
      found->second = name(address);
      if (found->second.empty()) found->second = fmt::format("{:#x}", address);
    }
    return found->second;
  };
  for (const CpuSample& sample : profile.samples) {
    Node* node = &figures.root;
    node->total += sample.count;
    std::set<std::string_view> seen;
    for (std::size_t i = sample.addresses.size(); i-- > 0;) {
      // A return address may already belong to the next function.
      const std::string& function = name_of(sample.addresses[i] - (i == 0 ? 0 : 1));
      Shares& shares = figures.functions[function];
      if (seen.insert(function).second) shares.total += sample.count;
      if (i == 0) shares.self += sample.count;
      if (sample.addresses.size() - i > kMaxDepth) continue;
      std::unique_ptr<Node>& child = node->children[function];
      if (!child) child = std::make_unique<Node>();
      child->total += sample.count;
      node = child.get();
    }
  }
  return figures;
}

double Percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void AppendBox(std::string& out,
               const std::string& name,
               const Node& node,
               std::uint64_t parent_total,
               std::uint64_t all) {
  out += fmt::format("<section style=\"width:{:.3f}%\"><b class=\"c{}\" title=\"",
                     Percent(node.total, parent_total), std::hash<std::string>()(name) % 6);
  AppendHtmlText(out, name);
  out += fmt::format(": {:.1f} %, {} samples\">", Percent(node.total, all), node.total);
  AppendHtmlText(out, name);
  out += "</b>";
  bool open = false;
  for (const auto& [child_name, child] : node.children) {
    if (child->total * 1000 < all) continue;
    if (!open) out += "<div>";
    open = true;
    AppendBox(out, child_name, *child, node.total, all);
  }
  if (open) out += "</div>";
  out += "</section>";
}

void AppendTop(std::string& out, const Figures& figures) {
  std::vector<std::pair<std::string_view, Shares>> rows(figures.functions.begin(),
                                                        figures.functions.end());
  std::ranges::sort(rows, [](const auto& a, const auto& b) {
    return a.second.self != b.second.self ? a.second.self > b.second.self : a.first < b.first;
  });
  out +=
      "<h2>Functions by their own time</h2>\n<table "
      "class=\"functions\"><thead><tr><th>own</th><th>with&nbsp;callees</th>"
      "<th>function</th></tr></thead><tbody>\n";
  for (const auto& [name, shares] : rows | std::views::take(kTopFunctions)) {
    if (shares.self == 0) break;
    out += fmt::format(
        "<tr><td class=\"number\">{:.1f} %</td><td class=\"number\">{:.1f} %</td><td>",
        Percent(shares.self, figures.root.total), Percent(shares.total, figures.root.total));
    AppendHtmlText(out, name);
    out += "</td></tr>\n";
  }
  out += "</tbody></table>\n";
}

}  // namespace

std::string RenderFlameGraph(const CpuProfile& profile,
                             const std::function<std::string(std::uint64_t address)>& name) {
  const Figures figures = Gather(profile, name);
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<title>Processor profile</title>\n<style>";
  out += OpsPageStyle();
  out += kStyle;
  out += "</style></head><body>\n<h1>Processor profile</h1>\n";
  const double seconds = static_cast<double>(figures.root.total) *
                         std::chrono::duration<double>(profile.period).count();
  out += fmt::format(
      "<p class=\"soft\">{} samples, {:.2f} s of processor time. A box is as wide as its share; "
      "hold the pointer over it for its name.</p>\n",
      figures.root.total, seconds);
  if (figures.root.total == 0) {
    out += "<p>The processors had nothing to do.</p>\n";
  } else {
    out += "<div class=\"flame\">";
    AppendBox(out, "all", figures.root, figures.root.total, figures.root.total);
    out += "</div>\n";
    AppendTop(out, figures);
  }
  out += "</body></html>\n";
  return out;
}

}  // namespace vedette
