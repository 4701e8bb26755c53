#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Functions that product code does not call.

Some cannot be used safely at all. Others change or use what belongs to the
program that loads the library, and so are for hosts alone.
"""

import re

import tree

UNSAFE = ("strcpy strcat sprintf vsprintf strncpy strncat strtok gets atoi "
          "atol atoll alloca mktemp tmpnam tempnam").split()
# The library never exits, prints, or changes the state of the process.
OF_THE_HOST = ("exit _exit quick_exit atexit signal sigaction umask chdir "
               "fchdir setlocale setenv putenv unsetenv printf vprintf puts "
               "putchar perror system popen wait daemon").split()
# A worker ends there, in a process of ours, and leaves all behind as it is; a
# signal tells it that its host has ended.
OWN_PROCESS = {"src/scan/scanner_worker.c": ("_exit", "sigaction")}
LIBRARY = ("src/base/", "src/rt/", "src/conf/", "src/mail/", "src/scan/",
           "src/policy/", "src/runtime/", "engines/", "lua/")


def call(names):
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


def main():
    findings = []
    rules = ((call(UNSAFE), ("src/", "engines/", "lua/"), "is banned"),
             (call(OF_THE_HOST), LIBRARY, "is for hosts, not for the library"))
    for folder in ("src", "engines", "lua"):
        for file in tree.files(".c", ".h", under=folder):
            path, code = tree.name(file), tree.c_code(file)
            for pattern, where, why in rules:
                if not path.startswith(where):
                    continue
                for match in pattern.finditer(code):
                    if match[1] in OWN_PROCESS.get(path, ()):
                        continue
                    line = code.count("\n", 0, match.start()) + 1
                    findings.append(f"{path}:{line}: {match[1]}() {why}")
    tree.report(findings)


if __name__ == "__main__":
    main()
