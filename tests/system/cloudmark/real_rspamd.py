#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The scorer rspamd against rspamd itself (CM-09).

GTUBE scores above 90, a plain message below; many recipients are taken; an
rspamd that was stopped is unavailable, and with a second server it is not
missed.
"""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
sys.path.append(str(SOURCE / "tests/conformance"))

# pylint: disable=wrong-import-position
import scorer  # noqa: E402

PATIENCE_S = 240
RSPAMD = shutil.which("rspamd", path=os.environ["PATH"] + ":/usr/sbin")
HEAD = b"""Received: from mx.example.org (mx.example.org [192.0.2.1])\r
\tby mail.example.com with ESMTP id Q1; Mon, 2 Mar 2026 10:00:00 +0000\r
Date: Mon, 2 Mar 2026 10:00:00 +0000\r
From: Ann <ann@example.org>\r
To: Bob <bob@example.com>\r
Message-ID: <1@example.org>\r
Subject: the minutes\r
\r
"""
HAM = HEAD + b"Bob,\r\n\r\nhere are the minutes of Monday.\r\n\r\nAnn\r\n"
SPAM = HEAD + b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-" + \
    b"STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"

CONFIG = """
.include "$CONFDIR/common.conf"
.include "$CONFDIR/options.inc"
options {{
  pidfile = "{folder}/pid"; local_addrs = [];
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
worker "controller" {{ enabled = false; }}
worker "rspamd_proxy" {{ enabled = false; }}
worker "fuzzy" {{ enabled = false; }}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Rspamd:
    """A daemon of our own, with one worker."""

    def __init__(self, more=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-rspamd-"))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        config = self.folder / "rspamd.conf"
        config.write_text(CONFIG.format(folder=self.folder, port=self.port)
                          + more)
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [RSPAMD, "-i", "-f", "-c", config, f"--var=DBDIR={self.folder}",
             f"--var=RUNDIR={self.folder}", f"--var=LOGDIR={self.folder}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=self.folder)
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                log = self.folder / "log"
                text = log.read_text(errors="replace") if log.exists() else ""
                self.stop()
                raise AssertionError("rspamd does not start: " + text[-2000:])
            time.sleep(0.05)

    def answers(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port,
                                            timeout=PATIENCE_S)
        try:
            client.request("GET", "/ping")
            return client.getresponse().read().strip() == b"pong"
        except OSError:
            return False
        finally:
            client.close()

    def wait_for_log(self, text):
        """The line of the log with that text in it."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            log = (self.folder / "log").read_text(errors="replace")
            for line in log.splitlines():
                if text in line:
                    return line
            time.sleep(0.05)
        raise AssertionError(f"{text} is not logged")

    def stop(self):
        """Gone, and its workers with it."""
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None
            shutil.rmtree(self.folder, ignore_errors=True)


class RealRspamd(unittest.TestCase):
    """What rspamd says, as a score."""

    @classmethod
    def setUpClass(cls):
        cls.rspamd = Rspamd()

    @classmethod
    def tearDownClass(cls):
        cls.rspamd.stop()

    def open(self, servers=None, **options):
        words = " ".join(f'"{server}"' for server in
                         servers or [self.rspamd.address])
        one = scorer.Scorer("rspamd", f"servers = ( {words} )\n", **options)
        self.addCleanup(self.close, one)
        return one

    def close(self, one):
        self.assertEqual(one.end(), [0, 0])

    def score(self, one, subject):
        answer = one.score(subject)
        self.assertEqual(answer["rc"], "ok", answer)
        return answer

    def test_gtube_scores_above_and_plain_mail_below(self):
        one = self.open()
        spam = self.score(one, SPAM)
        self.assertGreater(spam["score"], 90)
        self.assertEqual((spam["category"], spam["sub_category"]),
                         ("test", "GTUBE"))
        ham = self.score(one, HAM)
        self.assertLess(ham["score"], 60)
        self.assertEqual(ham["headers"], [])

    def test_an_analysis_can_be_read_again(self):
        one = self.open()
        first = self.score(one, HAM)
        self.assertRegex(first["analysis"],
                         r"^score=-?[0-9.]+; required=15\.00; action=")
        again = one.analyze(first["analysis"])
        self.assertEqual((again["rc"], again["score"]),
                         ("ok", first["score"]))

    def test_many_at_a_time(self):
        one = self.open(threads=16, concurrency=16)
        names = [one.submit_score(SPAM if number % 2 else HAM, 120000)
                 for number in range(64)]
        for number, name in enumerate(names):
            answer = one.answer(name)
            self.assertEqual(answer["rc"], "ok", answer)
            self.assertEqual(answer["score"] > 90, number % 2 == 1)

    def test_the_envelope_arrives(self):
        self.score(self.open(), scorer.Subject(
            HAM, ("kim@example.com",), queue_id="ENVELOPE1"))
        line = self.rspamd.wait_for_log("qid: <ENVELOPE1>")
        for text in "ip: 192.0.2.1", "from: <from@example.org>", \
                "rcpts: <kim@example.com>":
            self.assertIn(text, line)

    def test_any_number_of_recipients_is_taken(self):  # CM-36
        one = self.open()
        for count in 0, 1, 17, 1000, 10000:
            self.score(one, scorer.Subject(
                HAM, [f"user{number}@example.com"
                      for number in range(count)]))

    def test_odd_envelopes_are_taken(self):
        one = self.open()
        for subject in scorer.Subject(HAM, sender=""), \
                scorer.Subject(HAM, ('"a b"@example.com', "x\r\nIP: 1.2.3.4"),
                               "helo\n", "\r\n", "2001:db8::1", "", ""), \
                scorer.Subject(HAM, (), "", "", "", "", ""), \
                scorer.Subject(b"\0\xff\r\n" * 1000):
            self.score(one, subject)

    def test_the_version_is_that_of_rspamd(self):
        answer = self.open().version()
        self.assertEqual(answer["rc"], "ok")
        self.assertRegex(answer["engine"], r"^rspamd/[0-9]+\.[0-9]+")

    def test_one_that_never_rejects(self):
        other = Rspamd("actions { reject = null; add_header = 6; "
                       "greylist = null; }\n")
        self.addCleanup(other.stop)
        answer = self.score(self.open([other.address]), HAM)
        self.assertIn("; required=6.00; action=", answer["analysis"])

    def test_one_that_was_stopped(self):
        other = Rspamd()
        self.addCleanup(other.stop)
        alone = self.open([other.address])
        both = self.open([other.address, self.rspamd.address])
        for one in alone, both:
            self.assertGreater(self.score(one, SPAM)["score"], 90)
        other.stop()
        self.assertEqual(alone.score(SPAM)["rc"], "unavailable")
        self.assertEqual(alone.version()["rc"], "unavailable")
        self.assertGreater(self.score(both, SPAM)["score"], 90)


if __name__ == "__main__":
    if not RSPAMD:
        print("rspamd is not installed (Debian package rspamd)")
        sys.exit(77)
    unittest.main()
