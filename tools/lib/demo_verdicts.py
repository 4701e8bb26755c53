#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Compare the verdicts on the demo mailbox with what they must be.

Reads the JSON lines of `assay scan --json`; the argument is the folder. A
mail is called after the verdict it must get: clean-… or infected-….
"""

import json
import pathlib
import sys


def main():
    folder = pathlib.Path(sys.argv[1])
    wanted = {mail.name: mail.name.split("-")[0]
              for mail in folder.glob("*.eml")}
    got = {}
    for line in sys.stdin:
        outcome = json.loads(line)
        if "path" in outcome:
            got[pathlib.Path(outcome["path"]).name] = outcome["status"]
    wrong = [f"{name}: {got.get(name, 'no verdict')}, expected {want}"
             for name, want in sorted(wanted.items()) if got.get(name) != want]
    if wrong or not wanted:
        sys.exit("\n".join(wrong or ["there are no mails"]))
    print(f"All {len(wanted)} verdicts are the expected ones.")


if __name__ == "__main__":
    main()
