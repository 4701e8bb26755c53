#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""AV-23 over the evasion corpus: every hidden file is seen in some reading,
its harmless twin never makes one, and mail of every day has no reason and
hardly a leaf more."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MAKE = os.path.join(HERE, "..", "..", "data", "evasion", "make.py")
PROGRAM = os.path.join(os.environ["ASSAY_BUILD"], "tests", "mail_readings")

# Mail of every day in which some readers do see more, or something else:
# files and messages inside of text, text behind the end, files in TNEF.
MORE_LEAVES = {
    "base64-list-footer": 6,
    "forwarded-in-base64": 1,
    "mixed-list-footer": 1,
    "plain-begin-in-prose": 1,
    "uuencoded-attachment": 1,
    "winmail-dat": 1,
}


def run(folder):
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    out = subprocess.run([PROGRAM] + paths, check=True, capture_output=True,
                         text=True).stdout
    rows = {}
    for line in out.splitlines():
        path, default, leaves, limits, agree, reason, reading = \
            line.split("\t")
        name = os.path.splitext(os.path.basename(path))[0]
        rows[name] = {"default": default == "1", "leaves": int(leaves),
                      "limits": int(limits), "agree": agree == "1",
                      "reason": reason, "reading": reading}
    return rows


def check_hidden(rows, failures):
    for name, row in rows.items():
        if not row["default"] and row["reading"] == "-":
            failures.append(f"{name}: the file was not found")
        if not row["default"] and row["agree"]:
            failures.append(f"{name}: readers are said to agree")
        if row["limits"]:
            failures.append(f"{name}: limits {row['limits']}")


def check_twins(rows, failures):
    for name, row in rows.items():
        if row["default"] or row["reading"] != "-":
            failures.append(f"{name}: the harmless twin was taken for it")


def check_ordinary(rows, failures):
    for name, row in rows.items():
        if row["reason"] != "-":
            failures.append(f"{name}: flagged {row['reason']}")
        if row["leaves"] > MORE_LEAVES.get(name, 0):
            failures.append(f"{name}: {row['leaves']} more leaves")
        if row["limits"]:
            failures.append(f"{name}: limits {row['limits']}")
    agreed = sum(row["agree"] for row in rows.values())
    if agreed < len(rows) * 3 // 4:
        failures.append(f"readers agree on {agreed} of {len(rows)} mails only")
    return agreed


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, MAKE, folder], check=True)
        hidden = run(os.path.join(folder, "hidden"))
        twins = run(os.path.join(folder, "twin"))
        mails = run(os.path.join(folder, "ordinary"))
    if len(hidden) < 80 or len(twins) != len(hidden) or len(mails) < 60:
        failures.append("the corpus is not whole")
    check_hidden(hidden, failures)
    check_twins(twins, failures)
    agreed = check_ordinary(mails, failures)
    flagged = sum(row["reason"] != "-" for row in hidden.values())
    print(f"{len(hidden)} hidden ({flagged} with a reason), {len(mails)} "
          f"ordinary (readers agree on {agreed})")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
