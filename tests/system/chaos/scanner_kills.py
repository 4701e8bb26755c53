#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""10,000 scans at full load, one in ten of a threat in several encodings, while
workers, templates, and now and then everything below assayd are killed at
random times. Each mail gets a verdict: none that is infected passes, none that
is clean is called infected. After the last kill mails are scanned at once, and
nothing is left: no process, no descriptor, no folder.

usage: scanner_kills.py [SCANS [SEED]]"""

import random
import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import check, run_tests, wait_for
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, Load

SCANS = int(sys.argv[1]) if len(sys.argv) > 1 else \
    1000 if scanners.is_sanitized() else 10000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
LONGEST_PAUSE_S = 0.05
# Of a hundred kills; the others are of workers. A template that dies again and
# again within two seconds is started less and less often.
TEMPLATE, ALL = 3, 1


class Killer:
    """One kill after another."""

    def __init__(self, host):
        self.host = host
        self.chance = random.Random(SEED)
        self.kills = {"worker": 0, "template": 0, "all": 0}

    def kill_worker(self):
        workers = [pid for pid in self.host.processes()
                   if scanners.parent(pid) != self.host.pid]
        if workers:
            self.kills["worker"] += scanners.kill(self.chance.choice(workers))

    def kill_one(self):
        dice = self.chance.randrange(100)
        templates = scanners.children(self.host.pid)
        if dice < ALL:
            self.host.kill_processes()
            self.kills["all"] += 1
        elif dice < ALL + TEMPLATE and templates:
            self.kills["template"] += scanners.kill(
                self.chance.choice(templates))
        else:
            self.kill_worker()
        time.sleep(self.chance.uniform(0, LONGEST_PAUSE_S))


def check_service(folder):
    """@return seconds from now to the next verdict on new infected mails, in
    each encoding"""
    start = time.monotonic()
    chaos.wait_recovered(folder)
    return time.monotonic() - start


def wait_steady(host, descriptors):
    """As many as before, and two or three for each worker."""
    def steady():
        scanner = host.scanner()
        return scanner["workers"] == scanner["idle"] and \
            scanners.descriptors(host.pid) <= \
            descriptors + 3 * scanner["workers"]
    wait_for(f"{descriptors} descriptors and those of workers", steady)


def test_scanner_kills(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, f"{scanners.EACH_SCANNED} timeout = 30")
    with scanners.Host(folder, text) as host:
        chaos.check_refused(folder)
        descriptors = scanners.descriptors(host.pid) - \
            2 * host.scanner()["workers"]
        with Load(folder) as load:
            load.wait_more(200)
            killer, start = Killer(host), time.monotonic()
            while load.count() < SCANS:
                killer.kill_one()
            host.kill_processes()
            seconds = check_service(folder)
            load.stop()
            rate = load.count() / (time.monotonic() - start)
            scanner = host.scanner()
            first = load.settle()
        wait_steady(host, descriptors)
        print(f"  {sum(first.values())} scans, {rate:.0f}/s: {dict(first)}\n"
              f"  killed: {killer.kills}\n  {scanner}\n"
              f"  back after {seconds:.2f} s")
        check("verdicts", sum(first.values()) >= SCANS, True)
        check("each has one of them",
              set(first) <= {ACCEPTED, REJECTED, TEMPFAILED}, True)
        check("back late", seconds < 1 + scanners.SLACK_S, True)
        host.check_end(base)


if __name__ == "__main__":
    del sys.argv[1:]
    sys.exit(run_tests(globals()))
