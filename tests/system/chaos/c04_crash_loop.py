#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C4: scanner processes that die at every start: the engine crashes, or its
signatures are spoiled. Starts are tried less and less often, the processor is
idle, the console says that the scanner is down and why, mail is put off at
once, and all recovers when the cause is gone."""

import re
import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import check, check_in, run_tests, wait_for
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, dial

# What the log says of the pauses between starts.
PAUSES = ["0", "1", "2", "4"]
MOST_PROCESSOR = 0.5 if scanners.is_sanitized() else 0.05
TIMEOUT_S = 10


def pauses(host):
    return re.findall(r"scanner\.down .*retry_s=(\d+)", host.log.read_text())


def play(client, mark, infected=False):
    return client.play(scanners.deed_mail(mark=mark, infected=infected))


def check_down(host, client, mark, reason):
    host.wait_state("down")
    check_in("reason", reason, host.scanner()["reason"])
    for infected in (True, False):
        start = time.monotonic()
        result, text = play(client, f"{mark} {infected}", infected)
        check(f"answer ({text})", result, TEMPFAILED)
        check("at once", time.monotonic() - start < TIMEOUT_S / 2, True)


def check_idle(host):
    """Between the first pauses."""
    busy, start = scanners.busy_s(host.pid), time.monotonic()
    wait_for("starts", lambda: len(pauses(host)) >= len(PAUSES))
    share = (scanners.busy_s(host.pid) - busy) / (time.monotonic() - start)
    print(f"  processor: {share:.1%}")
    check("processor is idle", share < MOST_PROCESSOR, True)
    check("pauses", pauses(host)[:len(PAUSES)], PAUSES)


def endure(host, spoil, mend, reason):
    client = dial(host.folder)
    check("before", play(client, "before", True)[0], REJECTED)
    spoil()
    host.kill_processes()
    check_down(host, client, "down", reason)
    check_idle(host)
    check_down(host, client, "still down", reason)
    mend()
    host.wait_state("running")
    check_in("log", "scanner.up", host.log.read_text())
    check("infected", play(client, "after", True)[0], REJECTED)
    check("clean", play(client, "after")[0], ACCEPTED)
    client.close()


def test_c4_engine_crashes(folder):
    base = chaos.folder_in(folder)
    needs = folder / "needs"
    needs.write_text("good")
    text = scanners.hostile_configuration(
        base, f"timeout = {TIMEOUT_S}", f'needs = "{needs}"')
    with scanners.Host(folder, text) as host:
        endure(host, lambda: needs.write_text("crash"),
               lambda: needs.write_text("good"),
               "ended before its engine was open")
        host.check_end(base)


def test_c4_signatures_spoiled(folder):
    base = chaos.folder_in(folder)
    signatures = chaos.folder_in(folder, "signatures")
    good = (chaos.SIGNATURES / "demo.ndb").read_bytes()
    (signatures / "test.ndb").write_bytes(good)
    text = chaos.configuration(base, f"timeout = {TIMEOUT_S}") \
        .replace(str(chaos.SIGNATURES), str(signatures))
    with scanners.Host(folder, text) as host:
        endure(host,
               lambda: (signatures / "test.ndb").write_bytes(b"Some:0:*:zz\n"),
               lambda: (signatures / "test.ndb").write_bytes(good),
               "Malformed database")
        host.check_end(base)


def test_c4_program_replaced(folder):
    """By one that ends at once."""
    base = chaos.folder_in(folder)
    program = scanners.copy_of_assayd(folder)
    scanner = program.parents[1] / "libexec/assay-scanner"
    aside = scanner.with_name("aside")

    def spoil():
        scanner.rename(aside)
        scanner.write_text("#!/bin/sh\nexit 1\n")
        scanner.chmod(0o755)

    text = chaos.configuration(base, f"timeout = {TIMEOUT_S}")
    with scanners.Host(folder, text, program=program) as host:
        endure(host, spoil, lambda: aside.rename(scanner),
               "ended before its engine was open")
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
