#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Print the results of a ctest run, one test a line.

Reads the file that ctest --output-junit wrote; prints
"passed|failed|skipped <TAB> test <TAB> text", where text is why it skipped or
how it failed: a line of the test that says FAILED, else its last one.
"""

import sys
import xml.etree.ElementTree as ET


def last_line(case):
    """The last line that says something, without tabs. What a test shows of
    a log after it said FAILED says less."""
    lines = (case.findtext("system-out") or "").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    said = [line for line in said if line.startswith("FAILED")] or said
    return said[-1].replace("\t", " ")[:200] if said else ""


def result(case):
    """One test case as (kind, name, text)."""
    name = case.get("name")
    if case.find("skipped") is not None or case.get("status") == "disabled":
        return "skipped", name, last_line(case) or "gave no reason"
    if case.get("status") == "run":
        return "passed", name, ""
    failure = case.find("failure")
    how = failure.get("message", "") if failure is not None else ""
    text = " ".join(filter(None, (how, last_line(case))))
    return "failed", name, text or "did not run"


def main():
    try:
        root = ET.parse(sys.argv[1]).getroot()
    except (OSError, ET.ParseError):
        return  # ctest did not get far enough; the caller counts no test
    for case in root.iter("testcase"):
        print("\t".join(result(case)))


if __name__ == "__main__":
    main()
