#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C13: mails that take a scanner very long: 100,000 segments of a parameter
(RFC 2231), uuencoded files that begin and begin, 20,000 parts. They have their
answer when their time is over, what scanned them uses no processor from then
on, and other mails flow all along."""

import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import check, run_tests
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, Load, dial
from mail_samples import Mail

TIMEOUT_S = 2
LOOK_S = 1
AFTERWARDS_S = 1 if scanners.is_sanitized() else 0.1


def segments(mark):
    """One parameter in 100,000 pieces."""
    value = b" application/octet-stream" + b"".join(
        b";\n name*%d*=a%%20" % i for i in range(100000))
    return Mail(0, "", ((b"Subject", b" " + mark), (b"MIME-Version", b" 1.0"),
                        (b"Content-Type", b" multipart/mixed; boundary=b")),
                b"--b\r\nContent-Type:" + value.replace(b"\n", b"\r\n") +
                b"\r\n\r\nx\r\n--b--\r\n")


def uuencode(mark):
    return Mail(0, "", ((b"Subject", b" " + mark),),
                b"begin 644 a.txt\r\n" * 100000)


def parts(mark):
    part = b"--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"
    return Mail(0, "", ((b"Subject", b" " + mark), (b"MIME-Version", b" 1.0"),
                        (b"Content-Type", b" multipart/mixed; boundary=b")),
                part * 20000 + b"--b--\r\n")


BURNERS = {"segments": segments, "uuencode": uuencode, "parts": parts}


def configuration(base, decompose):
    return chaos.configuration(
        base, f"timeout = {TIMEOUT_S} on_unscannable = tempfail",
        engine="", decompose=decompose)


def burn(folder, decompose):
    base = chaos.folder_in(folder)
    with scanners.Host(folder, configuration(base, decompose)) as host:
        client = dial(folder)
        for name, make in BURNERS.items():
            start = time.monotonic()
            result, text = client.play(make(name.encode()))
            seconds = time.monotonic() - start
            busy = scanners.busy_s(host.pid)
            time.sleep(LOOK_S)
            busy = scanners.busy_s(host.pid) - busy
            print(f"  {name}: {result} {text!r} after {seconds:.1f} s, "
                  f"{busy * 1000:.0f} ms of processor afterwards")
            check("in time", seconds < TIMEOUT_S + 1 + scanners.SLACK_S, True)
            check("quiet", busy < AFTERWARDS_S, True)
            check("answer", result in (ACCEPTED, TEMPFAILED), True)
        client.close()
        host.check_end(base)


def test_c13_burners(folder):
    burn(folder, 0)


def test_c13_burners_decomposed(folder):
    burn(folder, 1)


def test_c13_others_flow(folder):
    """While one after another burns."""
    base = chaos.folder_in(folder)
    with scanners.Host(folder, configuration(base, 0)) as host, \
            Load(folder, clients=2) as load:
        client = dial(folder)
        for name, make in BURNERS.items():
            before = load.count()
            with scanners.Sending(client, make(name.encode())) as sending:
                result, _ = sending.answer()
            flowed = load.count() - before
            print(f"  {name}: {result}, {flowed} others in "
                  f"{sending.seconds:.1f} s")
            check("others flow", flowed > 0, True)
            check("answer", result != REJECTED, True)
        client.close()
        first = load.settle()
        print(f"  {dict(first)}")
        check("put off", first[TEMPFAILED], 0)
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
