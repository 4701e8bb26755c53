#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""An ICAP server that does what the content it is given says.

usage: fake_icap.py HOST:PORT [KEY=JSON]...

A content that begins with

    FAKE {"name": "...", "at": "end", "steps": [...]}

and a line end is answered by those steps, all others honestly: the EICAR test
file is found, everything else is 204, or what was sent with 200 where the
request does not allow that. Steps:

    ["send", TEXT]                         TEXT is Latin-1
    ["start", TEXT, N] ["end", TEXT, N]    without or only the last N bytes
    ["drip", TEXT, MS]                     byte by byte
    ["repeat", TEXT, N]                    so many times
    ["echo"]                               200 with what was sent
    ["rest"]                               read what the preview left
    ["sleep", MS]
    ["await"]                              until the event `go` of the fake
    ["close"] ["reset"] ["hang"]

"at" says when: "end" of the content ("100 Continue" is sent behind a preview),
"preview" when that is there, or "early", when the first line is.
KEYs: istag, preview, methods, allow_204 (boolean), max_connections, headers
(further ones of OPTIONS), on_options, on_scan and accept (steps in place of
any answer), found (steps for what is infected), detects (boolean), threats
(texts that are infected, too), delay_ms.
"""

import json
import re
import socket
import struct
import sys
import threading
import time

EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" +
         b"$EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*")
HANG_S = 120
CONTINUE = "ICAP/1.0 100 Continue\r\n\r\n"


class Gone(Exception):
    """The connection has ended."""


def reply(status="200 OK", icap="", http="HTTP/1.1 403 Forbidden\r\n",
          body="blocked"):
    """A reply with an HTTP response in it; http and icap are header lines."""
    http += "\r\n"
    chunk = f"{len(body):x}\r\n{body}\r\n" if body else ""
    return (f"ICAP/1.0 {status}\r\nServer: fake\r\n{icap}"
            f"Encapsulated: res-hdr=0, res-body={len(http)}\r\n\r\n"
            f"{http}{chunk}0\r\n\r\n")


def bare(status, icap=""):
    """A reply without anything in it."""
    return (f"ICAP/1.0 {status}\r\nServer: fake\r\n{icap}"
            "Encapsulated: null-body=0\r\n\r\n")


FOUND = [["send", reply(icap="X-Infection-Found: Type=0; Resolution=2; "
                             "Threat=Eicar-Test-Signature;\r\n")]]


class Request:
    """One request, as far as it was read."""

    def __init__(self, head):
        self.head = head
        self.method = head.split(" ", 1)[0]
        self.preview = self.field("Preview")
        self.http = b""
        self.content = bytearray()
        self.is_whole = True

    def field(self, name):
        match = re.search(rf"^{name}:[ \t]*(.*?)\r?$", self.head,
                          re.M | re.I)
        return match[1] if match else None

    def allows_204(self):
        return "204" in (self.field("Allow") or "")


class Connection:
    """One client."""

    def __init__(self, fake, sock):
        self.fake = fake
        self.sock = sock
        self.data = b""

    # -- receiving ----------------------------------------------------------

    def receive(self):
        try:
            data = self.sock.recv(1 << 16)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.data += data

    def take(self, size):
        while len(self.data) < size:
            self.receive()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def until(self, end):
        while end not in self.data:
            self.receive()
        taken, _, self.data = self.data.partition(end)
        return taken

    def read_chunks(self, request):
        """@return a script to be played at once, if there is one"""
        while True:
            line = self.until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                self.take(2)
                request.is_whole = (request.preview is None or
                                    b"ieof" in line)
                return None
            left = size
            while left > 0:
                if not self.data:
                    self.receive()
                piece = self.take(min(left, len(self.data)))
                request.content += piece
                left -= len(piece)
                script = self.script(request)
                if script and script.get("at") == "early":
                    return script
            assert self.take(2) == b"\r\n"

    def read_rest(self, request):
        request.preview = None
        self.read_chunks(request)

    def read_head(self):
        request = Request(self.until(b"\r\n\r\n").decode("latin-1"))
        layout = request.field("Encapsulated")
        offset = re.search(r"(\w+-body|null-body)=(\d+)", layout)
        request.http = self.take(int(offset[2]))
        return request

    # -- playing ------------------------------------------------------------

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def echo(self, request):
        """What was sent comes back unmodified."""
        is_respmod = request.method == "RESPMOD"
        http = request.http
        if is_respmod:
            http = http[http.index(b"\r\n\r\n") + 4:]
        kind = "res" if is_respmod else "req"
        self.send(f"ICAP/1.0 200 OK\r\n{self.fake.tag()}"
                  f"Encapsulated: {kind}-hdr=0, {kind}-body={len(http)}"
                  "\r\n\r\n".encode() + http)
        for at in range(0, len(request.content), 5000):
            piece = request.content[at:at + 5000]
            self.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.send(b"0\r\n\r\n")

    def play(self, steps, request=None):
        for step in steps:
            text = (step[1].encode("latin-1")
                    if len(step) > 1 and isinstance(step[1], str) else b"")
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
            elif step[0] == "repeat":
                for _ in range(step[2]):
                    self.send(text)
            elif step[0] == "echo":
                self.echo(request)
            elif step[0] == "rest":
                self.read_rest(request)
            elif step[0] == "sleep":
                time.sleep(step[1] / 1000)
            elif step[0] == "await":
                self.fake.go.wait(HANG_S)
            elif step[0] == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                raise Gone
            elif step[0] == "close":
                raise Gone
            elif step[0] == "hang":
                self.hang()
            else:
                raise ValueError(step)

    def hang(self):
        """Say nothing until the client has had enough."""
        self.sock.settimeout(HANG_S)
        while True:
            self.receive()
            self.data = b""

    # -- serving ------------------------------------------------------------

    def script(self, request):
        content = request.content[:1 << 22]
        if not content.startswith(b"FAKE ") or b"\n" not in content:
            return None
        return json.loads(content[5:content.index(b"\n")])

    def options(self):
        fake = self.fake
        if fake.on_options:
            self.play(fake.on_options)
            return
        lines = [f"Methods: {fake.methods}", "Service: Fake 1.0",
                 *fake.headers]
        if fake.istag is not None:
            lines.append(f"ISTag: \"{fake.istag}\"")
        if fake.allow_204:
            lines.append("Allow: 204, 206")
        if fake.preview is not None:
            lines.append(f"Preview: {fake.preview}")
        if fake.max_connections is not None:
            lines.append(f"Max-Connections: {fake.max_connections}")
        self.send("".join(line + "\r\n" for line in
                          ("ICAP/1.0 200 OK", *lines,
                           "Encapsulated: null-body=0", "")).encode())

    def answer(self, request):
        """Honestly."""
        time.sleep(self.fake.delay_ms / 1000)
        if self.fake.detects and any(threat in request.content
                                     for threat in self.fake.threats):
            self.play(self.fake.found, request)
        elif request.allows_204():
            self.send(f"ICAP/1.0 204 No Content\r\n{self.fake.tag()}\r\n"
                      .encode())
        else:
            self.echo(request)

    def scan(self, request):
        script = self.read_chunks(request) or self.script(request)
        if script is None and self.fake.on_scan:
            script = {"name": "", "at": "end", "steps": self.fake.on_scan}
        if not request.is_whole and (script or {}).get("at") != "preview":
            self.send(CONTINUE.encode())
            self.read_rest(request)
        self.fake.note(request)
        if script:
            self.fake.busy += 1
            self.fake.count(script)
            try:
                self.play(script["steps"], request)
            finally:
                self.fake.busy -= 1
        else:
            self.answer(request)

    def serve(self):
        if self.fake.accept:
            self.play(self.fake.accept)
        while True:
            request = self.read_head()
            if request.method == "OPTIONS":
                self.fake.options_asked += 1
                self.options()
            else:
                self.scan(request)


class FakeIcap:
    """The server; serves until stop()."""

    def __init__(self, address="127.0.0.1:0", **keys):
        self.istag = keys.get("istag", "tag-1")
        self.preview = keys.get("preview")
        self.methods = keys.get("methods", "RESPMOD, REQMOD")
        self.allow_204 = keys.get("allow_204", True)
        self.max_connections = keys.get("max_connections")
        self.headers = keys.get("headers", [])
        self.on_options = keys.get("on_options")
        self.on_scan = keys.get("on_scan")
        self.accept = keys.get("accept")
        self.found = keys.get("found", FOUND)
        self.detects = keys.get("detects", True)
        self.threats = [EICAR, *(text.encode("latin-1")
                                 for text in keys.get("threats", []))]
        self.delay_ms = keys.get("delay_ms", 0)
        self.requests = []
        self.options_asked = 0
        self.connections = self.most_open = 0
        self.go = threading.Event()
        self.busy = 0  # scripts that are being played; for one at a time
        self.played = {}
        self.lock = threading.Lock()
        self.open = set()
        host, _, port = address.rpartition(":")
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, int(port)))
        self.address = "%s:%d" % self.listener.getsockname()
        self.url = f"icap://{self.address}/avscan"
        self.listener.listen(512)
        threading.Thread(target=self.run, daemon=True).start()

    def count(self, script):
        """Remember how often a script was played."""
        with self.lock:
            name = script.get("name", "")
            self.played[name] = self.played.get(name, 0) + 1

    def tag(self):
        return f"ISTag: \"{self.istag}\"\r\n" if self.istag else ""

    def note(self, request):
        with self.lock:
            self.requests.append(request)

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(sock)
                self.most_open = max(self.most_open, len(self.open))
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
        self.cut()

    def cut(self):
        """End all connections."""
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
    fake = FakeIcap(sys.argv[1], **keys)
    print(fake.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
