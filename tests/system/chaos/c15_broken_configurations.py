#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C15: each configuration of tests/data/broken-configs. assayd does not start
with it and says FILE:LINE; when a running assayd is given it, by signal or by
command, the old configuration stays active, that is said, and mail flows on."""

import os
import pathlib
import re
import signal
import subprocess
import sys

import chaos  # first: it finds the others
from assayd import (
    ASSAY, EX_CONFIG, PATIENCE_S, Assayd, check, check_in, configure, run,
    run_tests)
from mail_load import TEMPFAILED, Load

BROKEN = pathlib.Path(os.environ["ASSAY_SOURCE"]) / "tests/data/broken-configs"


def broken_configurations():
    """Of each file: its name, its text for an engine that is installed, the
    line of the mistake and a word of what is said about it."""
    for path in sorted(BROKEN.glob("*.conf")):
        text = re.sub(rb"\bsample\b", b"clamav", path.read_bytes())
        line, what = re.match(rb"# (\d+): (.*)\n", text).groups()
        yield path.name, text, int(line), what.decode()


def test_c15_at_start(folder):
    path = folder / "assay.conf"
    count = 0
    for name, text, line, what in broken_configurations():
        path.write_bytes(text)
        done = run("-c", path)
        check(f"{name}: status", done.returncode, EX_CONFIG)
        check_in(name, f"{path}:{line}:", done.stderr)
        check_in(name, what, done.stderr)
        count += 1
    check("files", count >= 14, True)


def reload_by_command(folder):
    """Status and output of `assay console config reload`."""
    done = subprocess.run(
        [ASSAY, "console", "-s", f"{folder}/sc", "config", "reload"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def break_it(assayd, folder, broken, number):
    name, text, line, what = broken
    path = folder / "assay.conf"
    path.write_bytes(text)
    assayd.process.send_signal(signal.SIGUSR1)
    assayd.wait_log("assayd.reload_failed ", number)
    status, said = reload_by_command(folder)
    check(f"{name}: status of config reload", status, 1)
    check_in(name, "Reconfigure failed\n", said)
    check_in(name, f"{path}:{line}:", said)
    check_in(name, what, said)


def test_c15_at_reload(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base)
    with Assayd(folder, text=text) as assayd:
        with Load(folder, clients=3) as load:
            load.wait_more(10)
            for number, broken in enumerate(broken_configurations(), 1):
                break_it(assayd, folder, broken, number)
                chaos.check_refused(folder, number)
                load.wait_more(5)
            configure(folder, text)
            check("mended", reload_by_command(folder)[0], 0)
            load.wait_more(20)
        first = load.settle()
        print(f"  {number} configurations, {dict(first)}")
        check("put off", first[TEMPFAILED], 0)
        chaos.check_clean_end(assayd, folder, base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
