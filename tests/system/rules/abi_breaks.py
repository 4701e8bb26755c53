#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A changed interface does not get past the rule abi.

Copies of the headers are changed in the ways in which interfaces break, and what
is built with them is compared as abi.py compares: each change is found, and
headers that were not changed are the same.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import abi
import tree

# What a module with the table of one kind is made of; for libassay the one
# function from which the table for hosts is reached.
SOURCES = {
    "engine": "#include <assay/engine.h>\nASSAY_ENGINE_MODULE(.name = \"x\");",
    "language":
        "#include <assay/policy.h>\nASSAY_LANGUAGE_MODULE(.name = \"x\");",
    "libassay": "#include <assay/host.h>\n"
                "const assay_host_table *assay_host_table_get(uint32_t major,"
                " uint32_t minor, assay_error *err)\n"
                "{ (void)major; (void)minor; (void)err; return 0; }",
}

# Piece, header, what stands there, what stands there instead.
CHANGES = (
    # a member in the middle
    ("engine", "engine.h", "    size_t size;            /**< bytes */",
     "    uint32_t flags;\n    size_t size;"),
    # a member at the end
    ("language", "policy.h",
     "    uint32_t (*phases)(void *instance);\n} assay_language_ops;",
     "    uint32_t (*phases)(void *instance);\n"
     "    void (*more)(void);\n} assay_language_ops;"),
    # another type of the same size
    ("libassay", "assay.h", "    int64_t (*now_ms)(void *arg);",
     "    uint64_t (*now_ms)(void *arg);"),
    # a parameter more
    ("libassay", "host.h", "    void (*stop)(assay *library);",
     "    void (*stop)(assay *library, bool is_urgent);"),
    # two members that changed places
    ("libassay", "verdict.h",
     "    assay_status status;\n    assay_reason reason;\n    char info",
     "    assay_reason reason;\n    assay_status status;\n    char info"),
    # a value of an enumeration that shifts those behind it
    ("engine", "engine.h", "    ASSAY_FOUND_FAULT = 0,",
     "    ASSAY_FOUND_FAULT = 0, ASSAY_FOUND_MORE,"),
)


def build(folder, piece, headers):
    """The interface of a module that was built with some headers."""
    source = folder / "module.c"
    source.write_text(SOURCES[piece] + "\n", encoding="ascii")
    subprocess.run(
        ["cc", "-std=c11", "-g", "-fPIC", "-shared", "-fvisibility=hidden",
         "-I", headers.parent, source, "-o", folder / "module.so"], check=True)
    out = folder / "module.abi"
    abi.dump(folder / "module.so", out, headers)
    return out


def changed_headers(folder, name, before, after):
    headers = folder / "include/assay"
    shutil.rmtree(headers, ignore_errors=True)
    shutil.copytree(abi.HEADERS, headers)
    text = (headers / name).read_text(encoding="utf-8")
    if text.count(before) != 1:
        raise SystemExit(f"{name} does not have once: {before}")
    (headers / name).write_text(text.replace(before, after), encoding="utf-8")
    return headers


def unchanged(folder, piece):
    """What is compared with; an own one of libassay, which has more."""
    own = folder / f"{piece}-own.abi"
    shutil.move(build(folder, piece, abi.HEADERS), own)
    return own if piece == "libassay" else abi.committed(piece)


def findings(folder):
    found = []
    for piece in SOURCES:
        text = abi.difference(unchanged(folder, piece),
                              build(folder, piece, abi.HEADERS))
        if text:
            found.append(f"{piece}: headers that are the same: {text}")
    for piece, name, before, after in CHANGES:
        reference = unchanged(folder, piece)
        headers = changed_headers(folder, name, before, after)
        text = abi.difference(reference, build(folder, piece, headers))
        if not text:
            found.append(f"{name}: not found: {after}")
        elif "tools/update-abi" not in abi.finding(piece, "N", text):
            found.append(f"{name}: the finding does not say what to do")
    return found


def main():
    if not shutil.which("abidw"):
        print("skipped: abidw is not installed")
        sys.exit(abi.SKIP)
    with tempfile.TemporaryDirectory(prefix="assay-abi.") as folder:
        found = findings(pathlib.Path(folder))
    tree.report(found)


if __name__ == "__main__":
    main()
