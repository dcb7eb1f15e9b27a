// SPDX-License-Identifier: Apache-2.0
#include "kit/shed/cgroup.h"

#include <algorithm>
#include <charconv>

namespace vedette {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// Cuts the text before `separator` off `rest`; all of it when there is none.
std::string_view Cut(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::string_view part = Cut(text, separator);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

bool Contains(std::string_view list, std::string_view item) {
  const std::vector<std::string_view> items = Split(list, ',');
  return std::ranges::find(items, item) != items.end();
}

// Blanks and a line's end may follow the number; nothing else.
std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest(end, text.data() + text.size());
  if (rest.find_first_not_of(" \n") != std::string_view::npos) return std::nullopt;
  return value;
}

std::optional<std::int64_t> ParseCount(std::string_view text) {
  const std::optional<std::int64_t> value = ParseInteger(text);
  return value && *value >= 0 ? value : std::nullopt;
}

std::optional<double> Ratio(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

struct Membership {
  std::string_view controllers;  // empty for version 2
  std::string_view path;
};

std::vector<Membership> ParseMemberships(std::string_view text) {
  std::vector<Membership> memberships;
  for (std::string_view line : Split(text, '\n')) {
    Cut(line, ':');
    const std::string_view controllers = Cut(line, ':');
    memberships.push_back({controllers, line});
  }
  return memberships;
}

struct Mount {
  std::string_view root;  // of the file system, which the mount point shows
  std::string_view point;
  std::string_view type;
  std::string_view options;
};

std::vector<Mount> ParseMounts(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : Split(text, '\n')) {
    const std::size_t separator = line.find(" - ");
    if (separator == std::string_view::npos) continue;
    const std::vector<std::string_view> front = Split(line.substr(0, separator), ' ');
    const std::vector<std::string_view> back = Split(line.substr(separator + 3), ' ');
    if (front.size() < 5 || back.size() < 3) continue;
    mounts.push_back({front[3], front[4], back[0], back[2]});
  }
  return mounts;
}

// The path below the mount point; empty when the mount does not show the group, as in a container
// that sees only its own.
std::string_view Below(const Mount& mount, std::string_view path) {
  if (path.find("..") != std::string_view::npos || !path.starts_with('/')) return {};
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return {};
    path.remove_prefix(mount.root.size());
    if (!path.empty() && !path.starts_with('/')) return {};
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string Directory(const Mount& mount, std::string_view path) {
  return std::string(mount.point) + std::string(Below(mount, path));
}

std::vector<std::string> WithThoseAbove(const Mount& mount, std::string_view path) {
  std::string directory = Directory(mount, path);
  std::vector<std::string> directories = {directory};
  while (directory.size() > mount.point.size()) {
    directory.resize(directory.rfind('/'));
    directories.push_back(directory);
  }
  return directories;
}

}  // namespace

std::optional<ControlGroup> FindControlGroup(std::string_view cgroup, std::string_view mountinfo) {
  const std::vector<Membership> memberships = ParseMemberships(cgroup);
  const std::vector<Mount> mounts = ParseMounts(mountinfo);
  const auto membership_with = [&](std::string_view controller) {
    return std::ranges::find_if(memberships, [&](const Membership& membership) {
      return Contains(membership.controllers, controller);
    });
  };
  const auto mount_with = [&](std::string_view controller) {
    return std::ranges::find_if(mounts, [&](const Mount& mount) {
      return mount.type == "cgroup" && Contains(mount.options, controller);
    });
  };
  const auto account = membership_with("cpuacct");
  const auto account_mount = mount_with("cpuacct");
  if (account != memberships.end() && account_mount != mounts.end()) {
    ControlGroup group{.version = ControlGroup::Version::kOne,
                       .usage_directory = Directory(*account_mount, account->path)};
    const auto cpu = membership_with("cpu");
    const auto cpu_mount = mount_with("cpu");
    if (cpu != memberships.end() && cpu_mount != mounts.end()) {
      group.quota_directories = WithThoseAbove(*cpu_mount, cpu->path);
    }
    return group;
  }
  const auto unified = std::ranges::find(memberships, std::string_view(), &Membership::controllers);
  const auto unified_mount = std::ranges::find(mounts, std::string_view("cgroup2"), &Mount::type);
  if (unified == memberships.end() || unified_mount == mounts.end()) return std::nullopt;
  return ControlGroup{.version = ControlGroup::Version::kTwo,
                      .usage_directory = Directory(*unified_mount, unified->path),
                      .quota_directories = WithThoseAbove(*unified_mount, unified->path)};
}

std::optional<nanoseconds> ParseCpuStat(std::string_view text) {
  for (std::string_view line : Split(text, '\n')) {
    if (Cut(line, ' ') != "usage_usec") continue;
    const std::optional<std::int64_t> micros = ParseCount(line);
    if (!micros || *micros > nanoseconds::max() / microseconds(1)) return std::nullopt;
    return microseconds(*micros);
  }
  return std::nullopt;
}

std::optional<nanoseconds> ParseCpuAccount(std::string_view text) {
  const std::optional<std::int64_t> nanos = ParseCount(text);
  return nanos ? std::optional(nanoseconds(*nanos)) : std::nullopt;
}

std::optional<double> ParseCpuMax(std::string_view text) {
  const std::string_view quota = Cut(text, ' ');
  return Ratio(ParseInteger(quota), ParseInteger(text));
}

std::optional<double> ParseCfsQuota(std::string_view quota, std::string_view period) {
  return Ratio(ParseInteger(quota), ParseInteger(period));
}

}  // namespace vedette
