# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A scan socket that answers what a test says: for the faults that a real
assayd does not have."""

import os
import pathlib
import socket
import threading
import urllib.parse

PATIENCE_S = 60
HEAD = b"assay/1 ok\n"
END = b"end\n"


def answer(*lines):
    """A whole answer of these lines."""
    return HEAD + b"".join(line.encode() + b"\n" for line in lines) + END


def coded(value):
    return urllib.parse.quote(value, safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~\\")


class Request:
    """What was asked: lines as pairs, header bytes, and the body with all that
    stands before it in the file."""

    def __init__(self, first):
        self.first = first
        self.pairs = []
        self.headers = b""
        self.body = None
        self.offset = None
        self.fds = []

    def all(self, key):
        return [value for name, value in self.pairs if name == key]

    def get(self, key):
        found = self.all(key)
        return found[0] if found else None


class Connection:
    """One connection, from the side of assayd."""

    def __init__(self, sock):
        self.socket = sock
        self.socket.settimeout(PATIENCE_S)
        self.bytes = b""
        self.fds = []

    def fill(self):
        data, fds, _, _ = socket.recv_fds(self.socket, 65536, 8)
        self.fds += fds
        self.bytes += data
        return bool(data)

    def line(self):
        """The next line, None at the end of the connection."""
        while b"\n" not in self.bytes:
            if not self.fill():
                return None
        line, self.bytes = self.bytes.split(b"\n", 1)
        return line.decode("ascii")

    def take(self, size):
        while len(self.bytes) < size and self.fill():
            pass
        data, self.bytes = self.bytes[:size], self.bytes[size:]
        return data

    def request(self):
        first = self.line()
        if first is None:
            return None
        request = Request(first)
        while True:
            line = self.line()
            if line is None:
                return None
            if line == "end":
                break
            key, _, value = line.partition("=")
            request.pairs.append((key, urllib.parse.unquote(value, "latin-1")))
            if key == "headers":
                request.headers = self.take(int(value))
            elif key == "body":
                request.offset = int(value.removeprefix("fd "))
        request.fds, self.fds = self.fds, []
        if len(request.fds) == 1:
            size = os.fstat(request.fds[0]).st_size
            request.body = os.pread(request.fds[0], size, 0)[request.offset:]
        for fd in request.fds:
            os.close(fd)
        return request

    def send(self, data):
        self.socket.sendall(data)


class FakeAssayd:
    """Answers each request with behave(connection, request), in a thread for
    each connection; a context."""

    def __init__(self, path, behave):
        self.path = pathlib.Path(path)
        self.behave = behave
        self.requests = []
        self.stored = 0
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.path.chmod(0o666)
        self.listener.listen(64)

    def __enter__(self):
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        # Ends accept() in the thread, too.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.path.unlink()

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        connection = Connection(sock)
        try:
            request = connection.request()
            if request is not None:
                with self.lock:
                    self.requests.append(request)
                self.behave(connection, request)
        except OSError:
            pass  # the client went away, which is what some tests are about
        finally:
            sock.close()


def says(*lines, store=None):
    """A behaviour: this answer; and to `store` the bytes of store."""
    def behave(connection, _request):
        connection.send(answer(*lines))
        if store is not None and connection.line() == "store":
            connection.send(store)
    return behave
