#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The client of clamd with Debian's clamd (CL-03, CL-09): what it finds, its
limits, a reload, kill -9 in the middle of scans, a stop, stalled peers."""

import base64
import os
import pathlib
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(os.environ["ASSAY_SOURCE"]) /
                       "tests/conformance"))

# pylint: disable=wrong-import-position
import player  # noqa: E402
import real_clamd  # noqa: E402
from real_clamd import EICAR  # noqa: E402


def mail(data, first=b"From: a@example.org\r\n"):
    return (first + b"To: b@example.org\r\nSubject: test\r\n"
            b"MIME-Version: 1.0\r\n"
            b"Content-Type: application/octet-stream; name=\"a.bin\"\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" +
            base64.encodebytes(data).replace(b"\n", b"\r\n"))


class RealClamdTest(unittest.TestCase):
    """One clamd for a test, or two."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-clamd-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def clamd(self, name="a", **options):
        daemon = real_clamd.RealClamd(self.folder / name, **options)
        self.addCleanup(daemon.kill)
        return daemon.start()

    def end(self, play):
        self.assertEqual(play.end(), [0, 0], "descriptors, threads left")

    def recover(self, play, content, want):
        """Scan until one works again."""
        begin = time.monotonic()
        while (finding := play.scan(content)).found != want:
            self.assertEqual(finding.found, "fault", finding)
            self.assertLess(time.monotonic(), begin + 60, finding)
            time.sleep(0.02)
        print(f"recovered in {time.monotonic() - begin:.2f} s")

    def check_findings(self, address):
        play = player.Player([address])
        for kind, content, want in (
                ("file", EICAR, "threat"), ("file", b"harmless", "nothing"),
                ("message", mail(EICAR), "threat"),
                ("message", mail(b"harmless"), "nothing"),
                ("message", mail(EICAR, b"X-Odd: 1\r\n"), "threat"),
                ("message", mail(EICAR, b"Foo:\r\n"), "threat"),
                ("message", mail(EICAR, b"From x y\r\n"), "threat"),
                ("message", mail(EICAR, b"GIF89a: x\r\n"), "threat"),
                ("message", mail(EICAR, b"\r\n"), "threat"),
                ("file", os.urandom(900000), "nothing")):
            finding = play.scan(content, kind=kind)
            self.assertEqual(finding.found, want, (content[:40], finding))
            if want == "threat":
                self.assertEqual(finding.info,
                                 real_clamd.THREAT + ".UNOFFICIAL")
            else:
                self.assertEqual((finding.code, finding.seen),
                                 ("OK", len(content)))
        self.end(play)
        return play

    def test_streams_over_tcp(self):
        self.check_findings(self.clamd().address)

    def test_descriptors_over_a_unix_socket(self):
        clamd = self.clamd(LogClean="yes")
        play = self.check_findings(clamd.path)
        self.assertNotIn("clamd.no_descriptors", " ".join(play.log))
        self.assertIn("memfd:", (clamd.folder / "log").read_text())

    def test_limits_that_are_not_told(self):
        """Without AlertExceedsMax: said in the log, and streams only."""
        clamd = self.clamd(AlertExceedsMax="no", LogClean="yes")
        play = player.Player([clamd.path])
        self.assertEqual(play.scan(mail(EICAR), kind="message").found,
                         "threat")
        self.assertEqual(play.scan(b"x" * 2000000).found, "unscannable")
        self.end(play)
        self.assertIn("clamd.limits", " ".join(play.log))
        self.assertNotIn("memfd:", (clamd.folder / "log").read_text())

    def test_more_than_a_stream_may_have(self):
        clamd = self.clamd()
        play = player.Player([clamd.address])
        for size in 1 << 20, 2 << 20, 40 << 20:
            finding = play.scan(b"x" * size + EICAR)
            self.assertEqual(finding[:2], ("unscannable", player.OVERSIZE),
                             finding)
            self.assertIn("StreamMaxLength", finding.info)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)

    def test_a_reload_changes_the_epoch(self):
        clamd = self.clamd()
        play = player.Player([clamd.address])
        before = play.ask("epoch")
        self.assertIn("/1/", before[0])
        clamd.reload(2)
        self.assertEqual(play.ask("refresh"), ["0", "1"])
        after = play.ask("epoch")
        self.assertIn("/2/", after[0])
        self.assertEqual(play.ask("refresh"), ["0", "0"])
        self.assertEqual(play.ask("epoch"), after)
        self.assertRegex(play.ask("version")[0],
                         r"^antivirus: clamav ClamAV \S+/2/[^|]*"
                         r"\|AV definitions version: 2$")
        self.end(play)

    def test_a_reload_is_noticed_by_scanning(self):
        clamd = self.clamd()
        play = player.Player([clamd.address])
        clamd.reload(2)
        end = time.monotonic() + 60
        while "/2/" not in play.ask("epoch")[0]:
            self.assertEqual(play.scan(b"harmless").found, "nothing")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.end(play)

    def test_reloads_under_load(self):
        clamd = self.clamd()
        play = player.Player([clamd.path], threads=4)
        for number in range(2, 6):
            for _ in range(200):
                play.submit(mail(EICAR), kind="message")
            clamd.reload(number)
        self.end(play)
        self.assertEqual({finding.found for finding in play.findings.values()},
                         {"threat"})

    def test_a_kill_in_the_middle_of_scans(self):
        """1,000 scans, two clamds, kill -9 of the first at the third one."""
        first, second = self.clamd("a"), self.clamd("b")
        play = player.Player([first.address, second.address], threads=8)
        contents = {"clean": mail(b"harmless"), "eicar": mail(EICAR)}
        for number in range(1000):
            if number == 300:
                first.kill()
            kind = "eicar" if number % 10 == 0 else "clean"
            play.submit(contents[kind], kind="message",
                        name=f"{kind}{number}")
        play.wait("all", lambda: len(play.findings) == 1000)
        wrong = {name: finding for name, finding in play.findings.items()
                 if finding.found !=
                 ("threat" if name.startswith("eicar") else "nothing")}
        self.assertEqual(wrong, {})
        # Neither: an error at once. The first alone again: it recovers.
        second.kill()
        self.assertEqual(play.scan(contents["eicar"]).found, "fault")
        first.start()
        self.recover(play, EICAR, "threat")
        self.end(play)

    def test_a_clamd_that_is_stopped(self):
        clamd = self.clamd()
        play = player.Player([clamd.address], threads=8)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        clamd.pause()
        names = [play.submit(EICAR, timeout_ms=1500) for _ in range(20)]
        for name in names:
            self.assertEqual(play.finding(name).found, "fault")
        self.assertIn(player.TIMEOUT,
                      {play.findings[name].reason for name in names})
        clamd.resume()
        self.recover(play, EICAR, "threat")
        self.end(play)

    def test_stalled_peers(self):
        """40 peers that began a stream and stopped; 4 threads, a queue of 8.
        clamd then answers nobody: errors, and back when they are gone."""
        clamd = self.clamd(MaxThreads=4, MaxQueue=8, CommandReadTimeout=60)
        play = player.Player([clamd.address], threads=4)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        peers = []
        for _ in range(40):
            peer = socket.create_connection(("127.0.0.1", clamd.port))
            self.addCleanup(peer.close)
            peer.sendall(b"zINSTREAM\0\0\0\1\0x")
            peers.append(peer)
        names = [play.submit(EICAR, timeout_ms=2000) for _ in range(12)]
        for name in names:
            self.assertIn(play.finding(name).found, ("fault", "threat"))
        for peer in peers:
            peer.close()
        self.recover(play, EICAR, "threat")
        self.end(play)


if __name__ == "__main__":
    real_clamd.need()
    unittest.main(verbosity=2)
