#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Mails built to exhaust a reader: the test file behind thousands of parts,
headers, folds and levels, and bytes that are hardly a mail. Whatever the
verdict says, it is never clean while the test file is in there, and nothing
crashes."""

import base64
import json
import unittest

from cli import EICAR, CliTest

MULTIPART = (b"From: a@b.example\r\nMIME-Version: 1.0\r\n"
             b"Content-Type: multipart/mixed; boundary=b\r\n\r\n")
THREAT_PART = (b"--b\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
               b"Content-Transfer-Encoding: base64\r\n\r\n" +
               base64.b64encode(EICAR) + b"\r\n--b--\r\n")
LEAF = (b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" +
        base64.b64encode(EICAR) + b"\r\n")


def many_parts(count):
    return (MULTIPART + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * count
            + THREAT_PART)


def many_headers(count):
    return b"".join(b"X-%d: v\r\n" % i
                    for i in range(count)) + MULTIPART + THREAT_PART


def many_folds(count):
    return b"X-Fold: a" + b"\r\n b" * count + b"\r\n" + MULTIPART + THREAT_PART


def many_parameters(count):
    parameters = b"; ".join(b"p%d=v" % i for i in range(count))
    return (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; " +
            parameters + b"; boundary=b\r\n\r\n" + THREAT_PART)


def nested_multiparts(levels):
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=\"q%dq\"\r\n\r\n--q%dq\r\n"
        % (i, i) for i in range(levels))
    return b"From: a@b.example\r\nMIME-Version: 1.0\r\n" + opening + LEAF


def nested_messages(levels):
    return (b"From: a@b.example\r\nMIME-Version: 1.0\r\n" +
            b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n" * levels +
            LEAF)


def many_parts_below_a_large_header(count):
    """Work that grew with parts times header bytes would not end."""
    header = b"".join(b"X-%d: %s\r\n" % (i, b"v" * 90) for i in range(9900))
    return header + many_parts(count)


INFECTED = {
    "large-header": (many_parts_below_a_large_header, (9000,)),
    "parts": (many_parts, (1023, 1025, 100000)),
    "headers": (many_headers, (1025, 20000)),
    "folds": (many_folds, (1025, 20000)),
    "parameters": (many_parameters, (1025, 5000)),
    "multiparts": (nested_multiparts, (10, 20, 100, 1000)),
    "messages": (nested_messages, (10, 20, 100, 1000)),
}

ODD = {
    "empty": b"",
    "newline": b"\r\n",
    "nul": b"\0" * 100000,
    "long-line": b"Subject: x\r\n\r\n" + b"A" * 10_000_000,
    "long-header": b"Subject: " + b"A" * 10_000_000,
    "cut": MULTIPART + b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD",
    "bytes": bytes(range(256)) * 400,
}


class Hostile(CliTest):
    def verdicts(self):
        run = self.scan("--json", "mails")
        return {v["path"].rpartition("/")[2]: v
                for v in map(json.loads, run.out.splitlines())}

    def test_threat_is_never_called_clean(self):
        self.configure("timeout = 600")  # 100,000 parts under a sanitizer
        for name, (build, counts) in INFECTED.items():
            for count in counts:
                self.put(f"mails/{name}-{count}.eml", build(count))
        verdicts = self.verdicts()
        self.assertEqual(len(verdicts),
                         sum(len(counts) for _, counts in INFECTED.values()))
        for path, verdict in verdicts.items():
            self.assertIn(verdict["status"], ("infected", "unscannable"), path)

    def test_odd_bytes_get_a_verdict(self):
        for name, data in ODD.items():
            self.put(f"mails/{name}.eml", data)
        verdicts = self.verdicts()
        self.assertEqual(len(verdicts), len(ODD))
        for path, verdict in verdicts.items():
            coverage = verdict["coverage"]
            if verdict["status"] == "clean":
                self.assertEqual(coverage["bytes_seen"],
                                 coverage["bytes_total"], path)
                self.assertEqual(coverage["limits"], [], path)
            else:
                self.assertEqual(verdict["status"], "unscannable", path)


if __name__ == "__main__":
    unittest.main()
