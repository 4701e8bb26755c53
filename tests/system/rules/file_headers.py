#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Every source names its licence on top and stays within its size."""

import tree

SPDX = "SPDX-License-Identifier: MIT"
SUFFIXES = (".c", ".h", ".lua", ".sh", ".py")
MAX_LINES = 800
MEASURED = ("src/", "engines/", "lua/", "include/")


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def main():
    findings = []
    for file in tree.files():
        path = tree.name(file)
        if path.startswith("tests/data/") or "/corpus/" in path:
            continue
        if not (path.endswith(SUFFIXES) or is_script(file)):
            continue
        lines = tree.text(file).splitlines()
        if not any(SPDX in line for line in lines[:3]):
            findings.append(f"{path}:1: no line \"{SPDX}\" on top")
        if path.startswith(MEASURED) and len(lines) > MAX_LINES:
            findings.append(f"{path}:{MAX_LINES}: {len(lines)} lines; a file "
                            f"has at most {MAX_LINES}")
    tree.report(findings)


if __name__ == "__main__":
    main()
