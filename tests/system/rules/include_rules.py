#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Who may include what, checked from the include lines.

base <- rt <- conf, mail <- scan, store <- policy <- runtime; conf and mail do
not know each other, and neither do scan and store. Engines, policy languages and hosts see the public headers and
their own folder. Each foreign library is the business of one folder.
"""

import re

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*(<([^>]+)>|"([^"]+)")', re.M)

BELOW = {
    "base": [],
    "rt": ["base"],
    "conf": ["base", "rt"],
    "mail": ["base", "rt"],
    "scan": ["base", "rt", "conf", "mail"],
    "store": ["base", "rt", "mail"],
    "policy": ["base", "rt", "conf", "mail", "scan", "store"],
    "runtime": ["base", "rt", "conf", "mail", "scan", "store", "policy"],
}

# Header of a foreign library -> where the files that may include it begin.
OWNERS = {
    r"(lua|lauxlib|lualib|luaconf)\.h": ("lua/",),
    r"libmilter/.*": ("src/hosts/milter/",),
    r"jansson\.h": ("src/hosts/cli/", "src/runtime/control",
                    "engines/cloudmark/"),
    r"curl/.*": ("engines/cloudmark/",),
    r"libxml/.*": ("src/store/activefilter_document",),
    r"sqlite3\.h": ("src/store/activefilter_state",),
    r"clamav(-.*)?\.h": ("engines/clamav/",),
    r"yara(/.*)?\.h": ("engines/yara/",),
    r"openssl/.*": ("src/scan/cache", "src/store/activefilter",
                    "engines/cloudmark/", "engines/yara/"),
    r"seccomp\.h": ("src/hosts/scanner/",),
    r"local_scan\.h": ("src/hosts/exim/",),
    r"(histedit|editline/.*)\.h": ("src/hosts/cli/",),
}

# One configuration file serves all hosts, so they share the option tables.
SHARED = "stanzas/"
# assayd is two hosts in a process: it starts and stops the scan socket.
SCAN_SERVER = ("src/hosts/milter/main.c", "scansocket/scan_server.h")

FOLDERS = ("include", "src", "engines", "lua")


def own_folder(path):
    """The folder of an engine, a host or the Lua binding."""
    parts = path.split("/")
    if parts[0] == "lua":
        return "lua"
    return "/".join(parts[:3] if parts[1] == "hosts" else parts[:2])


def quoted(path, header):
    """A finding about #include "header" in path, or None."""
    parts = path.split("/")
    if path.startswith("src/hosts/") and header.startswith(SHARED):
        return None
    if (path, header) == SCAN_SERVER:
        return None
    if ".." in header.split("/"):
        return "an include does not climb out of its folder"
    if parts[0] == "include":
        return "a public header includes <assay/…> and the C library only"
    if parts[0] == "src" and parts[1] in BELOW:
        layer, target = parts[1], header.split("/")[0]
        if target == layer or target in BELOW[layer]:
            return None
        return f"layer {layer} may not include \"{header}\""
    beside = tree.ROOT / path
    if (beside.parent / header).exists() or (
            tree.ROOT / own_folder(path) / header).exists():
        return None
    return (f"\"{header}\" is not in {own_folder(path)}; "
            "only public headers and the own folder are seen here")


def angled(path, header):
    """A finding about #include <header> in path, or None."""
    for pattern, owners in OWNERS.items():
        if re.fullmatch(pattern, header) and not path.startswith(owners):
            return f"<{header}> belongs to {' and '.join(owners)}"
    if path.startswith("include/") and header.startswith("assay/"):
        if not (tree.ROOT / "include" / header).exists():
            return f"<{header}> does not exist"
    return None


def main():
    findings = []
    for folder in FOLDERS:
        for file in tree.files(".c", ".h", under=folder):
            path, source = tree.name(file), tree.text(file)
            for match in INCLUDE.finditer(source):
                finding = (angled(path, match[2]) if match[2]
                           else quoted(path, match[3]))
                if finding:
                    line = source.count("\n", 0, match.start(1)) + 1
                    findings.append(f"{path}:{line}: {finding}")
    tree.report(findings)


if __name__ == "__main__":
    main()
