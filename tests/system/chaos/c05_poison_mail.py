#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C5: a mail that kills each worker that looks at it. After two it is
unscannable, and it is not tried a third time, however often it comes; other
mail flows all along. What the answer is, the configuration says."""

import sys

import chaos  # first: it finds the others
import scanners
from assayd import check, check_in, run_tests
from mail_load import REJECTED, TEMPFAILED, Load, send_one

AGAIN = 5


def poison(mark):
    return scanners.deed_mail("segfault", mark)


def check_sent(host, mail, answer, crashed):
    result, text = send_one(host.folder, mail)
    check(f"answer ({text})", result, answer)
    check_in("reason", b"poison", text)
    check("workers killed", host.scanner()["crashed"], crashed)


def endure(folder, on_unscannable, answer):
    base = chaos.folder_in(folder, on_unscannable)
    text = scanners.hostile_configuration(base).replace(
        "on_unscannable = tempfail", f"on_unscannable = {on_unscannable}")
    with scanners.Host(folder, text) as host, \
            Load(folder, scanners.plain_kind) as load:
        load.wait_more(50)
        for number in (1, 2, 3):
            mail = poison(str(number))
            for _ in range(AGAIN):
                check_sent(host, mail, answer, 2 * number)
            load.wait_more(50)
        check("poisoned", host.scanner()["poisoned"], 3)
        chaos.console(folder, "cache flush")
        check_sent(host, poison("1"), answer, 8)
        load.wait_more(50)
        first = load.settle()
        print(f"  {dict(first)}")
        check("others put off", first[TEMPFAILED], 0)
        host.check_end(base)


def test_c5_put_off(folder):
    endure(folder, "tempfail", TEMPFAILED)


def test_c5_refused(folder):
    endure(folder, "reject", REJECTED)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
