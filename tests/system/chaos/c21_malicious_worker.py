#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C21: a worker that was taken over. By a word in the content its engine sends
packets of the wrong size, kind and id, two of them, or one for a mail that is
still to come, claims that make no sense, descriptors nobody asked for; it
crashes, hangs, leaves, leaks, forks, closes what it has. Only its own mail has
an error; the next ones are right; nothing stays in the host."""

import concurrent.futures
import sys

import chaos  # first: it finds the others
import scanners
from assayd import check, check_in, run_tests, wait_for
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, dial
from mail_samples import THREAT

# The content ends its worker, and the next one, and is not tried again.
POISON = ["wrong-size", "too-large", "garbage", "nothing", "wrong-id",
          "wrong-kind", "failed", "out-of-range", "no-end", "strays",
          "one-stray", "many-lines", "segfault", "abort", "exit",
          "exit-at-once", "close-all", "fork"]
# What is for want of memory is not held against a content. There is no limit of
# it under a sanitizer.
HUNGRY = [] if scanners.is_sanitized() else ["leak"]
SLOW = ["never", "run", "rest", "stop"]
# About itself a worker may lie; about others it may not.
LIES = {"claims": TEMPFAILED, "two-replies": ACCEPTED, "ahead": ACCEPTED,
        "long-name": REJECTED}
TIMEOUT_S = 2
SCOPE = (f"timeout = {TIMEOUT_S} scanner_memory = 268435456 "
         "clean_cache_size = 0")


class Sender:
    """Mails over one connection, none like another."""

    def __init__(self, folder):
        self.client = dial(folder)
        self.count = 0

    def send(self, deed="", infected=False):
        self.count += 1
        return self.client.play(
            scanners.deed_mail(deed, str(self.count), infected))

    def check_next(self, deed):
        """Several: as many as there may be workers that wait."""
        for _ in range(3):
            result, text = self.send(infected=True)
            check(f"infected after {deed} ({text})",
                  (result, THREAT in text), (REJECTED, True))
            check(f"clean after {deed}", self.send()[0], ACCEPTED)


def check_poison(host, sender, deed):
    before = host.scanner()
    result, text = sender.send(deed)
    check(f"{deed} ({text})", result, TEMPFAILED)
    after = host.scanner()
    check(f"{deed}: workers killed", after["crashed"] - before["crashed"], 2)
    check(f"{deed}: poison", after["poisoned"] - before["poisoned"], 1)


def check_hungry(host, sender, deed):
    before = host.scanner()
    result, text = sender.send(deed)
    check(f"{deed} ({text})", result, TEMPFAILED)
    check_in(deed, "memory", host.log.read_text())
    after = host.scanner()
    for count in ("crashed", "poisoned"):
        check(f"{deed}: {count}", after[count], before[count])


def check_slow(host, sender, deed):
    before = host.scanner()
    result, text = sender.send(deed)
    check(f"{deed} ({text})", result, TEMPFAILED)
    after = host.scanner()
    check(f"{deed}: timed out", after["timed_out"] - before["timed_out"], 1)
    check(f"{deed}: crashed", after["crashed"], before["crashed"])


def wait_steady(host, before):
    """Descriptors of the host: up to three for each worker, those of the
    test's connection, and no other."""
    def steady():
        scanner = host.scanner()
        return scanner["workers"] == scanner["idle"] and \
            scanners.descriptors(host.pid) <= \
            before + 3 * (scanner["workers"] - 1)
    wait_for(f"{before} descriptors", steady)


def endure(folder, sandbox):
    base = chaos.folder_in(folder)
    text = scanners.hostile_configuration(
        base, f'{SCOPE} sandbox = "{sandbox}"')
    with scanners.Host(folder, text) as host:
        sender = Sender(folder)
        sender.check_next("the start")
        before = scanners.descriptors(host.pid)
        for deed in POISON:
            check_poison(host, sender, deed)
            sender.check_next(deed)
        for deed in HUNGRY:
            check_hungry(host, sender, deed)
            sender.check_next(deed)
        for deed in SLOW:
            check_slow(host, sender, deed)
            sender.check_next(deed)
        for deed, answer in LIES.items():
            result, text = sender.send(deed)
            check(f"{deed} ({text})", result, answer)
            sender.check_next(deed)
        check("poisoned", host.scanner()["poisoned"], len(POISON))
        wait_steady(host, before)
        sender.client.close()
        log = host.log.read_text()
        for event in ("scanner.crashed", "scanner.nonsense",
                      "scanner.poison", "scanner.timeout"):
            check_in("log", event, log)
        if sandbox == "off":  # nothing keeps a child there from living on
            for pid in scanners.in_session(host.pid):
                if pid != host.pid and pid != host.template() and \
                        pid not in host.workers():
                    scanners.kill(pid)
        host.check_end(base)


def test_c21_sandboxed(folder):
    endure(folder, "on")


def test_c21_without_sandbox(folder):
    endure(folder, "off")


def answer_twice(host, senders):
    """All at once. @return whether more than one worker did it"""
    with concurrent.futures.ThreadPoolExecutor(len(senders)) as pool:
        for i, answer in enumerate(pool.map(
                lambda one: one[1].send("two-replies-slowly" + one[0]),
                zip(("\r\n" * i for i in range(4)), senders))):
            check(f"two replies {i}", answer[0], ACCEPTED)
    return host.scanner()["workers"] >= 2


def test_c21_packets_left_over(folder):
    """Several workers answered twice; the mails that come to them next do not
    pay for it."""
    base = chaos.folder_in(folder)
    with scanners.Host(folder, scanners.hostile_configuration(base)) as host:
        senders = [Sender(folder) for _ in range(4)]
        wait_for("two workers", lambda: answer_twice(host, senders))
        senders[0].check_next("two replies")
        scanner = host.scanner()
        check("blamed", (scanner["crashed"], scanner["poisoned"]), (0, 0))
        for sender in senders:
            sender.client.close()
        host.check_end(base)


def test_c21_sandbox_holds(folder):
    """What a worker wants of the system it does not get."""
    base = chaos.folder_in(folder)
    with scanners.Host(folder, scanners.hostile_configuration(base)) as host:
        sender = Sender(folder)
        check("look around", sender.send("look-around")[0], TEMPFAILED)
        sender.check_next("look-around")
        sender.client.close()
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
