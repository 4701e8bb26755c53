#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A clamd that does what the content it is given says.

usage: fake_clamd.py ADDRESS [KEY=JSON]...

ADDRESS is the path of a unix socket or HOST:PORT. A content that begins with

    FAKE {"early": false, "steps": [...]}

and a line end is answered by those steps, all others honestly: the EICAR test
file is found, bare or in base64, and a zip (the client's probe for limits)
exceeds one. Steps:

    ["send", TEXT]   TEXT is Latin-1; @ID@ stands for the id of the command,
                     @+1@ and @-1@ for its neighbours
    ["start", TEXT, N] ["end", TEXT, N]    without or only the last N bytes
    ["drip", TEXT, MS]                     byte by byte
    ["sleep", MS]
    ["close"] ["reset"] ["hang"]

"early" plays them when the first line is there, without reading the rest.
KEYs: version (text), accept (steps played on each new connection), on_version
(steps in place of the version), descriptors, limits, detects (booleans).
"""

import base64
import json
import os
import socket
import struct
import sys
import threading
import time

EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" +
         b"$EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*")
EICAR_BASE64 = base64.b64encode(EICAR[:57])
HANG_S = 120


class Gone(Exception):
    """The connection has ended."""


class Connection:
    """One client."""

    def __init__(self, fake, sock):
        self.fake = fake
        self.sock = sock
        self.data = b""
        self.fds = []
        self.id = 0
        self.in_session = False

    # -- receiving ----------------------------------------------------------

    def receive(self):
        try:
            data, fds, _, _ = socket.recv_fds(self.sock, 1 << 16, 4)
        except OSError as error:
            raise Gone from error
        self.fds += fds
        if not data:
            raise Gone
        self.data += data

    def take(self, size):
        while len(self.data) < size:
            self.receive()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def command(self):
        while b"\0" not in self.data:
            self.receive()
        word, _, self.data = self.data.partition(b"\0")
        return word

    # -- playing ------------------------------------------------------------

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def text(self, text):
        for mark, number in (("@ID@", self.id), ("@+1@", self.id + 1),
                             ("@-1@", self.id - 1)):
            text = text.replace(mark, str(number))
        return text.encode("latin-1")

    def play(self, steps):
        for step in steps:
            if step[0] == "send":
                self.send(self.text(step[1]))
            elif step[0] == "start":
                self.send(self.text(step[1])[:-step[2]])
            elif step[0] == "end":
                self.send(self.text(step[1])[-step[2]:])
            elif step[0] == "drip":
                for byte in self.text(step[1]):
                    self.send(bytes([byte]))
                    time.sleep(step[2] / 1000)
            elif step[0] == "sleep":
                time.sleep(step[1] / 1000)
            elif step[0] == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                raise Gone
            elif step[0] == "close":
                raise Gone
            elif step[0] == "hang":
                self.hang()

    def hang(self):
        """Say nothing until the client has had enough."""
        self.sock.settimeout(HANG_S)
        while True:
            self.receive()
            self.data = b""

    # -- scanning -----------------------------------------------------------

    def script(self, content):
        if not content.startswith(b"FAKE ") or b"\n" not in content:
            return None
        return json.loads(content[5:content.index(b"\n")])

    def instream(self):
        content = b""
        while True:
            size, = struct.unpack(">I", self.take(4))
            if size == 0:
                return content, None
            while size > 0:
                if not self.data:
                    self.receive()
                piece = self.take(min(size, len(self.data)))
                content += piece
                size -= len(piece)
                script = self.script(content[:65536])
                if script and script.get("early"):
                    return content, script

    def fildes(self):
        self.take(1)
        if len(self.fds) != 1 or not self.fake.descriptors:
            return None
        fd = self.fds.pop()
        with os.fdopen(fd, "rb") as file:
            return file.read()

    def answer(self, subject, content, script=None):
        if self.fake.contents is not None:
            self.fake.contents.append(content)
        script = script or self.script(content)
        if script:
            self.fake.count(script)
            self.play(script["steps"])
            return
        for mark, steps in self.fake.marks.items():
            if mark in content:
                self.play(steps)
                return
        text = "OK"
        if content.startswith(b"PK") and self.fake.limits:
            text = "Heuristics.Limits.Exceeded.MaxRecursion FOUND"
        elif self.fake.detects and (EICAR in content or
                                    EICAR_BASE64 in content):
            text = "Eicar-Test-Signature FOUND"
        self.send(self.text(f"@ID@: {subject}: {text}\0"))

    def serve(self):
        if self.fake.accept:
            self.play(self.fake.accept)
        while True:
            word = self.command()
            if word == b"zIDSESSION":
                self.in_session = True
                continue
            self.id += 1
            if word == b"zVERSION" and self.fake.on_version:
                self.play(self.fake.on_version)
            elif word == b"zVERSION":
                self.send(self.text(f"@ID@: {self.fake.version}\0"))
            elif word == b"zINSTREAM":
                self.answer("stream", *self.instream())
            elif word == b"zFILDES":
                content = self.fildes()
                if content is None:
                    self.send(self.text("@ID@: No file descriptor received. "
                                        "ERROR\0"))
                    raise Gone
                self.answer("fd[10]", content)
            else:
                self.send(b"UNKNOWN COMMAND\0")
                raise Gone


class FakeClamd:
    """The daemon; serves until stop()."""

    def __init__(self, address, **keys):
        self.version = keys.get("version", "ClamAV 9.9.9/1/Fake")
        self.accept = keys.get("accept")
        self.on_version = keys.get("on_version")
        self.descriptors = keys.get("descriptors", True)
        self.limits = keys.get("limits", True)
        self.detects = keys.get("detects", True)
        self.marks = {}  # bytes -> steps for a content that has them
        self.contents = None  # a list: each content it is given
        self.connections = 0
        self.played = {}
        self.lock = threading.Lock()
        self.open = set()
        if address.startswith("/"):
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(address)
            self.address = address
        else:
            host, _, port = address.rpartition(":")
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((host, int(port)))
            self.address = "%s:%d" % self.listener.getsockname()
        self.listener.listen(512)
        threading.Thread(target=self.run, daemon=True).start()

    def count(self, script):
        """Remember how often a script was played."""
        with self.lock:
            name = script.get("name", "")
            self.played[name] = self.played.get(name, 0) + 1

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(sock)
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        try:
            Connection(self, sock).serve()
        except Gone:
            pass
        finally:
            with self.lock:
                self.open.discard(sock)
            sock.close()

    def stop(self):
        """End as a killed process does."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            left = list(self.open)
        for sock in left:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    keys = {}
    for word in sys.argv[2:]:
        key, _, value = word.partition("=")
        keys[key] = json.loads(value)
    fake = FakeClamd(sys.argv[1], **keys)
    print(fake.address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
