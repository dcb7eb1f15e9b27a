#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the tree promises: layers over #include lines, file heads, sizes, paths in documents.

base <- kit; base <- model <- {rules, formats, stats}; services stand on both and never on each
other; app on top. The pure libraries see no Asio, gRPC, SQL or JSON.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#include\s+(?:"([^"]+)"|<([^>]+)>)')
MAY_SEE = {
    "base": {"base"},
    "kit": {"base", "kit"},
    "model": {"base", "model"},
    "rules": {"base", "model", "rules"},
    "formats": {"base", "model", "formats"},
    "stats": {"base", "model", "stats"},
    "contract": {"base", "model", "rules", "contract"},
    "services": {"contract", "base", "kit", "model", "rules", "formats", "stats", "services"},
    "app": {"contract", "base", "kit", "model", "rules", "formats", "stats", "services", "app"},
}
PURE = {"base", "model", "rules", "formats", "stats"}
IMPURE_HEADERS = re.compile(r"^(boost/asio|boost/beast|grpc|google/protobuf|libpq|sqlite3|simdjson|vedette/)")
FORBIDDEN = [
    (re.compile(r"\bsystem_clock::now\b|\bsteady_clock::now\b"), "takes the time without a Clock",
     lambda path: path.startswith(("src/services", "src/model", "src/rules", "src/formats")) and "_test" not in path),
    (re.compile(r"\basio::detached\b"), "spawns without an owner", lambda path: True),
    (re.compile(r"\busing namespace std;"), "opens namespace std", lambda path: True),
    (re.compile(r"\bTODO\b|\bFIXME\b"), "leaves work in a comment", lambda path: True),
]
ROOT_LIMIT = 25


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns],
                         cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [line for line in out.splitlines() if (ROOT / line).is_file()]


def check_includes(path, lines, say):
    parts = pathlib.PurePosixPath(path).parts
    layer = parts[1]
    if layer not in MAY_SEE:
        say(path, 1, f"is in no layer: src/{layer}")
        return
    is_test = path.endswith(("_test.cc", "_bench.cc"))
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, system = match.groups()
        if quoted and "/" in quoted:
            target = quoted.split("/")[0]
            allowed = MAY_SEE[layer] | ({"kit"} if is_test and quoted.startswith("kit/testing/") else set())
            if target not in allowed:
                say(path, number, f"{layer} must not include {quoted}")
            if layer == "services" and target == "services" and quoted.split("/")[1] != parts[2]:
                say(path, number, f"service {parts[2]} must not include another service's {quoted}")
        if system and layer in PURE and IMPURE_HEADERS.match(system):
            say(path, number, f"{layer} is pure: no <{system}>")


def main():
    problems = []

    def say(path, number, text):
        problems.append(f"{path}:{number}: {text}")

    for path in tracked("src/*.h", "src/*.cc", "codegen/*.cc", "codegen/*.h", "bench/*.cc", "tests/*.cc"):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        if not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0":
            say(path, 1, "does not begin with the licence line")
        if path.endswith(".h") and "#pragma once" not in lines:
            say(path, 1, "has no #pragma once")
        if path.startswith("src/"):
            check_includes(path, lines, say)
        for pattern, text, applies in FORBIDDEN:
            for number, line in enumerate(lines, 1):
                if applies(path) and pattern.search(line):
                    say(path, number, text)

    for path in tracked("*.md"):
        text = (ROOT / path).read_text(encoding="utf-8")
        for name in set(re.findall(r"`((?:src|script|proto|web|docs|bench|tests|tools|examples|deploy|codegen|cmake)/[\w./-]+)`", text)):
            if not any((base / name).exists() for base in (ROOT, (ROOT / path).parent)):
                say(path, 1, f"names {name}, which is not there")

    entries = {path.split("/")[0] for path in tracked()}
    if len(entries) > ROOT_LIMIT:
        say(".", 1, f"the root holds {len(entries)} entries; {ROOT_LIMIT} are the limit")

    print("\n".join(problems) if problems else "tree: layers, heads and paths are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
