# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""An Authority service that does what the message it is given says.

Without a script (fake_http.py) it answers honestly: a message with GTUBE in it
scores 99.5, all others 1.5; an address that ends with 6 scores 80, others 2.
"""

import re

import fake_http

MESSAGE = "/score/v2/message"
SIZE = "/score/v2/max-message-size"
ADDRESS = "/score/v2/ip/"

NO_PAGE = [fake_http.send(fake_http.reply("none", 404))]


class FakeAuthority(fake_http.FakeHttp):
    """One service; on_size and on_address are steps in place of its own."""

    def __init__(self, max_size=None, port=0, context=None):
        self.on_size = NO_PAGE if max_size is None else [
            fake_http.send(fake_http.reply({"maxMessageSize": max_size}))]
        self.on_address = None
        super().__init__(port, context)

    def answer(self, request):
        if request.path == MESSAGE and request.method == "POST":
            score = 99.5 if b"GTUBE" in request.body else 1.5
            return [fake_http.send(fake_http.reply(
                {"score": score, "analysis": "v=2.4 honest"}))]
        if request.path == SIZE:
            return self.on_size
        if request.path.startswith(ADDRESS):
            return self.on_address or [fake_http.send(fake_http.reply(
                {"score": 80 if request.path.endswith("6") else 2}))]
        return NO_PAGE

    def parts(self):
        """Those of the last message: [(name, type, bytes)]."""
        request = self.last(MESSAGE)
        kind = dict((name.lower(), value)
                    for name, value in request.headers)["content-type"]
        boundary = re.fullmatch(
            r'multipart/form-data; boundary="?([^"]+)"?', kind)[1].encode()
        assert request.body.startswith(b"--" + boundary + b"\r\n")
        assert request.body.endswith(b"\r\n--" + boundary + b"--\r\n")
        parts = []
        for part in (b"\r\n" + request.body).split(
                b"\r\n--" + boundary)[1:-1]:
            top, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'form-data; name="([^"]*)"', top)[1].decode()
            found = re.search(rb"Content-Type: (.*)", top)
            parts.append((name, found and found[1].strip().decode(), data))
        return parts
