#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C19: the clock of the day jumps under load, a day ahead, a day back, and to
the other side of January 2038. Timeouts go by the clock that does not jump:
none is early, none late; nothing measured is negative; the cache stays right.
The jumps are those of libfaketime, which the library reads from a file."""

import glob
import os
import re
import sys

import chaos  # first: it finds the others
from assayd import Assayd, check, run_tests
from c09_disk_full import empty, fill_bytes
from mail_load import TEMPFAILED, Load

FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
JUMPS = ["+1d", "-1d", "+4500d", "+0"]
# Years that the log must show, so that the jumps were there.
FAR_YEARS = ("2038", "2039")
LONGEST_MS = 60000


def environment(folder):
    """@return what makes assayd look at the clock in the file"""
    (folder / "clock").write_text("+0")
    # The runtime of a sanitizer wants to be the first library.
    first = [library for library in (sanitizer(),) if library]
    return dict(os.environ, LD_PRELOAD=":".join(first + FAKETIME[:1]),
                FAKETIME_TIMESTAMP_FILE=str(folder / "clock"),
                FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1",
                FAKETIME_NO_CACHE="1", FAKETIME_DONT_RESET="1")


def sanitizer():
    """The sanitizer's library that assayd is linked with, if any."""
    program = os.path.join(os.environ["ASSAY_BUILD"], "bin/assayd")
    with os.popen(f"ldd '{program}'") as lines:
        found = re.findall(r"=> (\S*/lib[at]san\.so\S*)", lines.read())
    return found[0] if found else None


def jump(folder, offset):
    """In one step: the library never reads half of it."""
    (folder / "clock.new").write_text(offset)
    (folder / "clock.new").replace(folder / "clock")


def durations(log):
    return [int(number) for number in re.findall(r" ms=(-?\d+)", log)]


def check_log(log):
    check("jumped", any(line.startswith(FAR_YEARS)
                        for line in log.splitlines()), True)
    check("durations", [ms for ms in durations(log)
                        if not 0 <= ms < LONGEST_MS], [])


def load_of(folder):
    """libmilter looks every ten minutes for connections that are two hours
    old, by the time of day, and hangs up: a jump of a day may cost a mail that
    was begun its connection. The MTA puts that off."""
    return Load(folder, hang_up_allowed=True)


def numbers(value):
    """All numbers in what the console said."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [value] if isinstance(value, (int, float)) else []


def check_statistics(folder):
    for command in ("antivirus:av stats", "threads stats", "cache stats",
                    "counter list"):
        answer = chaos.console(folder, command)
        check(f"negative in {answer}", [n for n in numbers(answer) if n < 0],
              [])
    engine = chaos.engine_stats(folder)
    for name in ("message_ms", "part_ms"):
        check(name, engine[name] < LONGEST_MS, True)
    check("the cache is in use", engine["cache_hits"] > 0, True)


def test_c19_clock_jumps(folder):
    base = chaos.folder_in(folder)
    with Assayd(folder, text=chaos.configuration(base),
                env=environment(folder)) as assayd, load_of(folder) as load:
        load.wait_more(50)
        for number, offset in enumerate(JUMPS):
            jump(folder, offset)
            load.wait_more(40)
            chaos.wait_recovered(folder, number)
            check_statistics(folder)
        first = load.settle()
        print(f"  {dict(first)}, {dict(load.texts(TEMPFAILED))}")
        check_log(assayd.log.read_text())
        check("put off", first[TEMPFAILED], 0)
        chaos.check_clean_end(assayd, folder, base)


def test_c19_waits_end_in_time(folder):
    """Scans in the host that wait for room while the clock jumps: their time is
    over when it is over."""
    base = chaos.folder_in(folder)
    chaos.mount(base, "size=1m,nr_inodes=2000")
    try:
        text = chaos.configuration(base, f"timeout = 1 {chaos.IN_HOST}")
        with Assayd(folder, text=text,
                    env=environment(folder)) as assayd, load_of(folder) as load:
            load.wait_more(30)
            for number, offset in enumerate(JUMPS):
                # Room for one of the scans, so that the others wait for it.
                fill_bytes(base, 200000)
                jump(folder, offset)
                load.wait_more(16)
                empty(base)
                chaos.wait_recovered(folder, number)
            print(f"  {dict(load.settle())}")
            check_log(assayd.log.read_text())
            chaos.check_clean_end(assayd, folder, base)
    finally:
        chaos.unmount(base)


if __name__ == "__main__":
    if not FAKETIME:
        print("skipped: libfaketime is not installed")
        sys.exit(chaos.SKIP)
    chaos.in_mount_namespace()
    sys.exit(run_tests(globals()))
