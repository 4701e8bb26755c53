#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C30: 10,000 connections at once, or as many as the limit of open files lets
one process have. Those over max_connections are told to come back (421), the
others wait; assayd does not die, its memory stays bounded, mail flows within
the limit, and afterwards as before."""

import resource
import selectors
import socket
import struct
import sys
import time

import chaos  # first: it finds the others
from assayd import (
    PATIENCE_S, Assayd, check, check_in, run_tests, wait_for)
from mail_load import ACCEPTED, Load, send_one
from mail_samples import numbered

CONNECTIONS = 10000
# Descriptors that the test and assayd need for other things.
RESERVE = 300
# What a connection that says nothing may cost assayd.
CONNECTION_KB = 32

NEGOTIATE = b"\0\0\0\rO" + struct.pack(">III", 6, 0x1ff, 0x1f0fff)
GREETING = b"client.test\0004" + struct.pack(">H", 25) + b"192.0.2.1\0"
CONNECT = struct.pack(">I", len(GREETING) + 1) + b"C" + GREETING


def raise_files():
    """@return how many connections one process may have here"""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(CONNECTIONS, hard - RESERVE)
    if count < CONNECTIONS:
        print(f"  {count} connections: the limit of open files is {hard}")
    return count


class Crowd:
    """Connections that say who they are and then nothing, as a context."""

    def __init__(self, folder):
        self.path = f"{folder}/s"
        self.clients = {}  # socket: bytes it got
        self.selector = selectors.DefaultSelector()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.selector.close()
        for client in self.clients:
            client.close()

    def _connect(self, end):
        """The backlog of a unix socket is short: try until there is room."""
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        while True:
            try:
                client.connect(self.path)
                break
            except BlockingIOError:
                check("connecting", time.monotonic() < end, True)
                self.read(0.01)
        client.send(NEGOTIATE + CONNECT)
        self.clients[client] = b""
        self.selector.register(client, selectors.EVENT_READ)

    def connect(self, count):
        end = time.monotonic() + PATIENCE_S
        for _ in range(count):
            self._connect(end)

    def read(self, timeout_s):
        for key, _ in self.selector.select(timeout_s):
            try:
                data = key.fileobj.recv(4096)
            except ConnectionError:
                data = b""
            self.clients[key.fileobj] += data
            if not data:
                self.selector.unregister(key.fileobj)

    def letters(self):
        """How many were answered what to their connect step."""
        found = {}
        for data in self.clients.values():
            letter = b"none"
            if len(data) >= 17 + 5:  # behind the negotiation
                letter = data[17 + 4:17 + 5]
            found[letter] = found.get(letter, 0) + 1
        return found


def answered(crowd, count):
    crowd.read(0.1)
    return crowd.letters().get(b"none", 0) == 0 and \
        len(crowd.clients) == count


def overrun(folder, limit):
    base = chaos.folder_in(folder, f"base{limit}")
    count = raise_files()
    text = chaos.configuration(base).replace(
        'Listen = "SOCKET"', f'Listen = "SOCKET" max_connections = {limit}')
    with Assayd(folder, text=text) as assayd:
        pid = assayd.process.pid
        check("before", send_one(folder, numbered(0, "clean text"))[0],
              ACCEPTED)
        before_kb = chaos.resident_kb(pid)
        with Crowd(folder) as crowd:
            crowd.connect(count)
            wait_for("answers", lambda: answered(crowd, count))
            grown_kb = chaos.resident_kb(pid) - before_kb
            letters = crowd.letters()
            print(f"  {count} connections: {letters}, {grown_kb} KB more")
            # The first mail's connection may not have been closed yet.
            check_in("go on", letters.get(b"c"),
                     (min(limit, count) - 1, min(limit, count)))
            check("put off", letters.get(b"y", 0),
                  count - letters.get(b"c"))
            if limit > count:
                check("none put off", letters.get(b"y", 0), 0)
            check(f"{grown_kb} KB is bounded",
                  grown_kb < count * CONNECTION_KB, True)
            check("alive", assayd.process.poll(), None)
            if limit > count:
                check("meanwhile",
                      send_one(folder, numbered(2, "eicar zip"))[0],
                      "rejected")
        chaos.wait_recovered(folder)
        with Load(folder) as load:
            load.wait_more(50)
        load.settle()
        chaos.check_clean_end(assayd, folder, base)


def test_c30_more_than_the_limit(folder):
    overrun(folder, 1000)


def test_c30_all_at_once(folder):
    overrun(folder, 20000)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
