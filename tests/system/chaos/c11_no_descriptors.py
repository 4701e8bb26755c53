#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C11: a running assayd loses its file descriptors, to a lower limit and to
clients that say nothing. Mails are put off, the console answers, assayd does
not spin, and with its descriptors back every mail gets the right answer."""

import resource
import socket
import sys
import time

import chaos  # first: it finds the others
import scanners
from assayd import Assayd, check, run_tests
from chaos import FAR
from mail_load import TEMPFAILED, Load, dial, right_answer
from mail_samples import CLEAN_KINDS, EICAR_KINDS, TWINS, numbered

FEW_FILES = 40
IDLE_CLIENTS = 200
LOOK_S = 2


def limit_files(pid, count):
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, hard))
    return old[0]


def silent_clients(folder):
    """As many as the backlog takes."""
    clients = []
    for _ in range(IDLE_CLIENTS):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(f"{folder}/s")
        except BlockingIOError:
            client.close()
            break
        clients.append(client)
    return clients


def check_idle(assayd, folder):
    pid = assayd.process.pid
    before = scanners.processor_s(pid)
    time.sleep(LOOK_S)
    check("spins", scanners.processor_s(pid) - before < LOOK_S / 2, True)
    check("alive", assayd.process.poll(), None)
    check("console", "version" in chaos.console(folder, "version"), True)


def test_c11_no_descriptors(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, f"timeout = 1 {chaos.IN_HOST}")
    with Assayd(folder, text=text) as assayd:
        pid = assayd.process.pid
        load = Load(folder)
        with load:
            load.wait_more(50)
            files = limit_files(pid, FEW_FILES)
            load.wait_more(24, "tempfailed")
            load.stop()
        clients = silent_clients(folder)
        print(f"  {len(clients)} silent clients")
        check_idle(assayd, folder)
        for client in clients:
            client.close()
        limit_files(pid, files)
        chaos.wait_recovered(folder)
        print(f"  {dict(load.settle())}")
        chaos.check_clean_end(assayd, folder, base)


def mails(number):
    """New ones, of each kind."""
    for i, kind in enumerate([*EICAR_KINDS, *CLEAN_KINDS]):
        yield numbered(FAR + TWINS * (100 * number + i), kind)


def play(client, number, want):
    for mail in mails(number):
        check(mail.kind, client.play(mail)[0], want or right_answer(mail))


def test_c11_processes(folder):
    """A worker that has its window gets small contents as before; later the
    processes die, and none can be started."""
    base = chaos.folder_in(folder)
    with scanners.Host(folder, chaos.configuration(base)) as host:
        client = dial(folder)
        play(client, 0, None)
        files = limit_files(host.pid, 3)
        play(client, 1, None)
        host.kill_processes()
        play(client, 2, TEMPFAILED)
        limit_files(host.pid, files)
        host.wait_state("running")
        play(client, 3, None)
        client.close()
        chaos.wait_recovered(folder)
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
