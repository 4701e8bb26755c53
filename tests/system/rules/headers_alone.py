#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Each public header compiles alone, as strict C11 and with both compilers."""

import subprocess

import tree

FLAGS = ["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror",
         "-fsyntax-only", "-x", "c", "-"]


def main():
    findings = []
    for header in tree.files(".h", under="include"):
        include = header.relative_to(tree.ROOT / "include").as_posix()
        for compiler in ("gcc", "clang"):
            done = subprocess.run(
                [compiler, f"-I{tree.ROOT / 'include'}", *FLAGS],
                input=f"#include <{include}>\n" * 2 + "typedef int end;\n",
                capture_output=True, text=True, check=False)
            if done.returncode != 0:
                findings.append(f"{tree.name(header)}:1: {compiler}: "
                                + done.stderr.strip())
    tree.report(findings)


if __name__ == "__main__":
    main()
