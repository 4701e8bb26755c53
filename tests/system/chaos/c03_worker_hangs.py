#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C3: a worker hangs, because it is stopped. Its mail is put off when its time
is over, the worker is killed and replaced, and the next mails are right. A
template that hangs is replaced as well, when a worker is wanted of it."""

import sys

import chaos  # first: it finds the others
import scanners
from assayd import check, check_in, run_tests, wait_for
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, Load, dial

TIMEOUT_S = 2


def check_next(client, mark):
    for infected, answer in ((True, REJECTED), (False, ACCEPTED)):
        result, text = client.play(
            scanners.deed_mail(mark=f"{mark} {infected}", infected=infected))
        check(f"next {mark} ({text})", result, answer)


def test_c3_worker_stopped(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, f"timeout = {TIMEOUT_S}")
    with scanners.Host(folder, text) as host:
        client = dial(folder)
        check_next(client, "first")
        for round_ in range(2):
            workers = host.workers()
            for pid in workers:
                scanners.stop(pid)
            with scanners.Sending(client, scanners.deed_mail(
                    mark=f"stopped {round_}")) as sending:
                check("answer", sending.answer()[0], TEMPFAILED)
            check(f"{sending.seconds} s", TIMEOUT_S - 1 < sending.seconds <
                  TIMEOUT_S + 1 + scanners.SLACK_S, True)
            for pid in workers:
                wait_for("killed", lambda pid=pid: not scanners.is_there(pid))
            check_next(client, round_)
            check("timed out", host.scanner()["timed_out"], round_ + 1)
        check_in("log", "scanner.timeout", host.log.read_text())
        client.close()
        host.check_end(base)


def test_c3_under_load(folder):
    """All workers at once; their mails are put off, and then all flows."""
    base = chaos.folder_in(folder)
    text = chaos.configuration(
        base, f"timeout = {TIMEOUT_S} {scanners.EACH_SCANNED}")
    with scanners.Host(folder, text) as host, Load(folder) as load:
        load.wait_more(50)
        workers = host.workers()
        for pid in workers:
            scanners.kill(pid, scanners.STOP)
        load.wait_more(1, TEMPFAILED)
        for pid in workers:
            wait_for("killed", lambda pid=pid: not scanners.is_there(pid))
        chaos.wait_recovered(folder)
        load.wait_more(50)
        print(f"  {dict(load.settle())}")
        host.check_end(base)


def test_c3_template_stopped(folder):
    """Its workers go on. When they are gone, so is it, after a while."""
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, f"timeout = {TIMEOUT_S}")
    with scanners.Host(folder, text) as host:
        client = dial(folder)
        check_next(client, "first")
        template, workers = host.template(), host.workers()
        scanners.stop(template)
        check_next(client, "beside")
        for pid in workers:
            scanners.kill(pid)
        chaos.wait_recovered(folder)
        check("another", host.template() != template, True)
        check("gone", scanners.is_there(template), False)
        check_next(client, "after")
        client.close()
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
