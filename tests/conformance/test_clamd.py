#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The client of clamd against a clamd that does everything wrong (CL-04,
CL-05, CL-06, CL-10).

Each reply of the protocol is played whole, split at every byte, cut at every
byte and then closed, reset or left hanging, dripped, glued, with other ends
and ids, before the end of the stream, twice, and late. The property: a content
is clean only if the daemon said a complete OK to the command that carried it,
and infected only if it said a complete FOUND with a name. Behind each case the
same instance scans something harmless, which must not be anything but clean: no
answer is ever taken for another content.
"""

import json
import os
import pathlib
import random
import resource
import sys
import tempfile
import time
import unittest

import fake_clamd
import player

FAST_MS = 20000  # nothing waits that long unless it hangs
SHORT_MS = 400   # for those that must run into it
THREADS = 48
LARGE = 6 << 20  # more than sockets take in

# reply (without subject and end) -> what it means: found, reason
RESULTS = {
    "OK": ("nothing", player.NONE),
    "Eicar-Test-Signature FOUND": ("threat", player.NONE),
    "Eicar(44d88612fea8a8f36de82e1278abb02f:68) FOUND":
        ("threat", player.NONE),
    "(null) FOUND": ("fault", player.ENGINE),
    "two words FOUND": ("fault", player.ENGINE),
    "Heuristics.Limits.Exceeded.MaxFileSize FOUND":
        ("unscannable", player.LIMIT),
    "Heuristics.Limits.Exceeded.MaxScanSize FOUND":
        ("unscannable", player.LIMIT),
    "Heuristics.Limits.Exceeded.MaxFiles FOUND":
        ("unscannable", player.LIMIT),
    "Heuristics.Limits.Exceeded.MaxRecursion FOUND":
        ("unscannable", player.LIMIT),
    "Heuristics.Limits.Exceeded.MaxScanTime FOUND":
        ("fault", player.TIMEOUT),
    "Heuristics.Encrypted.Zip FOUND": ("unscannable", player.ENCRYPTED),
    "Can't allocate memory ERROR": ("fault", player.MEMORY),
    "Exceeded time limit ERROR": ("fault", player.TIMEOUT),
    "Exceeded max recursion depth ERROR": ("unscannable", player.LIMIT),
    "Can't create temporary file ERROR": ("fault", player.TEMPORARY),
    "Empty file": ("fault", player.ENGINE),
    "Excluded": ("fault", player.ENGINE),
    "Access denied. ERROR": ("fault", player.ENGINE),
    "Not a regular file ERROR": ("fault", player.ENGINE),
}

# replies without a subject
BARE = {
    "INSTREAM size limit exceeded. ERROR": ("unscannable", player.OVERSIZE),
    "Error writing to temporary file ERROR": ("fault", player.TEMPORARY),
    "Error processing command. ERROR": ("fault", player.ENGINE),
    "Not enough threads for multiscan. Increase MaxThreads. ERROR":
        ("fault", player.ENGINE),
    "COMMAND UNAVAILABLE": ("fault", player.ENGINE),
    "Command invalid inside IDSESSION. ERROR": ("fault", player.ENGINE),
}

FAULT = (("fault", None),)


class Case:
    """What the fake plays, and what may come of it."""

    def __init__(self, name, steps, wants, **options):
        self.name = name
        self.wants = wants
        self.timeout_ms = options.get("timeout_ms", FAST_MS)
        script = {"name": name, "steps": steps,
                  "early": options.get("early", False)}
        self.content = b"FAKE " + json.dumps(script).encode() + b"\n"
        self.content += b"x" * options.get("padding", 0)

    def is_met_by(self, finding):
        return any(finding.found == found and
                   (reason is None or finding.reason == reason)
                   for found, reason in self.wants)


def send(text):
    return ["send", text]


def whole(line, want):
    """The reply comes complete, in any pieces."""
    last = line + "\0"
    yield "whole", [send(last)], [want]
    for n in range(1, len(last)):
        yield f"split -{n}", [["start", last, n], ["sleep", 2],
                              ["end", last, n]], [want]
    yield "drip", [["drip", last, 1]], [want]
    yield "closed behind", [send(last), ["close"]], [want]
    # What a reset throws away the client never had.
    yield "reset behind", [send(last), ["reset"]], [want, FAULT[0]]
    yield "again, later", [send(last), ["sleep", 5], send(last)], \
        [want, FAULT[0]]


def spoiled(line, want):
    """The reply does not come complete, or comes with something else."""
    last = line + "\0"
    for n in range(1, len(last)):
        yield f"cut -{n}, closed", [["start", last, n], ["close"]], FAULT
        yield f"cut -{n}, reset", [["start", last, n], ["reset"]], FAULT
    for end in "\n", "\r\n", "", " \0", "\n\0", "\r\0":
        yield f"end {end!r}", [send(line + end), ["close"]], FAULT
    for more in "x", "\0", "\n", last:
        # clamd itself may say more behind this one
        yield f"glued {more!r}", [send(last + more)], \
            [want] if want[1] == player.OVERSIZE else FAULT
    body = line.partition(" ")[2]
    for number in "@+1@: ", "@-1@: ", "0@ID@: ", "@ID@@ID@: ", "-@ID@: ", \
            "@ID@ : ", "@ID@:", ": ", "", "4294967298: ":
        yield f"id {number!r}", [send(number + body + "\0")], FAULT


def slow(line):
    """It comes too late, or never."""
    last = line + "\0"
    for n in sorted({1, 2, len(last) // 2, len(last) - 4, len(last)}):
        yield f"cut -{n}, hanging", [["start", last, n], ["hang"]], FAULT
    yield "late", [["sleep", 2 * SHORT_MS], send(last)], FAULT
    yield "dripped too slowly", [["drip", last, SHORT_MS // 4]], FAULT


def garbage():
    seed = random.Random(3)
    for number in range(200):
        text = "".join(chr(seed.randrange(256))
                       for _ in range(seed.randrange(1, 80)))
        yield f"garbage {number}", [send(text + "\0")], FAULT
    for text in "OK", "stream: OK", "FOUND", "@ID@: OK", "@ID@: stream OK", \
            "@ID@: stream:OK", "@ID@: stream: OK OK", "@ID@:  stream: OK", \
            "\0", "\0@ID@: stream: OK", "@ID@: str\0eam: OK", "PONG", \
            "COMMAND READ TIMED OUT\n", "UNKNOWN COMMAND", \
            "@ID@: /tmp/a: OK", "@ID@: stream: a: OK", \
            "HTTP/1.1 200 OK\r\n\r\n":
        yield f"other {text!r}", [send(text + "\0"), ["close"]], FAULT
    for size in 300, 4000, 4096, 65536, 1 << 20:
        yield f"name of {size}", [
            send("@ID@: stream: " + "A" * size + " FOUND\0")], FAULT
        yield f"{size} bytes without end", [send("A" * size), ["close"]], FAULT


def early(line, want):
    """The reply comes while the content is still on its way."""
    last = line + "\0"
    wants = [want] if line.endswith(" ERROR") else FAULT
    yield "early", [send(last), ["sleep", 20]], wants
    yield "early, closed", [send(last), ["close"]], [*wants, FAULT[0]]
    yield "early, reset", [send(last), ["reset"]], [*wants, FAULT[0]]
    yield "early, nothing", [["close"]], FAULT


def make_cases(subject):
    lines = {f"@ID@: {subject}: {text}": want
             for text, want in RESULTS.items()}
    if subject == "stream":
        lines.update({f"@ID@: {text}": want for text, want in BARE.items()})
    for line, want in lines.items():
        for name, steps, wants in (*whole(line, want), *spoiled(line, want)):
            yield Case(f"{line}: {name}", steps, wants)
        for name, steps, wants in slow(line):
            yield Case(f"{line}: {name}", steps, wants, timeout_ms=SHORT_MS)
        if subject == "stream":
            for name, steps, wants in early(line, want):
                yield Case(f"{line}: {name}", steps, wants, early=True,
                           padding=LARGE)
    for name, steps, wants in garbage():
        yield Case(name, [[step[0], step[1].replace("stream", subject)]
                          if len(step) > 1 and isinstance(step[1], str)
                          else step for step in steps], wants)


class ClamdTest(unittest.TestCase):
    """Fakes and players that end with their test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-clamd-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def fake(self, address="127.0.0.1:0", **keys):
        fake = fake_clamd.FakeClamd(address, **keys)
        self.addCleanup(fake.stop)
        return fake

    def play(self, fakes, **options):
        return player.Player([fake.address for fake in fakes], **options)

    def end(self, play):
        self.assertEqual(play.end(), [0, 0], "descriptors, threads left")

    def run_matrix(self, fake, cases):
        cases = {f"c{n}": case for n, case in enumerate(cases)}
        order = list(cases)
        random.Random(7).shuffle(order)
        play = self.play([fake], mode="each", threads=THREADS, sessions=4)
        for name in order:
            play.submit(cases[name].content, name=name,
                        timeout_ms=cases[name].timeout_ms)
        self.end(play)
        wrong = [f"{case.name!r}: {play.findings.get(name)}"
                 for name, case in cases.items()
                 if not case.is_met_by(play.findings[name])]
        self.assertEqual(wrong[:20], [], f"{len(wrong)} of {len(cases)}")
        # A second reply that meets the next command costs that one.
        crossed = [words for words in play.keepers if words[2] != "fault" or
                   "again, later" not in cases[words[1]].name]
        self.assertEqual(crossed, [])
        idle = [case.name for case in cases.values()
                if case.name not in fake.played]
        self.assertEqual(idle, [], "never played")
        print(f"{len(cases)} cases")


