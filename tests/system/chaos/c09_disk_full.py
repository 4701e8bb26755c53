#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C9: file_base on a file system of one megabyte that fills up under load, to
0, 4096 and 65536 free bytes and to the last inode. While it is full mails are
put off; afterwards all of them get the right answer, the same mails again
included, so nothing wrong was remembered."""

import os
import sys

import chaos  # first: it finds the others
from assayd import Assayd, check, check_in, run_tests
from mail_load import TEMPFAILED, Load

MANY_INODES = 2000


def fill_bytes(base, leave):
    """Take all space but this much."""
    room = os.statvfs(base)
    with (base / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0,
                           room.f_bavail * room.f_frsize - leave)


def fill_inodes(base, _):
    for i in range(MANY_INODES):
        try:
            (base / f"filler{i}").touch()
        except OSError:
            return
    raise AssertionError("inodes do not end")


def empty(base):
    for filler in base.glob("filler*"):
        filler.unlink()


LEVELS = [("0 bytes left", fill_bytes, 0),
          ("4096 bytes left", fill_bytes, 4096),
          ("65536 bytes left", fill_bytes, 65536),
          ("no inode left", fill_inodes, 0)]


def fill_and_recover(assayd, folder, base, load):
    for number, (name, fill, leave) in enumerate(LEVELS):
        load.wait_more(50)
        fill(base, leave)
        load.wait_more(24, TEMPFAILED)
        check_in("reason", "temporary", assayd.log.read_text())
        empty(base)
        chaos.wait_recovered(folder, number)
        print(f"  {name}: {load.count(TEMPFAILED)} put off so far")


def disk_full(folder, decompose):
    base = chaos.folder_in(folder)
    chaos.mount(base, f"size=1m,nr_inodes={MANY_INODES}")
    try:
        text = chaos.configuration(base, "timeout = 1", decompose=decompose)
        with Assayd(folder, text=text) as assayd, Load(folder) as load:
            fill_and_recover(assayd, folder, base, load)
            load.wait_more(50)
            print(f"  {dict(load.settle())}")
            check("left behind", chaos.left_behind(base), [])
            chaos.check_clean_end(assayd, folder, base)
    finally:
        chaos.unmount(base)


def test_c9_disk_full(folder):
    disk_full(folder, 0)


def test_c9_disk_full_decomposed(folder):
    disk_full(folder, 1)


if __name__ == "__main__":
    chaos.in_mount_namespace()
    sys.exit(run_tests(globals()))
