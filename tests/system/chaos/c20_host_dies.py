#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C20: assayd is killed. Its scanner processes end by themselves: idle workers
and busy ones, hung ones, those whose template was killed before, and a template
that is still loading. Nothing keeps the next assayd from starting, and it
sweeps what the first one left in the folder of temporary files."""

import signal
import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import check, run_tests, wait_for
from mail_load import Load, dial

# An engine that waits for its socket to close, one that works without end, one
# that sleeps.
BUSY = ["never", "run", "rest"]
GONE_S = 1 + scanners.SLACK_S


def die(host):
    """All that it has started is gone soon."""
    check("killed", host.process.poll(), None)
    scanners.kill(host.pid)
    host.process.wait()
    start = time.monotonic()
    wait_for("processes end", lambda: not scanners.in_session(host.pid))
    seconds = time.monotonic() - start
    print(f"  gone after {seconds:.3f} s")
    check("soon", seconds < GONE_S, True)


def check_restart(folder, text, base, left):
    """@param left  how many folders the first one has left"""
    check("left behind", len(list(base.iterdir())), left)
    with scanners.Host(folder, text) as host:
        check("folders", len(list(base.iterdir())), 1)
        check("works", host.scanner()["state"], "running")
        host.check_end(base)


def test_c20_under_load(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, scanners.EACH_SCANNED)
    with scanners.Host(folder, text) as host, \
            Load(folder, hang_up_allowed=True) as load:
        load.wait_more(50)
        die(host)
        load.stop()
    check_restart(folder, text, base, 1)


def endure(folder, sandbox, kill_template):
    """With a worker in each deed."""
    base = chaos.folder_in(folder)
    text = scanners.hostile_configuration(
        base, f"timeout = 600 sandbox = {sandbox}")
    with scanners.Host(folder, text) as host:
        clients, sending = [], []
        # One after the other: when several connections become busy at once,
        # libmilter may leave one of them alone until another ends.
        for deed in BUSY:
            clients.append(dial(folder))
            sending.append(scanners.Sending(clients[-1],
                                            scanners.deed_mail(deed)))
            sending[-1].thread.start()
            wait_for("busy", lambda: host.busy() == len(sending))
        if kill_template:
            template = host.template()
            scanners.kill(template)
            wait_for("another", lambda: host.scanner()["template"] not in
                     (0, template))
        die(host)
        for one in sending:
            one.thread.join()
        for client in clients:
            client.close()
    check_restart(folder, text, base, 1)
    base.rmdir()


def test_c20_busy(folder):
    for sandbox in ("on", "off"):
        endure(folder, sandbox, False)


def test_c20_template_first(folder):
    for sandbox in ("on", "off"):
        endure(folder, sandbox, True)


def test_c20_both_at_once(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base)
    with scanners.Host(folder, text) as host:
        scanners.kill(host.template())
        die(host)
    check_restart(folder, text, base, 1)


def test_c20_stopped(folder):
    """Hung processes do not end by themselves; they do when they go on."""
    base = chaos.folder_in(folder)
    text = chaos.configuration(base)
    with scanners.Host(folder, text) as host:
        for pid in host.processes():
            scanners.stop(pid)
        scanners.kill(host.pid)
        host.process.wait()
        for pid in scanners.in_session(host.pid):
            scanners.kill(pid, signal.SIGCONT)
        wait_for("processes end", lambda: not scanners.in_session(host.pid))
    check_restart(folder, text, base, 1)


def test_c20_loading(folder):
    """The template has not opened its engine yet: at a restart of its own, and
    at the start of assayd."""
    base = chaos.folder_in(folder)
    needs = folder / "needs"
    needs.write_text("good")
    text = scanners.hostile_configuration(base, engine=f'needs = "{needs}"')
    with scanners.Host(folder, text) as host:
        needs.write_text("hang")
        host.kill_processes()
        wait_for("a template that loads", host.processes)
        die(host)
    host = scanners.Host(folder, text)
    try:
        wait_for("a template that loads", host.processes)
        die(host)
    finally:
        host.__exit__(None, None, None)  # it never was ready
    needs.write_text("good")
    check_restart(folder, text, base, 1)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
