#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What others were built against.

The types of all that libassay and its modules export, as the compiler laid them
out, are those in docs/abi/*.abi: so a change of an interface is a decision
(tools/update-abi writes the files anew), and never an accident. Only what the
installed headers define counts; what is behind opaque handles is free to change.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tree

HEADERS = tree.ROOT / "include/assay"
SKIP = 77
SHOWN_LINES = 25

# What is compared: the file, what is built, and the numbers of the interface.
PIECES = {
    "libassay": ("lib/libassay.so", "ASSAY_HOST_ABI_* in host.h"),
    "engine": ("lib/assay/engines/csapi.so", "ASSAY_ENGINE_ABI_* in engine.h"),
    "language": ("lib/assay/languages/lua.so",
                 "ASSAY_LANGUAGE_ABI_* in policy.h"),
    "provider": ("lib/assay/providers/clamav.so",
                 "ASSAY_CSAPI_PROVIDER_ABI_* in csapi_provider.h"),
    "scorer": ("lib/assay/scorers/cartridge.so",
               "ASSAY_SCORER_ABI_* in scorer.h"),
}


def dump(library, out, headers=HEADERS):
    """Write the interface of a shared object, without what differs from one
    build to the next: places, and the order in which types were seen."""
    subprocess.run(
        ["abidw", "--headers-dir", headers, "--drop-private-types",
         "--exported-interfaces-only", "--drop-undefined-syms",
         "--no-show-locs", "--no-comp-dir-path", "--no-corpus-path",
         "--no-elf-needed", "--no-architecture", "--no-parameter-names",
         "--type-id-style", "hash", "--out-file", out, library], check=True)
    text = out.read_text().replace(f"path='{tree.ROOT}/", "path='")
    out.write_text(re.sub(r" path='(\.\./)+", " path='", text))


def difference(before, after):
    """What abidiff says, "" when both are the same interface."""
    done = subprocess.run(
        ["abidiff", "--no-show-locs", "--no-unreferenced-symbols",
         before, after],
        text=True, capture_output=True, check=False)
    if done.returncode == 0:
        return ""
    return done.stdout + done.stderr or f"abidiff: {done.returncode}"


def committed(piece):
    return tree.ROOT / "docs/abi" / f"{piece}.abi"


def built():
    """Pieces of this build with their libraries."""
    return [(piece, tree.BUILD / library, numbers)
            for piece, (library, numbers) in PIECES.items()
            if (tree.BUILD / library).exists()]


def finding(piece, numbers, text):
    shown = "\n  ".join(text.splitlines()[:SHOWN_LINES])
    return (f"{tree.name(committed(piece))}: the interface is another one:\n"
            f"  {shown}\n"
            f"  If that is meant: what was added at the end raises the minor "
            f"number, anything else the major one ({numbers}, with a line in "
            f"the list of changes there); then run tools/update-abi")


def findings(folder):
    found = []
    for piece, library, numbers in built():
        fresh = folder / f"{piece}.abi"
        dump(library, fresh)
        text = difference(committed(piece), fresh)
        if text:
            found.append(finding(piece, numbers, text))
    return found


def main():
    if not shutil.which("abidw"):
        print("skipped: abidw is not installed")
        sys.exit(SKIP)
    if sys.argv[1:] == ["--write"]:
        for piece, library, _ in built():
            dump(library, committed(piece))
        return
    with tempfile.TemporaryDirectory(prefix="assay-abi.") as folder:
        found = findings(pathlib.Path(folder))
    tree.report(found)


if __name__ == "__main__":
    main()
