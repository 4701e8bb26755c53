# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A server of HTTP that does what the message it is given says.

A message in which a line

    FAKE {"early": false, "steps": [...]}

stands is answered by those steps, as made by the functions below. "early"
plays them as soon as that line is there, without reading the rest. All other
requests go to answer(), which returns steps too.
"""

import collections
import json
import re
import socket
import struct
import threading
import time

SCRIPT = re.compile(rb"^FAKE (\{.*\})\r?$", re.M)
SCRIPT_IN = 1 << 16  # bytes of a request in which an early one must begin
HANG_S = 120

Request = collections.namedtuple("Request", "method path headers body")


# -- steps ------------------------------------------------------------------

def send(text):
    """Latin-1 text as it is."""
    return ["send", text]


def drip(text, ms):
    return ["drip", text, ms]


def endless(text):
    """Again and again, until the client has had enough."""
    return ["endless", text]


CLOSE, RESET, HANG, LINGER = ["close"], ["reset"], ["hang"], ["linger"]


def head(status=200, *lines):
    return "\r\n".join([f"HTTP/1.1 {status} Whatever", *lines, "", ""])


def as_text(body):
    return body if isinstance(body, str) else json.dumps(body)


def reply(body, status=200, *lines):
    """A whole reply with Content-Length; the body is JSON unless it is text."""
    body = as_text(body)
    return head(status, f"Content-Length: {len(body)}", *lines) + body


def chunked(body, size=7):
    body = as_text(body)
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return head(200, "Transfer-Encoding: chunked") + "".join(
        f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces + [""])


def script(*steps, early=False):
    """The line to put into a message."""
    return b"FAKE " + json.dumps(
        {"early": early, "steps": steps}).encode() + b"\r\n"


# -- the server -------------------------------------------------------------

class Gone(Exception):
    """The connection has ended."""


class Connection:
    """One client."""

    def __init__(self, fake, sock):
        self.fake = fake
        self.sock = sock
        self.data = bytearray()

    def receive(self):
        try:
            data = self.sock.recv(1 << 16)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.data += data

    def early(self):
        found = SCRIPT.search(self.data, 0, SCRIPT_IN)
        plan = json.loads(found[1]) if found else {}
        return plan["steps"] if plan.get("early") else None

    def request(self):
        """The next one, and the steps that answer it."""
        while b"\r\n\r\n" not in self.data:
            self.receive()
        top, _, self.data = self.data.partition(b"\r\n\r\n")
        first, *lines = bytes(top).decode("latin-1").split("\r\n")
        headers = [tuple(part.strip() for part in line.split(":", 1))
                   for line in lines]
        size = int({name.lower(): value for name, value in headers}
                   .get("content-length", "0"))
        while len(self.data) < size:
            if steps := self.early():
                self.data = bytearray()
                return None, steps
            self.receive()
        body, self.data = bytes(self.data[:size]), self.data[size:]
        method, path, _ = first.split(" ")
        request = Request(method, path, headers, body)
        found = SCRIPT.search(body)
        if found:
            return request, json.loads(found[1])["steps"]
        return request, self.fake.answer(request)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def play(self, steps):
        for verb, *rest in steps:
            data = rest[0].encode("latin-1") if rest else b""
            if verb == "send":
                self.send(data)
            elif verb == "drip":
                for byte in data:
                    self.send(bytes([byte]))
                    time.sleep(rest[1] / 1000)
            elif verb == "endless":
                while True:
                    self.send(data)
            elif verb == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                raise Gone
            elif verb == "close":
                raise Gone
            elif verb == "linger":
                self.linger()
            elif verb == "hang":
                self.sock.settimeout(HANG_S)
                while True:
                    self.receive()
                    self.data = bytearray()

    def linger(self):
        """Say no more, but take in what still comes: closed at once, what was
        said might get lost."""
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(HANG_S)
        while True:
            self.receive()
            self.data = bytearray()

    def serve(self):
        try:
            while True:
                request, steps = self.request()
                with self.fake.lock:
                    self.fake.requests.append(request)
                self.play(steps)
        except Gone:
            pass
        finally:
            self.sock.close()
            with self.fake.lock:
                self.fake.open.discard(self.sock)


class FakeHttp:
    """Listens on a port of its own as soon as it exists."""

    def __init__(self, port=0, context=None):
        self.lock = threading.Lock()
        self.requests = []
        self.connections = 0
        self.open = set()
        self.context = context
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def answer(self, request):
        """Steps for a request without a script."""
        raise NotImplementedError

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.welcome, args=(sock,),
                             daemon=True).start()

    def welcome(self, sock):
        if self.context:
            try:
                sock = self.context.wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()
                return
        with self.lock:
            self.connections += 1
            self.open.add(sock)
        Connection(self, sock).serve()

    def paths(self):
        with self.lock:
            return [request.path for request in self.requests if request]

    def last(self, path):
        with self.lock:
            return [request for request in self.requests
                    if request and request.path == path][-1]

    def close(self):
        """No longer there: nobody listens, connections end."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # closed before
        self.thread.join()
        self.listener.close()
        with self.lock:
            for sock in self.open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def dead_address():
    """Where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"
