#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Every option of an .opt file is documented for administrators.

docs/CONFIGURATION.md names the file and has what tools/update-options makes of
it; docs/man/assay.conf.5 has an entry ".It Ic name" for each option, and that
entry tells the default; so does the page of what has a file of its own. No
option table is without an .opt file.
"""

import os
import re
import subprocess
import sys

import tree

GUIDE = "docs/CONFIGURATION.md"
MANUAL = "docs/man/assay.conf.5"
# What does not stand in assay.conf.
OWN_MANUAL = {"src/hosts/exim/exim.opt": "docs/man/assay-exim.8"}
OPTION = re.compile(r"^(\w+) =[ \t]*(.*)$", re.M)
TABLE = re.compile(r"assay_conf_option \w+\[\] = \{(.*?)^\};", re.M | re.S)
ENTRY_OF_TABLE = re.compile(r"\.name = \"(\w+)\"")
ENTRY = re.compile(r"^\.It Ic (\w+) (.*?)(?=^\.It |^\.S[hs] |\Z)", re.M | re.S)


def manual_entries(manual):
    """The texts of the entries of a page, by the option in small letters."""
    entries = {}
    for option, text in ENTRY.findall(tree.text(tree.ROOT / manual)):
        entries.setdefault(option.lower(), []).append(text)
    return entries


def option_findings(path, entries):
    """Findings about the options of one .opt file."""
    findings = []
    manual = OWN_MANUAL.get(tree.name(path), MANUAL)
    entries = entries[manual]
    source = tree.text(path)
    for match in OPTION.finditer(source):
        option, default = match[1], match[2].strip().strip('"')
        line = source.count("\n", 0, match.start()) + 1
        where = f"{tree.name(path)}:{line}"
        found = entries.get(option.lower())
        if not found:
            findings.append(f"{where}: {manual} has no entry for {option}")
        elif default and not any(default in text for text in found):
            findings.append(f"{where}: {manual} does not say that the default "
                            f"of {option} is {default}")
    return findings


def table_findings():
    """Options of tables in the sources that no .opt file describes."""
    described = set()
    for path in tree.files(".opt"):
        described |= {m[1].lower() for m in OPTION.finditer(tree.text(path))}
    findings = []
    for folder in ("src", "engines", "lua"):
        for path in tree.files(".c", under=folder):
            source = tree.text(path)
            for table in TABLE.finditer(source):
                for entry in ENTRY_OF_TABLE.finditer(table[1]):
                    if entry[1].lower() not in described:
                        line = source.count("\n", 0, table.start(1)
                                            + entry.start()) + 1
                        findings.append(
                            f"{tree.name(path)}:{line}: no .opt file "
                            f"describes {entry[1]}")
    return findings


def main():
    guide = tree.ROOT / GUIDE
    guide_text = tree.text(guide) if guide.exists() else ""
    entries = {manual: manual_entries(manual)
               for manual in (MANUAL, *OWN_MANUAL.values())}
    findings = []
    for path in tree.files(".opt"):
        if tree.name(path) not in guide_text:
            findings.append(f"{tree.name(path)}:1: {GUIDE} does not name it")
        findings += option_findings(path, entries)
    findings += table_findings()
    current = subprocess.run(
        [sys.executable, "-B", tree.ROOT / "tools/update-options", "--check"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "ASSAY_SOURCE": str(tree.ROOT)})
    findings += (current.stdout + current.stderr).splitlines()
    tree.report(findings)


if __name__ == "__main__":
    main()
