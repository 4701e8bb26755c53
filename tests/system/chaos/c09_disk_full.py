#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C9: file_base on a file system of one megabyte that fills up under load, to
0, 4096 and 65536 free bytes and to the last inode. While it is full mails are
put off; afterwards all of them get the right answer, the same mails again
included, so nothing wrong was remembered. Scanner processes with a file system
of their own do not mind."""

import errno
import os
import sys

import chaos  # first: it finds the others
import mail_samples
import scanners
from assayd import Assayd, check, check_in, run_tests, wait_for
from mail_load import TEMPFAILED, Load

MANY_INODES = 2000


def try_fill(base, leave):
    room = os.statvfs(base)
    with (base / "filler").open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0,
                               room.f_bavail * room.f_frsize - leave)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False  # assayd took some of it in between
    return True


def fill_bytes(base, leave):
    """Take all space but this much."""
    wait_for("a full disk", lambda: try_fill(base, leave))


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
    """Mails are put off while it is full."""
    for number, (name, fill, leave) in enumerate(LEVELS):
        load.wait_more(50)
        fill(base, leave)
        load.wait_more(24, TEMPFAILED)
        check_in("reason", "temporary", assayd.log.read_text())
        check("errors on the console",
              chaos.engine_stats(folder)["errors"] > 0, True)
        empty(base)
        chaos.wait_recovered(folder, number)
        print(f"  {name}: {load.count(TEMPFAILED)} put off so far")


def fill_and_go_on(host, folder, base, load):
    """Nothing is put off while the processes live. They die, and no new ones
    can be started; when there is room again, they are."""
    for number, (_, fill, leave) in enumerate(LEVELS):
        load.wait_more(50)
        fill(base, leave)
        load.wait_more(30)
        chaos.check_refused(folder, number)
        empty(base)
    check("put off", load.count(TEMPFAILED), 0)
    fill_bytes(base, 0)
    host.kill_processes()
    load.wait_more(24, TEMPFAILED)
    host.wait_state("down")
    check_in("reason", "No space left", host.scanner()["reason"])
    empty(base)
    chaos.wait_recovered(folder)


def disk_full(folder, break_it, scope="", decompose=0, in_base=False,
              timeout=1):
    base = chaos.folder_in(folder)
    chaos.mount(base, f"size=1m,nr_inodes={MANY_INODES}")
    try:
        engine = chaos.SMALL + (f' temporary = "{base}"' if in_base else "")
        text = chaos.configuration(base, f"timeout = {timeout} {scope}", engine,
                                   decompose=decompose)
        with scanners.Host(folder, text) as host, Load(folder) as load:
            break_it(host, folder, base, load)
            load.wait_more(50)
            print(f"  {dict(load.settle())}")
            check("left behind", chaos.left_behind(base), [])
            host.check_end(base)
    finally:
        chaos.unmount(base)


def test_c9_disk_full(folder):
    disk_full(folder, fill_and_recover, chaos.IN_HOST)


def test_c9_disk_full_decomposed(folder):
    disk_full(folder, fill_and_recover, chaos.IN_HOST, decompose=1)


def test_c9_disk_full_under_workers(folder):
    """Processes that have their temporary files there."""
    disk_full(folder, fill_and_recover, in_base=True)


def test_c9_workers_do_not_mind(folder):
    disk_full(folder, fill_and_go_on, scanners.EACH_SCANNED, timeout=10)


LARGE_BYTES = 1500000
mail_samples.OTHER_KINDS["eicar large"] = lambda: mail_samples.large(
    mail_samples.EICAR, LARGE_BYTES)
mail_samples.OTHER_KINDS["clean large"] = lambda: mail_samples.large(
    b"", LARGE_BYTES)


def large_kind(number):
    """Every other content is large."""
    content = number // mail_samples.TWINS
    infected = content % mail_samples.INFECTED_EACH == 0
    return None if content % 2 else \
        "eicar large" if infected else "clean large"


def test_c9_large_parts(folder):
    """Those go into file_base before an engine sees them; the engine has its
    temporary files elsewhere."""
    base, other = chaos.folder_in(folder), chaos.folder_in(folder, "other")
    chaos.mount(base, "size=32m")
    try:
        text = chaos.configuration(
            base, "timeout = 20 clean_cache_size = 0 cache_size = 0",
            f'temporary = "{other}"', decompose=1)
        with Assayd(folder, text=text) as assayd, \
                Load(folder, large_kind) as load:
            load.wait_more(20)
            fill_bytes(base, 65536)
            load.wait_more(10, TEMPFAILED)
            check_in("reason", "no room for a temporary file",
                     assayd.log.read_text())
            empty(base)
            chaos.wait_recovered(folder)
            load.wait_more(10)
            print(f"  {dict(load.settle())}")
            check("left behind", chaos.left_behind(base), [])
            chaos.check_clean_end(assayd, folder, base)
    finally:
        chaos.unmount(base)


if __name__ == "__main__":
    chaos.in_mount_namespace()
    sys.exit(run_tests(globals()))
