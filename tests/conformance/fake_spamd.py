# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A spamd that does what the message it is given says.

A message that begins with

    X-Fake: {"early": false, "steps": [...]}

and a line end is answered by those steps, all others honestly: one with GTUBE
is spam. Steps:

    ["send", TEXT]                      TEXT is Latin-1
    ["start", TEXT, N] ["end", TEXT, N] without or only the last N bytes
    ["drip", TEXT, MS]                  byte by byte
    ["endless", TEXT]                   again and again
    ["sleep", MS]
    ["close"] ["reset"] ["hang"]

The connection ends behind them. "early" plays them when the first line of the
message is there, without reading the rest.
"""

import json
import socket
import struct
import threading
import time

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-" + \
        b"STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
HANG_S = 120


class Gone(Exception):
    """The connection has ended."""


def reply(spam="False ; 1.5 / 5.0", symbols="NO_RELAYS", **change):
    """An answer; `length` and `status` change it."""
    body = symbols + "\r\n"
    length = change.get("length", len(body))
    status = change.get("status", "SPAMD/1.1 0 EX_OK")
    return (f"{status}\r\nContent-length: {length}\r\nSpam: {spam}\r\n"
            f"\r\n{body}")


class Connection:
    """One client."""

    def __init__(self, fake, sock):
        self.fake = fake
        self.sock = sock
        self.data = b""

    def receive(self):
        """@return False at the end of what the client sends"""
        try:
            data = self.sock.recv(1 << 16)
        except OSError as error:
            raise Gone from error
        self.data += data
        return bool(data)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def play(self, steps):
        for step in steps:
            text = step[1].encode("latin-1") if step[0] in (
                "send", "start", "end", "drip", "endless") else b""
            if step[0] == "send":
                self.send(text)
            elif step[0] == "start":
                self.send(text[:-step[2]])
            elif step[0] == "end":
                self.send(text[-step[2]:])
            elif step[0] == "drip":
                for byte in text:
                    self.send(bytes([byte]))
                    time.sleep(step[2] / 1000)
            elif step[0] == "endless":
                while True:
                    self.send(text)
            elif step[0] == "sleep":
                time.sleep(step[1] / 1000)
            elif step[0] == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                raise Gone
            elif step[0] == "close":
                raise Gone
            elif step[0] == "hang":
                self.sock.settimeout(HANG_S)
                while self.receive():
                    pass
                # the client has closed its half; it waits for ours
                self.sock.settimeout(None)
                self.fake.stopped.wait(HANG_S)

    def script(self):
        _, _, message = self.data.partition(b"\r\n\r\n")
        if not message.startswith(b"X-Fake: ") or b"\n" not in message:
            return None
        return json.loads(message[8:message.index(b"\n")])

    def answer(self, request, message):
        lines = request.decode("latin-1").split("\r\n")
        self.fake.requests.append((lines, message))
        if lines[0] == "PING SPAMC/1.5":
            self.play(self.fake.on_ping)
            return
        headers = dict(line.split(": ", 1) for line in lines[1:])
        if lines[0] != "SYMBOLS SPAMC/1.5" or \
                int(headers["Content-length"]) != len(message):
            self.send(b"SPAMD/1.0 76 Bad request\r\n")
        elif GTUBE in message:
            self.send(reply("True ; 1000.0 / 5.0", "GTUBE,NO_RELAYS").encode())
        else:
            self.send(reply().encode())

    def serve(self):
        if self.fake.accept:
            self.play(self.fake.accept)
            return
        while self.receive():
            script = self.script()
            if script and script.get("early"):
                break
        request, _, message = self.data.partition(b"\r\n\r\n")
        script = self.script()
        if script:
            self.fake.count(script)
            self.play(script["steps"])
        else:
            self.answer(request, message)


class FakeSpamd:
    """The daemon; serves until stop()."""

    def __init__(self, address="127.0.0.1:0", **keys):
        self.accept = keys.get("accept")
        self.on_ping = keys.get("on_ping", [["send", "SPAMD/1.5 0 PONG\r\n"]])
        self.requests = []
        self.connections = 0
        self.played = {}
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.open = set()
        if address.startswith("unix:"):
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(address[5:])
            self.address = address
        else:
            host, _, port = address.rpartition(":")
            family = socket.AF_INET6 if "[" in host else socket.AF_INET
            self.listener = socket.socket(family)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((host.strip("[]"), int(port)))
            self.address = f"{host}:{self.listener.getsockname()[1]}"
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
        """Refuse connections, and end those there are."""
        self.stopped.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for sock in self.open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
