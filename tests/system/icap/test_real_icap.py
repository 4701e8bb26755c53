#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The icap engine with Debian's c-icap and clamd behind it: what it finds, by
itself, from the command line and behind assayd; and that a clamd or a c-icap
that is stopped never makes anything clean."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
sys.path[:0] = [str(SOURCE / "tests/conformance"),
                str(SOURCE / "tests/system/clamd"),
                str(SOURCE / "tests/system/support")]

# pylint: disable=wrong-import-position
import assayd  # noqa: E402
import player  # noqa: E402
import real_clamd  # noqa: E402
import real_icap  # noqa: E402
from real_clamd import EICAR  # noqa: E402

PATIENCE_S = 60
NAME = real_clamd.THREAT + ".UNOFFICIAL"
LARGE = 4 << 20
STANZAS = """
icap { }
antivirus "av" {
  timeout = 20
  icap "icap1" { servers = ( "URL" ) }
}
"""


class RealIcapTest(unittest.TestCase):
    """A c-icap for each test, and one clamd for all, unless it was killed."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="assay-icap-clamd-")
        cls.addClassCleanup(folder.cleanup)
        cls.clamd = real_clamd.RealClamd(folder.name, StreamMaxLength="100M",
                                         MaxFileSize="100M",
                                         MaxScanSize="200M")
        cls.addClassCleanup(cls.clamd.kill)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-icap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        if not self.clamd.process:
            self.clamd.start()

    def icap(self, name="icap", **options):
        server = real_icap.RealIcap(self.folder / name, self.clamd.path,
                                    **options)
        self.addCleanup(server.stop)
        return server.start()

    def end(self, play):
        self.assertEqual(play.end(), [0, 0], "descriptors, threads left")

    def recover(self, play):
        """Scan until one works again."""
        begin = time.monotonic()
        while (finding := play.scan(EICAR)).found != "threat":
            self.assertEqual(finding.found, "fault", finding)
            self.assertLess(time.monotonic(), begin + PATIENCE_S, finding)
            time.sleep(0.02)

    def check_findings(self, play):
        for content in EICAR, b"x" * 5000 + EICAR, b"x" * LARGE + EICAR:
            finding = play.scan(content, timeout_ms=60000)
            self.assertEqual((finding.found, finding.info), ("threat", NAME),
                             finding)
        for content in b"harmless", os.urandom(5000), b"x" * LARGE, \
                os.urandom(LARGE), b"a", bytes(1024), bytes(1025):
            finding = play.scan(content, timeout_ms=60000)
            self.assertEqual((finding.found, finding.seen),
                             ("nothing", len(content)), finding)

    def test_findings(self):
        for preview in "auto", "off":
            with self.subTest(preview):
                play = player.IcapPlayer([self.icap(f"p-{preview}").url],
                                         config=f"preview = {preview}")
                self.check_findings(play)
                self.end(play)

    def test_findings_without_204(self):
        """What is clean comes back, and is compared."""
        play = player.IcapPlayer([self.icap(allow_204=False).url],
                                 config="allow_204 = off")
        self.check_findings(play)
        self.end(play)

    def test_as_requests(self):
        play = player.IcapPlayer([self.icap().url], config="method = reqmod")
        self.check_findings(play)
        self.end(play)

    def test_many_threads(self):
        play = player.IcapPlayer([self.icap().url], threads=12)
        wants = {}
        for number in range(200):
            content = b"number %d " % number + os.urandom(number * 40)
            infected = number % 3 == 0
            name = play.submit(content + EICAR if infected else content,
                               timeout_ms=60000)
            wants[name] = "threat" if infected else "nothing"
        self.end(play)
        self.assertEqual({name: finding.found
                          for name, finding in play.findings.items()}, wants)

    def test_without_clamd_nothing_is_clean(self):
        play = player.IcapPlayer([self.icap().url], threads=4)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.clamd.kill()
        for content in b"harmless", EICAR, b"x" * 100000:
            for _ in range(5):
                self.assertEqual(play.scan(content).found, "fault")
        self.clamd.start()
        self.recover(play)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)

    def test_without_a_server_nothing_is_clean(self):
        server = self.icap()
        play = player.IcapPlayer([server.url], threads=4)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        server.kill()
        for _ in range(5):
            finding = play.scan(b"harmless")
            self.assertEqual(finding.found, "fault", finding)
        server.start()
        self.recover(play)
        self.end(play)

    def test_the_next_server_serves(self):
        first, second = self.icap("first"), self.icap("second")
        play = player.IcapPlayer([first.url, second.url], threads=4)
        self.assertEqual(play.scan(EICAR).found, "threat")
        first.kill()
        for _ in range(10):
            self.assertEqual(play.scan(EICAR, timeout_ms=30000).found,
                             "threat")
        self.end(play)

    # -- the programs -------------------------------------------------------

    def scan_file(self, config, data, want):
        mail = self.folder / "mail.eml"
        mail.write_bytes(b"Subject: test\r\n\r\n" + data)
        done = subprocess.run([BUILD / "bin/assay", "scan", "-c", config, mail],
                              capture_output=True, text=True, check=False,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, want, done.stdout + done.stderr)
        return done.stdout

    def test_the_command_line(self):
        config = self.folder / "assay.conf"
        config.write_text(STANZAS.replace("URL", self.icap().url))
        self.assertIn(" 1 clean", self.scan_file(config, b"harmless\r\n", 0))
        self.assertIn(NAME, self.scan_file(config, EICAR + b"\r\n", 1))
        self.clamd.kill()
        self.assertIn(" 0 clean", self.scan_file(config, b"harmless\r\n", 2))

    def test_behind_assayd(self):
        if not (BUILD / "bin/assayd").exists():
            self.skipTest("assayd is not built")
        text = assayd.LISTENER + STANZAS.replace("URL", self.icap().url)
        with assayd.Assayd(self.folder, text=text) as daemon:
            mta = assayd.Mta(self.folder)
            mta.connect()
            letter, _ = mta.message(b"harmless\r\n")
            self.assertIn(letter, (b"c", b"a"))
            letter, reply = mta.message(EICAR + b"\r\n")
            self.assertEqual((letter, reply[:3]), (b"y", b"550"))
            self.clamd.kill()
            letter, reply = mta.message(b"harmless, but not seen before\r\n")
            self.assertEqual((letter, reply[:3]), (b"y", b"451"))
            mta.close()
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    real_icap.need()
    unittest.main(verbosity=2)
