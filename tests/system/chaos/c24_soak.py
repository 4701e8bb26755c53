#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C24: a soak. A steady flow of mails, workers that are replaced after a few
contents, signatures that change, workers that are killed. Nothing that assayd
has grows: memory, descriptors, threads, temporary files, processes; and no
verdict is wrong.

usage: c24_soak.py [SECONDS [MAILS_A_SECOND]]

In a test run it takes half a minute. By hand, for a day:
    ASSAY_BUILD=build/dev ASSAY_SOURCE=. tests/system/chaos/c24_soak.py 86400
"""

import dataclasses
import random
import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import check, run_tests, wait_for
from mail_load import Load

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 25
MAILS_A_SECOND = float(sys.argv[2]) if len(sys.argv) > 2 else 20
# At least so many times in a run.
EVENTS = 5
RELOAD_EACH_S = min(600, SECONDS / EVENTS)
KILL_EACH_S = min(60, SECONDS / EVENTS / 2)
SCANS_OF_A_WORKER = 20
SAMPLES = 40
# Of the memory: what malloc may still learn in the second half of a run.
GROWTH_KB = 4096
CLIENTS = 2


@dataclasses.dataclass
class Sample:
    """What assayd has at a moment."""
    resident_kb: int
    descriptors: int  # but for those of workers
    threads: int
    processes: int
    files: int


class Paced(Load):
    """So many mails a second, from all clients."""

    def __init__(self, folder):
        super().__init__(folder, clients=CLIENTS)
        self.due = time.monotonic()  # lock

    def _take(self):
        with self.lock:
            self.due = max(self.due + 1 / MAILS_A_SECOND, time.monotonic())
            pause = self.due - time.monotonic()
        self.stopping.wait(max(0, pause))
        return super()._take()


class Soak:
    """What happens beside the mails, each in its time."""

    def __init__(self, host, base, signatures):
        self.host, self.base, self.signatures = host, base, signatures
        self.chance = random.Random(1)
        self.reloads = self.kills = 0
        self.samples = []

    def reload(self):
        """One signature more."""
        self.reloads += 1
        (self.signatures / "more.ndb").write_bytes(
            b"Assay-Test:0:*:%020x\n" % (1 << 76 | self.reloads))

    def kill(self):
        workers = self.host.workers()
        if workers:
            self.kills += scanners.kill(self.chance.choice(workers))

    def sample(self):
        scanner = self.host.scanner()
        pid = self.host.pid
        self.samples.append(Sample(
            chaos.resident_kb(pid),
            scanners.descriptors(pid) - 3 * scanner["workers"],
            scanners.threads(pid), len(scanners.in_session(pid)),
            len(chaos.left_behind(self.base))))

    def run(self):
        now = time.monotonic()
        end = now + SECONDS
        plan = [[RELOAD_EACH_S, now, self.reload],
                [KILL_EACH_S, now, self.kill],
                [SECONDS / SAMPLES, now, self.sample]]
        while now < end:
            for item in plan:
                if now >= item[1] + item[0]:
                    item[1] = now
                    item[2]()
            time.sleep(0.05)
            now = time.monotonic()


# Descriptors of a second template, of a worker that comes or goes while they
# are counted, of a small content on its way.
IN_FLIGHT = 8


def most(samples, name):
    return max(getattr(sample, name) for sample in samples)


def check_flat(samples):
    """The second half of a run against the first one."""
    half = len(samples) // 2
    for name, more in (("resident_kb", GROWTH_KB), ("descriptors", CLIENTS + IN_FLIGHT),
                       ("threads", 2), ("processes", 4), ("files", 4)):
        before, after = most(samples[:half], name), most(samples[half:], name)
        print(f"  {name}: {before} at most, then {after}")
        check(f"{name} grows from {before} to {after}",
              after <= before + more, True)


def test_c24_soak(folder):
    base = chaos.folder_in(folder)
    signatures = chaos.folder_in(folder, "signatures")
    (signatures / "test.ndb").write_bytes(
        (chaos.SIGNATURES / "demo.ndb").read_bytes())
    text = chaos.configuration(
        base, f"{scanners.EACH_SCANNED} scanner_scans = {SCANS_OF_A_WORKER}",
        rest="Signature_Check_Interval = 1") \
        .replace(str(chaos.SIGNATURES), str(signatures))
    with scanners.Host(folder, text) as host, Paced(folder) as load:
        soak = Soak(host, base, signatures)
        soak.run()
        print(f"  {soak.reloads} changes of signatures, {soak.kills} kills, "
              f"{dict(load.settle())}\n  {host.scanner()}")
        if not scanners.is_sanitized():
            check_flat(soak.samples)
        scanner = host.scanner()
        check("replaced", scanner["recycled"] > 0, True)
        check("reloaded", scanner["templates_started"] > 1, True)
        check("killed", soak.kills > 0, True)
        wait_for("no zombie", lambda: not scanners.zombies(host.pid))
        host.check_end(base)


if __name__ == "__main__":
    del sys.argv[1:]
    sys.exit(run_tests(globals()))
