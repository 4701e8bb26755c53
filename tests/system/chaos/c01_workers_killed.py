#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C1: workers are killed in the middle of scans, under load. A mail whose
worker dies is scanned by another one, or put off; no infected one is accepted,
the others flow, no process is left half dead and no file behind."""

import random
import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import check, run_tests, wait_for
from mail_load import ACCEPTED, REJECTED, SCALE, Load, dial

KILLS = int(100 * SCALE)
LONGEST_PAUSE_S = 0.05


def kill_workers(host, chance, kills):
    """At random moments."""
    killed = 0
    while killed < kills:
        workers = host.workers()
        if workers:
            killed += scanners.kill(chance.choice(workers))
        time.sleep(chance.uniform(0, LONGEST_PAUSE_S))


def test_c1_workers_killed(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, scanners.EACH_SCANNED)
    chance = random.Random(1)
    with scanners.Host(folder, text) as host, Load(folder) as load:
        load.wait_more(50)
        kill_workers(host, chance, KILLS)
        killed = time.monotonic()
        chaos.wait_recovered(folder)
        check("recovered late",
              time.monotonic() - killed < 2 + scanners.SLACK_S, True)
        load.wait_more(50)
        print(f"  {dict(load.settle())}")
        scanner = host.scanner()
        print(f"  {scanner}")
        check("killed in a scan", scanner["crashed"] > 0, True)
        check("templates", scanner["templates_started"], 1)
        wait_for("no zombie", lambda: not scanners.zombies(host.pid))
        host.check_end(base)


def test_c1_scanned_by_another(folder):
    """The worker has got the mail, or will at once, and dies."""
    base = chaos.folder_in(folder)
    text = scanners.hostile_configuration(base, scanners.EACH_SCANNED)
    with scanners.Host(folder, text) as host:
        client = dial(folder)
        for infected, answer in ((True, REJECTED), (False, ACCEPTED)):
            workers = wait_for("workers", host.workers)
            for pid in workers:
                scanners.stop(pid)
            with scanners.Sending(client, scanners.deed_mail(
                    mark=str(infected), infected=infected)) as sending:
                wait_for("a scan under way", lambda: host.busy() > 0)
                for pid in workers:
                    scanners.kill(pid)
                check("answer", sending.answer()[0], answer)
        client.close()
        host.check_end(base)


def test_c1_time_to_the_next_scan(folder):
    """From the death of the only worker, which nobody waits for, to the next
    verdict."""
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, scanners.EACH_SCANNED)
    times_ms = []
    with scanners.Host(folder, text) as host:
        client = dial(folder)
        for i in range(20):
            for pid in wait_for("workers", host.workers):
                scanners.kill(pid)
            start = time.monotonic()
            check("answer", client.play(scanners.deed_mail(mark=str(i)))[0],
                  ACCEPTED)
            times_ms.append((time.monotonic() - start) * 1000)
        client.close()
        times_ms.sort()
        print(f"  from kill to the next verdict: median "
              f"{times_ms[len(times_ms) // 2]:.1f} ms, most "
              f"{times_ms[-1]:.1f} ms")
        check("late", times_ms[-1] < 1000 * (1 + scanners.SLACK_S), True)
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
