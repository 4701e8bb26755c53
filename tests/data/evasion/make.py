#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""make.py FOLDER: write the evasion corpus.

FOLDER/hidden/NAME.eml    the EICAR test file, hidden in the way NAME
FOLDER/twin/NAME.eml      the same with a harmless file of the same size
FOLDER/ordinary/NAME.eml  mail of every day

The test file is put together here, so that no file of the sources holds it.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import ordinary  # noqa: E402
import variants  # noqa: E402

EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD" +
         b"-ANTIVIRUS-TEST-FILE!$H+H*")
HARMLESS = b"H5O!P%@AP[4\\PZX54(P^)7CC)7}$HARMLESS-FILE-OF-THE-SAME-LENGTH!$H+H*"


def write(folder, name, mail):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".eml"), "wb") as file:
        file.write(mail)


def main():
    folder = sys.argv[1]
    twin = HARMLESS.ljust(len(EICAR), b"*")
    assert len(twin) == len(EICAR) == 68
    for name, function in variants.VARIANTS.items():
        write(os.path.join(folder, "hidden"), name, function(EICAR))
        write(os.path.join(folder, "twin"), name, function(twin))
    for name, mail in ordinary.MAILS.items():
        write(os.path.join(folder, "ordinary"), name, mail)


if __name__ == "__main__":
    main()
