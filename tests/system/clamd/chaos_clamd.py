#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Chaos around clamd, seen by an MTA through assayd.

C6   a clamd that stalls, drips, closes and answers too late
C7   half-open TCP: what clamd sends is thrown away, and it is not told
C8   connection refused; a name server that does not answer
C25  clamd is not up when assayd starts

The answer is 451 whenever nothing is known, an infected mail is never
accepted, and when the trouble is over, so are the 451s.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
sys.path += [str(SOURCE / "tests/conformance"),
             str(SOURCE / "tests/system/milter")]

# pylint: disable=wrong-import-position
import fake_clamd  # noqa: E402
import real_clamd  # noqa: E402
from assayd_test import Assayd, Mta  # noqa: E402
from real_clamd import EICAR  # noqa: E402

MAILS = 1000
CLIENTS = 20
PATIENCE_S = 60
INFECTED = EICAR + b"\r\n"
CONF = """
Milter_Listener { Listen = "SOCKET" }
clamav { }
antivirus "av" {
  timeout = TIMEOUT
  cache_size = 0
  clean_cache_size = 0
  clamav "c1" { daemon = ( DAEMONS ) }
}
"""


class Chaos(unittest.TestCase):
    """assayd with one daemon or more."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-chaos-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assayd(self, *daemons, timeout_s=2):
        words = " ".join(f'"{daemon}"' for daemon in daemons)
        text = CONF.replace("DAEMONS", words).replace("TIMEOUT",
                                                      str(timeout_s))
        process = Assayd(self.folder, text=text)
        self.addCleanup(process.__exit__, None, None, None)
        return process.__enter__()

    def send(self, *bodies):
        """Mails over one connection: what the MTA is told to answer."""
        mta = Mta(self.folder)
        mta.connect()
        answers = []
        for body in bodies:
            letter, text = mta.message(body)
            answers.append({b"c": "accepted", b"a": "accepted"}.get(
                letter, text.decode("latin-1")[:3] or letter.decode()))
        mta.close()
        return answers if len(bodies) > 1 else answers[0]

    def recover(self, what):
        """From the first EICAR that is found on, all is well again."""
        begin = time.monotonic()
        while (answer := self.send(INFECTED)) not in ("550", "r"):
            self.assertIn(answer, ("451", "t"), what)
            self.assertLess(time.monotonic() - begin, PATIENCE_S, what)
            time.sleep(0.05)
        print(f"{what}: recovered in {time.monotonic() - begin:.2f} s")
        self.assertEqual(self.send(b"harmless\r\n"), "accepted")

    def is_tempfail(self, answer):
        return answer in ("451", "t")


class Stalls(Chaos):
    """C6"""

    def test_c6_a_clamd_that_stalls_drips_and_closes(self):
        fake = fake_clamd.FakeClamd("127.0.0.1:0")
        self.addCleanup(fake.stop)
        ok = "@ID@: stream: OK\0"
        fake.marks = {
            b"chaos-hang": [["hang"]],
            b"chaos-drip": [["drip", ok, 300]],
            b"chaos-close": [["start", ok, 3], ["close"]],
            b"chaos-late": [["sleep", 1500], ["send", ok]],
            b"chaos-twice": [["send", ok + ok]],
        }
        marks = list(fake.marks)
        assayd = self.assayd(fake.address, timeout_s=1)

        def body(number):
            if number % 10 == 1:
                return INFECTED
            if number % 20 == 2:
                return marks[number // 20 % len(marks)] + b"\r\n"
            return b"harmless\r\n"

        def run(numbers):
            return dict(zip(numbers, self.send(*map(body, numbers))))

        answers = {}
        threads = []
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for half in range(2):
                base = half * MAILS // 2
                parts = [range(base + n, base + MAILS // 2, CLIENTS)
                         for n in range(CLIENTS)]
                for part in pool.map(run, parts):
                    answers.update(part)
                threads.append(len(os.listdir(
                    f"/proc/{assayd.process.pid}/task")))
        for number, answer in answers.items():
            if body(number) == INFECTED:
                self.assertNotEqual(answer, "accepted", number)
            elif body(number) != b"harmless\r\n":
                self.assertTrue(self.is_tempfail(answer), (number, answer))
            else:
                self.assertIn(answer, ("accepted", "451", "t"), number)
        accepted = sum(answer == "accepted" for answer in answers.values())
        print(f"C6: {len(answers)} mails, {accepted} accepted, threads "
              f"{threads}")
        self.assertEqual(len(answers), MAILS)
        self.assertGreater(accepted, 0)
        # Those of the connections come and go; a leak would be one for each
        # of hundreds of stalls.
        self.assertLessEqual(threads[1], threads[0] + CLIENTS, "threads leak")
        fake.marks = {}
        self.recover("C6")
        self.assertEqual(assayd.stop(), 0)


class HalfOpen(Chaos):
    """C7: in a network namespace of its own, from which nothing comes back."""

    def ip(self, *words, inside=False):
        prefix = ["ip", "netns", "exec", self.space] if inside else []
        subprocess.run([*prefix, "ip", *words], check=True,
                       capture_output=True)

    def make_network(self):
        if os.geteuid() != 0 or not shutil.which("ip"):
            self.fail("C7 needs root and the program ip (package iproute2)")
        self.space = f"assay{os.getpid()}"
        near, far = f"as{os.getpid() % 100000}a", f"as{os.getpid() % 100000}b"
        self.ip("netns", "add", self.space)
        self.addCleanup(self.ip, "netns", "del", self.space)
        self.ip("link", "add", near, "type", "veth", "peer", "name", far,
                "netns", self.space)
        self.ip("address", "add", "198.18.77.1/30", "dev", near)
        self.ip("link", "set", near, "up")
        self.ip("address", "add", "198.18.77.2/30", "dev", far, inside=True)
        self.ip("link", "set", far, "up", inside=True)

    def start_fake(self):
        # pylint: disable=consider-using-with
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.space, sys.executable, "-B",
             SOURCE / "tests/conformance/fake_clamd.py", "198.18.77.2:0"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process.stdout.readline().strip()

    def test_c7_half_open_tcp(self):
        self.make_network()
        assayd = self.assayd(self.start_fake(), timeout_s=2)
        self.recover("C7, before")
        # What the fake sends is dropped without a word to anybody.
        self.ip("route", "add", "blackhole", "198.18.77.1/32", inside=True)
        for number in range(8):
            answer = self.send(INFECTED if number % 2 else b"harmless\r\n")
            self.assertTrue(self.is_tempfail(answer), answer)
        assayd.wait_log("reason=timeout")
        self.ip("route", "del", "blackhole", "198.18.77.1/32", inside=True)
        self.recover("C7")
        self.assertEqual(assayd.stop(), 0)


class Refused(Chaos):
    """C8"""

    def setUp(self):
        super().setUp()
        self.clamd = real_clamd.RealClamd(self.folder / "clamd")
        self.addCleanup(self.clamd.kill)

    def test_c8_connection_refused(self):
        self.clamd.start()
        assayd = self.assayd(self.clamd.address)
        self.recover("C8, before")
        self.clamd.kill()
        for number in range(200):
            answer = self.send(INFECTED if number % 2 else b"harmless\r\n")
            self.assertTrue(self.is_tempfail(answer), answer)
        assayd.wait_log("clamd.down")
        self.clamd.start()
        self.recover("C8")
        self.assertEqual(assayd.stop(), 0)

    def test_c8_no_name_server_answers(self):
        assayd = self.assayd("clamd.assay.invalid:3310")
        for number in range(20):
            answer = self.send(INFECTED if number % 2 else b"harmless\r\n")
            self.assertTrue(self.is_tempfail(answer), answer)
        self.assertEqual(assayd.stop(), 0)

    def test_c8_a_second_daemon_serves(self):
        self.clamd.start()
        assayd = self.assayd("127.0.0.1:1", self.clamd.path)
        self.recover("C8, the first of two is down")
        self.assertEqual(self.send(*[b"harmless\r\n"] * 50),
                         ["accepted"] * 50)
        self.assertEqual(assayd.stop(), 0)

    def test_c25_clamd_is_not_up_yet(self):
        assayd = self.assayd(self.clamd.path)
        assayd.wait_log("clamd.down")
        for number in range(50):
            answer = self.send(INFECTED if number % 2 else b"harmless\r\n")
            self.assertTrue(self.is_tempfail(answer), answer)
        self.clamd.start()
        self.recover("C25")
        self.assertEqual(assayd.stop(), 0)

    def test_cl_01_a_wrong_address_is_a_configuration_error(self):
        for address, want in (("127.0.0.1", "write \"host:port\""),
                              ("127.0.0.1:0", "is not a port"),
                              ("unix:relative", "begins with /")):
            conf = self.folder / "wrong.conf"
            conf.write_text(CONF.replace("DAEMONS", f'"{address}"')
                            .replace("TIMEOUT", "2")
                            .replace("SOCKET", f"unix:{self.folder}/s"))
            done = subprocess.run(
                [pathlib.Path(os.environ["ASSAY_BUILD"]) / "bin/assay",
                 "check", "-c", conf], capture_output=True, text=True,
                check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(want, done.stderr)
            self.assertIn("'daemon'", done.stderr)


if __name__ == "__main__":
    real_clamd.need()
    unittest.main(verbosity=2)