class Matrix(ClamdTest):
    """All replies with all faults."""

    def test_stream_over_tcp(self):
        self.run_matrix(self.fake(), make_cases("stream"))

    def test_descriptors_over_a_unix_socket(self):
        cases = [case for case in make_cases("fd[10]")
                 if "Not a regular file" not in case.name and
                 "Access denied" not in case.name]
        self.run_matrix(self.fake(str(self.folder / "s")), cases)


class Sessions(ClamdTest):
    """What happens around the commands."""

    def check_first(self, wants, **keys):
        """A daemon that misbehaves before the first content."""
        play = self.play([self.fake(**keys)], timeout_ms=500)
        finding = play.scan(b"harmless", timeout_ms=1000)
        self.end(play)
        self.assertEqual(finding.found, "fault", finding)
        self.assertIn(finding.reason, wants, finding)

    def test_connections_that_come_to_nothing(self):
        gone = [player.UNAVAILABLE, player.ENGINE, player.TIMEOUT]
        for steps in [["close"]], [["reset"]], [["hang"]], \
                [send("1: stream: OK\0"), ["hang"]], \
                [send("1: ClamAV 1/2/3\0"), ["close"]], \
                [send("1: ClamAV 1/2/3\0"), send("2: stream: OK\0"),
                 ["hang"]], [send("OK\0"), ["hang"]]:
            with self.subTest(steps=steps):
                self.check_first(gone, accept=steps)

    def test_versions_that_are_none(self):
        version = "@ID@: ClamAV 1.4.6/1/x\0"
        gone = [player.UNAVAILABLE, player.ENGINE, player.TIMEOUT]
        for steps in [["close"]], [["hang"]], [send(version[:-1]), ["close"]], \
                [send(version + version)], [send("@+1@: ClamAV 1/1/x\0")], \
                [send("@ID@: PONG\0")], [send("@ID@: stream: OK\0")], \
                [send("ClamAV 1.4.6/1/x\0")], [send("@ID@: \0")]:
            with self.subTest(steps=steps):
                self.check_first(gone, on_version=steps)

    def test_a_version_that_is_kept_secret(self):
        fake = self.fake(on_version=[send("@ID@: COMMAND UNAVAILABLE\0")])
        play = self.play([fake])
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        before = play.ask("epoch")
        self.assertEqual(play.ask("refresh"), ["0", "1"])
        self.assertNotEqual(play.ask("epoch"), before)
        self.end(play)

    def test_sessions_are_used_again(self):
        fake = self.fake()
        play = self.play([fake], threads=4)
        for _ in range(200):
            play.submit(b"harmless")
        self.end(play)
        self.assertTrue(all(finding.found == "nothing"
                            for finding in play.findings.values()))
        self.assertLessEqual(fake.connections, 5)

    def test_no_session_is_kept_when_none_may_be(self):
        fake = self.fake()
        play = self.play([fake], threads=1, sessions=0)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        before = fake.connections
        for _ in range(5):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)
        self.assertEqual(fake.connections - before, 5)

    def test_a_restart_between_scans_costs_no_scan(self):
        path = str(self.folder / "s")
        fake = self.fake(path)
        play = self.play([fake], threads=1)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        fake.stop()
        os.unlink(path)
        self.fake(path, version="ClamAV 9.9.9/2/Fake")
        before = play.ask("epoch")
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.assertNotEqual(play.ask("epoch"), before)
        self.end(play)

    def test_an_epoch_never_comes_back(self):
        fake = self.fake(version="ClamAV 9.9.9/1/Fake")
        play = self.play([fake], threads=1)
        seen = [play.ask("epoch")]
        self.assertEqual(play.ask("refresh"), ["0", "0"])
        self.assertEqual(play.ask("epoch"), seen[0])
        for number in 2, 1, 2:
            fake.version = f"ClamAV 9.9.9/{number}/Fake"
            self.assertEqual(play.ask("refresh"), ["0", "1"])
            seen.append(play.ask("epoch"))
        self.assertEqual(play.ask("refresh"), ["0", "0"])
        self.assertEqual(play.ask("epoch"), seen[-1])
        self.assertEqual(len({str(epoch) for epoch in seen}), 4, seen)
        self.assertEqual(play.ask("version"), [
            "antivirus: clamav ClamAV 9.9.9/2/Fake|AV definitions version: 2"])
        self.end(play)

    def test_a_daemon_that_cannot_take_descriptors_gets_streams(self):
        fake = self.fake(str(self.folder / "s"), descriptors=False)
        play = self.play([fake])
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.assertEqual(play.scan(fake_clamd.EICAR).found, "threat")
        self.end(play)
        self.assertIn("clamd.no_descriptors", " ".join(play.log))

    def test_mails_are_typed_as_mails(self):
        play = self.play([self.fake()])
        for head in b"From: a@b\r\n\r\n", b"X-Odd: 1\r\n\r\n", b"From x\r\n":
            finding = play.scan(head + fake_clamd.EICAR, kind="message")
            self.assertEqual(finding.found, "threat", head)
            finding = play.scan(head + b"harmless", kind="message")
            self.assertEqual((finding.found, finding.seen),
                             ("nothing", len(head) + 8))
        self.end(play)

    def test_an_empty_content_is_nothing(self):
        play = self.play([self.fake()])
        self.assertEqual(play.scan(b"")[:2], ("nothing", 0))
        self.assertEqual(play.findings["n1"].code, "Empty file")
        self.end(play)


