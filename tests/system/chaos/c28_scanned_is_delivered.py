#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C28: the bytes that an engine is given are those that are delivered. A clamd
of the test keeps what it is given; the MTA of the test applies what it is told
to change, as an MTA does, and the two are compared by their hashes.

The milter protocol carries a mail without dot-stuffing, so assayd makes the
bytes of the wire itself: with use_wire_rep the engine is given these, and
what they are without the stuffing as well."""

import hashlib
import os
import pathlib
import sys

import chaos  # first: it finds the others
from assayd import (
    LISTENER, LUA, Assayd, check, run_tests, script)
from mail_load import ACCEPTED, REJECTED, Client
from mail_samples import EICAR, Mail

sys.path.insert(0, str(pathlib.Path(os.environ["ASSAY_SOURCE"]) /
                       "tests/conformance"))
import fake_clamd  # noqa: E402

# The engine puts it in front of each mail, so that clamd takes it for one.
PREFIX = b"Received: by assay\r\n"
# No content of the canary has it.
MARK = b"scanned-is-delivered"
HEADERS = ((b"Subject", b" " + MARK), (b"From", b" a@example.com"))
BODIES = {
    "dots at line begins": b".\r\n..\r\n.one\r\n.\r\n\r\n.",
    "dots elsewhere": b"a.\r\n b .\r\n",
    "all bytes": bytes(range(256)) * 300 + b"\r\n.\r\n",
    "bare line ends": b".\n.\r.\r\n.\n",
    "empty": b"",
    "larger than a chunk": b".x\r\n" * 50000,
}


def digest(data):
    return hashlib.sha256(data).hexdigest()


def stuffed(data):
    """RFC 5321, section 4.5.2: a dot before each line that begins with one. A
    bare LF begins a line, too: MTAs make CRLF of it when they send."""
    return b"\n".join(b"." * line.startswith(b".") + line
                      for line in data.split(b"\n"))


def configuration(address, engine, rest=""):
    return (LISTENER + 'clamav { }\n'
            'antivirus "av" { cache_size = 0 clean_cache_size = 0\n'
            f'  clamav "c1" {{ daemon = "{address}" {engine} }} }}\n{rest}\n')


class Editing(Client):
    """An MTA that carries out added header fields."""

    def __init__(self, folder):
        super().__init__(folder)
        self.added = []

    def read(self, size):
        data = super().read(size)
        if size > 1 and data[:1] == b"h":
            name, value = data[1:].split(b"\0")[:2]
            self.added.append((name, value))
        return data


def deliver(folder, mail):
    """The answer, the bytes that the MTA delivers then, and what was added."""
    client = Editing(folder)
    try:
        check("connect", client.connect()[0], b"c")
        answer = client.play(mail)[0]
    finally:
        client.close()
    fields = [name + b":" + value for name, value in mail.headers]
    fields += [name + b":" + (b"" if value[:1] == b" " else b" ") + value
               for name, value in client.added]
    return answer, b"\r\n".join(fields) + b"\r\n\r\n" + mail.body, \
        client.added


def take(clamd):
    """What it was given of the mail since the last call."""
    given = [content for content in clamd.contents if MARK in content]
    clamd.contents = []
    check("prefixes", [c[:len(PREFIX)] for c in given], [PREFIX] * len(given))
    return [content[len(PREFIX):] for content in given]


def compare(what, clamd, delivered, wire):
    given = [digest(content) for content in take(clamd)]
    expected = [digest(delivered)]
    if wire and stuffed(delivered) != delivered:
        expected.insert(0, digest(stuffed(delivered)))
    check(f"{what}: hashes", given, expected)


def send_each(folder, clamd, wire):
    """Each mail, harmless and with the test file behind a dot."""
    for name, body in BODIES.items():
        for infected in (False, True):
            end = b"\r\n." + EICAR + b"\r\n" if infected else b""
            answer, delivered, added = deliver(
                folder, Mail(0, "", HEADERS, body + end))
            check(f"{name}: answer", answer,
                  REJECTED if infected else ACCEPTED)
            check(f"{name}: changes", added, [])
            if infected:  # a threat in the first reading ends the scan
                check(f"{name}: first reading", digest(take(clamd)[0]),
                      digest(stuffed(delivered) if wire else delivered))
            else:
                compare(name, clamd, delivered, wire)


def compare_all(folder, wire):
    clamd = fake_clamd.FakeClamd("127.0.0.1:0")
    clamd.contents = []
    text = configuration(clamd.address,
                         f"use_wire_rep = {str(wire).lower()}")
    try:
        with Assayd(folder, text=text) as assayd:
            send_each(folder, clamd, wire)
            chaos.check_clean_end(assayd, folder)
    finally:
        clamd.stop()


def test_c28_with_the_bytes_of_the_wire(folder):
    compare_all(folder, True)


def test_c28_without_them(folder):
    compare_all(folder, False)


# The scan a policy asks for, behind its own change.
POLICY = """
require("msys.core")
require("msys.extended.message")
require("msys.av")
local mod = {}
function mod:validate_data_spool(msg, ac, vctx)
    msg:header("X-Added", "by a policy", "append")
    local status = msys.av.scan(nil, msg, vctx)
    if status ~= msys.av.EC_AV_CLEAN then
        vctx:set_code(554, "5.6.0 not clean")
        return msys.core.VALIDATE_DONE
    end
    return msys.core.VALIDATE_CONT
end
msys.registerModule("policy", mod)
"""


def test_c28_with_the_changes_of_a_policy(folder):
    """Without use_wire_rep an engine sees them, as the MTA delivers them."""
    if not LUA:
        return
    clamd = fake_clamd.FakeClamd("127.0.0.1:0")
    clamd.contents = []
    (folder / "edit.lua").write_text(POLICY)
    text = configuration(
        clamd.address, "use_wire_rep = false enabled = false",
        script("edit"))
    try:
        with Assayd(folder, text=text) as assayd:
            for name, body in BODIES.items():
                answer, delivered, added = deliver(
                    folder, Mail(0, "", HEADERS, body))
                check(f"{name}: answer", answer, ACCEPTED)
                check(f"{name}: changes", len(added), 1)
                compare(name, clamd, delivered, False)
            chaos.check_clean_end(assayd, folder)
    finally:
        clamd.stop()


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
