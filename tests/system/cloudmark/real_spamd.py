#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The scorer spamd against the spamd of SpamAssassin.

Over a Unix socket and over TCP: GTUBE scores above 90, a plain message below;
a spamd that was stopped is unavailable, and with a second server it is not
missed.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
sys.path.append(str(SOURCE / "tests/conformance"))

# pylint: disable=wrong-import-position
import scorer  # noqa: E402

PATIENCE_S = 120
SPAMD = shutil.which("spamd", path=os.environ["PATH"] + ":/usr/sbin")
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


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Spamd:
    """A daemon of our own, on a socket and on a port."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-spamd-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.path = self.folder / "spamd.sock"
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [SPAMD, "-L", "-x", *user, f"--listen={self.path}",
             f"--listen=127.0.0.1:{self.port}", "--socketmode=0666", "-m", "2",
             "--min-children=1", "-s", "stderr",
             "-r", self.folder / "spamd.pid"],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, cwd="/")
        self.log = []
        self.written = threading.Condition()
        self.thread = threading.Thread(target=self.read_log)
        self.thread.start()
        if not self.wait_for_log("server pid:"):
            self.stop()
            raise AssertionError("spamd does not start: " +
                                 "".join(self.log[-20:]))

    def read_log(self):
        for line in self.process.stderr:
            with self.written:
                self.log.append(line.decode("latin-1"))
                self.written.notify_all()

    def wait_for_log(self, text):
        with self.written:
            return self.written.wait_for(
                lambda: any(text in line for line in self.log), PATIENCE_S)

    @property
    def addresses(self):
        return f"unix:{self.path}", f"127.0.0.1:{self.port}"

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE_S)
        self.thread.join()
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class RealSpamd(unittest.TestCase):
    """Each test has scorers of its own; the daemon serves them all."""

    @classmethod
    def setUpClass(cls):
        cls.spamd = Spamd()

    @classmethod
    def tearDownClass(cls):
        cls.spamd.stop()

    def scorer(self, *servers, more="", **options):
        words = " ".join(f'"{server}"' for server in servers)
        player = scorer.Scorer("spamd", f"servers = ( {words} )\n{more}",
                               **options)
        self.addCleanup(player.process.kill)  # of a test that failed
        return player

    def check_scores(self, player):
        spam = player.score(SPAM)
        self.assertEqual((spam["rc"], spam.get("category"),
                          spam.get("sub_category")),
                         ("ok", "test", "GTUBE"), spam)
        self.assertGreater(spam["score"], 90, spam)
        ham = player.score(HAM)
        self.assertEqual(ham["rc"], "ok", ham)
        self.assertLess(ham["score"], 50, ham)
        return spam

    def test_spam_scores_above_and_ham_below(self):
        for address in self.spamd.addresses:
            with self.subTest(address=address):
                player = self.scorer(address)
                spam = self.check_scores(player)
                again = player.analyze(spam["analysis"])
                self.assertEqual([again.get(key) for key in
                                  ("rc", "score", "category_desc")],
                                 ["ok", spam["score"], "Test pattern"])
                version = player.version()
                self.assertRegex(version["engine"], r"^SPAMD/1\.\d+$")
                self.assertEqual(player.end(), [0, 0])

    def test_a_user_is_named(self):
        player = self.scorer(self.spamd.addresses[0], more='user = "nobody"')
        self.check_scores(player)
        self.assertEqual(player.end(), [0, 0])
        self.assertTrue(self.spamd.wait_for_log("for nobody:"))

    def test_many_at_once(self):
        player = self.scorer(*self.spamd.addresses, threads=16)
        names = [player.submit_score(SPAM if number % 2 else HAM)
                 for number in range(40)]
        scores = [player.answer(name) for name in names]
        self.assertEqual({answer["rc"] for answer in scores}, {"ok"})
        for number, answer in enumerate(scores):
            self.assertEqual(answer["score"] >= 90, bool(number % 2), answer)
        self.assertEqual(player.end(), [0, 0])

    def test_one_of_two_servers_is_dead(self):
        player = self.scorer(f"127.0.0.1:{free_port()}",
                             f"unix:{self.spamd.folder}/none",
                             *self.spamd.addresses)
        for _ in range(3):
            self.check_scores(player)
        self.assertEqual(player.end(), [0, 0])


class StoppedSpamd(unittest.TestCase):
    """A daemon that goes away."""

    def test_it_is_unavailable_and_the_next_one_serves(self):
        spamd = Spamd()
        self.addCleanup(spamd.stop)
        for address in spamd.addresses:
            player = scorer.Scorer("spamd", f'servers = ( "{address}" )')
            self.addCleanup(player.process.kill)
            self.assertEqual(player.score(SPAM)["rc"], "ok")
            if address == spamd.addresses[1]:
                spamd.stop()
                answer = player.score(SPAM)
                self.assertEqual(answer["rc"], "unavailable", answer)
                self.assertIn(f"spamd {address}: cannot be reached",
                              answer["error"])
            player.end()


if __name__ == "__main__":
    if not SPAMD:
        print("spamd is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
