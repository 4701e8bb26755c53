#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C10: file_base becomes read-only, vanishes, or is replaced by a symbolic link
under load. Mails are put off while it lasts, the link is not followed, and
afterwards every mail gets the right answer, in the host and in processes."""

import sys

import chaos  # first: it finds the others
import scanners
from assayd import Assayd, check_in, run_tests
from mail_load import TEMPFAILED, Load


def make_read_only(base):
    chaos.remount(base, "ro")


def make_writable(base):
    chaos.remount(base, "rw")


def move_away(base):
    base.rename(base.with_name("away"))


def move_back(base):
    base.with_name("away").rename(base)


def replace_by_link(base):
    """To a folder in which somebody prepared the same names."""
    decoy = base.with_name("decoy")
    decoy.mkdir(mode=0o700)
    for path in base.iterdir():
        (decoy / path.name).mkdir(mode=0o700)
    move_away(base)
    base.symlink_to(decoy)


def remove_link(base):
    base.unlink()
    chaos.remove_tree(base.with_name("decoy"))
    move_back(base)


def remove_for_good(base):
    """Also the private folder of the engine."""
    move_away(base)
    chaos.remove_tree(base.with_name("away"))


def make_anew(base):
    base.mkdir(mode=0o700)


def replace_by_file(base):
    move_away(base)
    base.write_bytes(b"")


def remove_file(base):
    base.unlink()
    move_back(base)


# Files of scans under way when their folder moved stay in it until assayd ends,
# because libclamav goes by names.
def endure(folder, base, faults, decompose=0, scope=""):
    text = chaos.configuration(base, f"timeout = 1 {scope}",
                               decompose=decompose)
    with Assayd(folder, text=text) as assayd, Load(folder) as load:
        for number, (make, mend) in enumerate(faults):
            load.wait_more(30)
            make(base)
            try:
                load.wait_more(24, TEMPFAILED)
            finally:
                mend(base)
            chaos.wait_recovered(folder, number)
            print(f"  {make.__name__}: {load.count(TEMPFAILED)} put off")
        check_in("reason", "temporary", assayd.log.read_text())
        load.wait_more(30)
        print(f"  {dict(load.settle())}")
        chaos.check_clean_end(assayd, folder, base)


PLACES = [(move_away, move_back), (replace_by_link, remove_link),
          (replace_by_file, remove_file),
          (remove_for_good, make_anew)]


def test_c10_vanished_or_replaced(folder):
    endure(folder, chaos.folder_in(folder), PLACES, scope=chaos.IN_HOST)


def test_c10_vanished_or_replaced_decomposed(folder):
    endure(folder, chaos.folder_in(folder), PLACES, 1, chaos.IN_HOST)


def test_c10_processes(folder):
    """They find their folders by names, too."""
    endure(folder, chaos.folder_in(folder), PLACES)


def test_c10_read_only(folder):
    for decompose in (0, 1):
        base = chaos.folder_in(folder, f"base{decompose}")
        chaos.mount(base, "size=16m")
        try:
            endure(folder, base, [(make_read_only, make_writable)], decompose,
                   chaos.IN_HOST)
        finally:
            chaos.unmount(base)


def endure_in_processes(folder, base, faults):
    """The processes die while it lasts, and no new ones can be started."""
    text = chaos.configuration(base, "timeout = 10 clean_cache_size = 0")
    with scanners.Host(folder, text) as host, \
            Load(folder, clients=1) as load:
        for number, (make, mend) in enumerate(faults):
            load.wait_more(30)
            make(base)
            try:
                host.kill_processes()
                load.wait_more(24, TEMPFAILED)
                host.wait_state("down")
                check_in("reason", "temporary folder",
                         host.scanner()["reason"])
            finally:
                mend(base)
            chaos.wait_recovered(folder, number)
            print(f"  {make.__name__}: {load.count(TEMPFAILED)} put off")
        load.wait_more(30)
        print(f"  {dict(load.settle())}")
        host.check_end(base)


def test_c10_new_processes(folder):
    endure_in_processes(folder, chaos.folder_in(folder), PLACES)


def test_c10_link_at_start(folder):
    """It is refused before the first mail."""
    base = chaos.folder_in(folder)
    link = folder / "link"
    link.symlink_to(base)
    text = chaos.configuration(link)
    done = chaos.start_refused(folder, text)
    check_in("why", "is a symbolic link", done.stderr)


if __name__ == "__main__":
    chaos.in_mount_namespace()
    sys.exit(run_tests(globals()))
