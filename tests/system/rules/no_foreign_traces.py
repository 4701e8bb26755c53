#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Nothing in the tree names a developer's machine, is left unfinished, or
trips a virus scanner."""

import re

import tree

# Put together here, so that this file does not match itself.
HOMES = re.compile(rb"/(?:" + b"|".join((b"home", b"work", b"root", b"Users"))
                   + rb")/[A-Za-z]")
MARKS = re.compile(rb"\b(?:" + b"|".join((b"TO" + b"DO", b"FIX" + b"ME",
                                          b"XX" + b"X:")) + rb")\b")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS"
SOURCES = ("src/", "engines/", "lua/", "include/", "tools/", "tests/",
           "conf/", "cmake/")


def findings_of(path, data):
    """Findings about one file."""
    rules = [(HOMES, "a path of somebody's machine")]
    if path.startswith(SOURCES):
        rules.append((MARKS, "a mark of unfinished work"))
    findings = []
    for pattern, what in rules:
        for match in pattern.finditer(data):
            line = data.count(b"\n", 0, match.start()) + 1
            findings.append(f"{path}:{line}: {what}")
    if EICAR in data:
        findings.append(f"{path}:1: the EICAR test string in one piece")
    return findings


def main():
    findings = []
    for file in tree.files():
        path = tree.name(file)
        if "/corpus/" not in path:
            findings += findings_of(path, file.read_bytes())
    tree.report(findings)


if __name__ == "__main__":
    main()
