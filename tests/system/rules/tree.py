#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The source tree as the rules see it.

A rule is a script that prints one line for each finding, in the form
"path:line: sentence", and exits 1 when there was any.
"""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(
    os.environ.get("ASSAY_SOURCE")
    or pathlib.Path(__file__).resolve().parents[3])
BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD") or ROOT / "build/dev")


def files(*suffixes, under=""):
    """Files with one of the suffixes (all without), sorted, as Path."""
    found = []
    for folder, names, entries in os.walk(ROOT / under):
        names[:] = [
            name for name in names
            if name not in (".git", "__pycache__")
            and not (name.startswith("build")
                     and pathlib.Path(folder) == ROOT)]
        found += [pathlib.Path(folder, entry) for entry in entries
                  if entry != ".git"  # a file in a linked worktree
                  and (not suffixes or entry.endswith(suffixes))]
    return sorted(found)


def name(path):
    """How a path is called in findings."""
    return path.relative_to(ROOT).as_posix()


def text(path):
    """The contents; bytes that are no UTF-8 become replacement characters."""
    return path.read_text(encoding="utf-8", errors="replace")


_C_TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def c_code(path):
    """C source with comments and literals blanked; lines stay in place."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return _C_TOKEN.sub(blank, text(path))


def report(findings):
    """Print the findings and end the script."""
    for finding in findings:
        print(finding)
    if findings:
        sys.exit(f"{len(findings)} findings")
