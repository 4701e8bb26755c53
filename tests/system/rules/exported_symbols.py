#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What the shared objects export.

libassay exports what docs/abi/libassay.symbols lists, no more and no less
(tools/update-symbols writes the list anew, on purpose); an engine, a policy
language and a provider for the csapi engine export their one table; the module
for Exim what Exim and its administrators call.
"""

import subprocess
import sys

import tree

LIST = tree.ROOT / "docs/abi/libassay.symbols"
TABLES = {
    "engines": "assay_engine_module_v1",
    "languages": "assay_language_module_v1",
    "providers": "assay_csapi_provider_v1",
}
EXIM = sorted([
    "local_scan", "local_scan_options", "local_scan_options_count",
    "local_scan_version_major", "local_scan_version_minor", "assay_action",
    "assay_context", "assay_info", "assay_reply", "assay_verdict"])


def exported(library):
    """Names a shared object defines for others."""
    lines = subprocess.run(
        ["nm", "-D", "--defined-only", "--format=posix", str(library)],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(line.split()[0] for line in lines if line)


def library_findings():
    have = set(exported(tree.BUILD / "lib/libassay.so"))
    want = set(tree.text(LIST).split())
    return (
        [f"libassay.so exports {name}, which {tree.name(LIST)} does not list"
         for name in sorted(have - want)]
        + [f"libassay.so does not export {name}, which {tree.name(LIST)} lists"
           for name in sorted(want - have)])


def module_findings():
    findings = []
    for folder, table in TABLES.items():
        for module in sorted((tree.BUILD / "lib/assay" / folder).glob("*.so")):
            have = exported(module)
            if have != [table]:
                findings.append(f"{folder}/{module.name} exports "
                                f"{', '.join(have) or 'nothing'}; "
                                f"want {table} alone")
    for module in (tree.BUILD / "lib/assay/exim").glob("*.so"):
        have = exported(module)
        if have != EXIM:
            findings.append(f"exim/{module.name} exports {', '.join(have)}")
    return findings


def main():
    if sys.argv[1:] == ["--write"]:
        names = exported(tree.BUILD / "lib/libassay.so")
        LIST.write_text("".join(name + "\n" for name in names))
        return
    tree.report(library_findings() + module_findings())


if __name__ == "__main__":
    main()
