#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""docs/LOCKING.md shows the table of src/rt/lock_ranks.h.

With --write the table in the document is written anew.
"""

import re
import sys

import tree

RANKS = tree.ROOT / "src/rt/lock_ranks.h"
DOCUMENT = tree.ROOT / "docs/LOCKING.md"
ROW = re.compile(r'^LOCK\((\w+), (\d+),\s*"([^"]*)"\)$', re.M)
TABLE = re.compile(r"^\| lock \|.*?(?=\n\n|\Z)", re.M | re.S)


def rendered():
    """The table as the document shows it, and findings about the ranks."""
    locks = [(name, int(rank), guards)
             for name, rank, guards in ROW.findall(tree.text(RANKS))]
    ranks = [rank for _, rank, _ in locks]
    findings = []
    if not locks or ranks != sorted(set(ranks)):
        findings.append(f"{tree.name(RANKS)}:1: ranks do not rise")
    lines = ["| lock | rank | guards |", "|---|---|---|"]
    lines += [f"| {name} | {rank} | {guards} |"
              for name, rank, guards in locks]
    return "\n".join(lines), findings


def main():
    table, findings = rendered()
    document = tree.text(DOCUMENT)
    if sys.argv[1:] == ["--write"]:
        DOCUMENT.write_text(TABLE.sub(lambda _: table, document, count=1))
        return
    found = TABLE.search(document)
    if not found or found.group().rstrip() != table:
        findings.append(f"{tree.name(DOCUMENT)}:1: the table is not that of "
                        f"{tree.name(RANKS)}; locking_table.py --write")
    tree.report(findings)


if __name__ == "__main__":
    main()
