#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what the runners wrote into a folder and ends with `N passed, N failed, N skipped`.

GoogleTest JSON counts per case; a ctest entry without such a file counts as one; JUnit files of
other runners count per case. Exits 1 when a test failed or none ran.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def count_gtest(path):
    passed, failed, skipped = 0, 0, []
    for suite in json.loads(path.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            name = f'{suite["name"]}.{case["name"]}'
            if case.get("failures"):
                failed += 1
            elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                skipped.append(name)
            else:
                passed += 1
    return passed, failed, skipped


def count_junit(path, leave_out, told):
    passed, failed, skipped = 0, 0, []
    for case in xml.parse(path).getroot().iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        if bad or case.get("status") == "fail":
            # A binary that crashed told of no failure: its entry does.
            failed += case.get("name") not in told
        elif case.get("name") in leave_out:
            continue
        elif case.find("skipped") is not None or case.get("status") in ("disabled", "notrun"):
            skipped.append(case.get("name"))
        else:
            passed += 1
    return passed, failed, skipped


def main():
    folder = pathlib.Path(sys.argv[1])
    gtest = sorted(folder.glob("*.json"))
    totals = [0, 0]
    skipped = []
    counts = [count_gtest(path) for path in gtest]
    binaries = {path.stem for path in gtest}
    told = {path.stem for path, (_, failed, _) in zip(gtest, counts) if failed}
    counts += [count_junit(path, binaries, told) for path in sorted(folder.glob("*.xml"))]
    for passed, failed, names in counts:
        totals[0] += passed
        totals[1] += failed
        skipped += names
    for name in skipped:
        print(f"skipped: {name}")
    print(f"{totals[0]} passed, {totals[1]} failed, {len(skipped)} skipped")
    return 0 if totals[0] and not totals[1] else 1


if __name__ == "__main__":
    sys.exit(main())
