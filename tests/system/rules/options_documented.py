#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Every option of an .opt file is documented for administrators.

docs/CONFIGURATION.md names the file; docs/man/assay.conf.5 has an entry
".It Ic name" for each option, and that entry tells the default.
"""

import re

import tree

GUIDE = "docs/CONFIGURATION.md"
MANUAL = "docs/man/assay.conf.5"
OPTION = re.compile(r"^(\w+) =[ \t]*(.*)$", re.M)
ENTRY = re.compile(r"^\.It Ic (\w+) (.*?)(?=^\.It |^\.S[hs] |\Z)", re.M | re.S)


def option_findings(path, entries):
    """Findings about the options of one .opt file."""
    findings = []
    source = tree.text(path)
    for match in OPTION.finditer(source):
        option, default = match[1], match[2].strip().strip('"')
        line = source.count("\n", 0, match.start()) + 1
        where = f"{tree.name(path)}:{line}"
        found = entries.get(option.lower())
        if not found:
            findings.append(f"{where}: {MANUAL} has no entry for {option}")
        elif default and not any(default in text for text in found):
            findings.append(f"{where}: {MANUAL} does not say that the default "
                            f"of {option} is {default}")
    return findings


def main():
    guide = tree.ROOT / GUIDE
    guide_text = tree.text(guide) if guide.exists() else ""
    entries = {}
    for option, text in ENTRY.findall(tree.text(tree.ROOT / MANUAL)):
        entries.setdefault(option.lower(), []).append(text)
    findings = []
    for path in tree.files(".opt"):
        if tree.name(path) not in guide_text:
            findings.append(f"{tree.name(path)}:1: {GUIDE} does not name it")
        findings += option_findings(path, entries)
    tree.report(findings)


if __name__ == "__main__":
    main()