class Daemons(ClamdTest):
    """Health and fail-over."""

    def test_one_that_misses_the_canary_is_not_used(self):
        fake = self.fake(detects=False)
        play = self.play([fake])
        finding = play.scan(b"harmless")
        self.assertEqual(finding.found, "fault", finding)
        self.assertIn("canary", finding.info)
        fake.detects = True
        self.recover(play)
        fake.detects = False
        code, text = play.ask("probe")
        self.assertNotEqual(code, "0")
        self.assertIn("missed the canary", text)
        self.assertEqual(play.scan(b"harmless").found, "fault")
        self.end(play)

    def recover(self, play, content=b"harmless", want="nothing"):
        """Scans until one works; it must within the longest back-off."""
        end = time.monotonic() + 60
        while (finding := play.scan(content)).found != want:
            self.assertEqual(finding.found, "fault")
            self.assertLess(time.monotonic(), end, finding)
            time.sleep(0.02)

    def test_the_next_one_serves(self):
        wrong = self.fake(detects=False)
        right = self.fake()
        play = self.play([wrong, right])
        for _ in range(20):
            self.assertEqual(play.scan(fake_clamd.EICAR).found, "threat")
        self.assertEqual(play.ask("probe"), ["0", ""])
        self.end(play)

    def test_a_content_two_daemons_died_of_gets_no_third(self):
        fakes = [self.fake() for _ in range(4)]
        play = self.play(fakes, threads=1)
        case = Case("poison", [["close"]], FAULT)
        self.assertTrue(case.is_met_by(play.scan(case.content)))
        self.end(play)
        self.assertEqual([fake.played.get("poison", 0) > 0 for fake in fakes],
                         [True, True, False, False])

    def test_an_error_is_tried_elsewhere(self):
        fakes = [self.fake(), self.fake()]
        play = self.play(fakes, threads=1)
        case = Case("error", [send("@ID@: stream: Can't allocate memory "
                                   "ERROR\0")], FAULT)
        self.assertTrue(case.is_met_by(play.scan(case.content)))
        self.assertEqual([fake.played["error"] for fake in fakes], [1, 1])
        # An error is an answer: the daemon is not down for it.
        for _ in range(5):
            play.scan(case.content)
        self.assertEqual(fakes[0].played["error"], 6)
        self.end(play)

    def test_what_one_could_not_says_nothing_of_the_next(self):
        fakes = [self.fake(), self.fake()]
        fakes[0].marks[b"too long for one"] = [
            send("@ID@: stream: Exceeded time limit ERROR\0")]
        play = self.play(fakes, threads=1)
        finding = play.scan(b"too long for one")
        self.assertEqual((finding.found, finding.limits, finding.info),
                         ("nothing", 0, ""))
        self.end(play)

    def test_all_down_is_answered_at_once(self):
        """C8, CL-06: refused is an error at once, without a busy loop."""
        fake = self.fake()
        fake.stop()
        play = self.play([fake], threads=4)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(2000):
            play.submit(b"harmless", timeout_ms=60000)
        self.end(play)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertTrue(all((finding.found, finding.reason) ==
                            ("fault", player.UNAVAILABLE)
                            for finding in play.findings.values()))
        self.assertLess(after.ru_utime - before.ru_utime, 20)

    def test_a_name_nobody_knows(self):
        """C8: DNS that does not answer, or not with an address."""
        play = player.Player(["no-such-host.invalid:3310"], timeout_ms=2000)
        finding = play.scan(b"harmless", timeout_ms=3000)
        self.end(play)
        self.assertEqual((finding.found, finding.reason),
                         ("fault", player.UNAVAILABLE))
        self.assertIn("no-such-host.invalid", finding.info)

    def test_a_name_is_looked_up(self):
        fake = self.fake()
        port = fake.address.rpartition(":")[2]
        play = player.Player([f"localhost:{port}"])
        self.recover(play)
        self.end(play)


if __name__ == "__main__":
    sys.setswitchinterval(0.001)
    unittest.main(verbosity=2)
