#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C23: SIGTERM under load. Mails in flight get a verdict or are put off within
15 seconds, assayd ends with 0, and its socket and temporary files are gone;
the next assayd gives the rest their answers."""

import sys
import time

import chaos  # first: it finds the others
from assayd import Assayd, check, run_tests
from mail_load import Load

STOP_S = 15
ROUNDS = 3


def stop_under_load(folder, base, load, text):
    with Assayd(folder, text=text) as assayd:
        load.wait_more(150)
        begin = time.monotonic()
        check("status", assayd.stop(patience_s=STOP_S), 0)
        check("socket", (folder / "s").exists(), False)
        check("left behind", list(base.iterdir()), [])
        print(f"  stopped in {time.monotonic() - begin:.1f} s")


def stops(folder, decompose):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, decompose=decompose)
    load = Load(folder)
    with load:
        for _ in range(ROUNDS):
            stop_under_load(folder, base, load, text)
        with Assayd(folder, text=text) as assayd:
            load.wait_more(50)
            print(f"  {dict(load.settle())}, {load.refused} connections "
                  "refused")
            chaos.check_clean_end(assayd, folder, base)


def test_c23_stop_under_load(folder):
    stops(folder, 0)


def test_c23_stop_under_load_decomposed(folder):
    stops(folder, 1)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
