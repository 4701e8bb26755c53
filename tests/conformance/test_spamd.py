#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The scorer spamd against a spamd that does everything wrong.

Each reply is played whole, split and cut at every byte, dripped, with other
ends and lengths, before the end of the request, and late. The property: there
is a score only if spamd said a complete one; behind each case something else
gets its own score, so no answer is ever taken for another message.
"""

import json
import pathlib
import random
import socket
import tempfile
import unittest

import fake_spamd
import scorer
from fake_spamd import GTUBE, reply

SHORT_MS = 400  # for those that must run into it
HALF_HUNG_MS = 6000  # of two servers, the first runs into half of it
LARGE = 6 << 20  # more than sockets take in
THREADS = 48

SPAM = reply("True ; 15.0 / 5.0", "GTUBE,MSGID_SHORT")
HAM = reply()
DOWN = {"unavailable"}
BAD = {"io"}
LATE = {"timeout"}
# cut or reset while the client still sends: either may be noticed first
GONE = {"unavailable", "io"}


class Case:
    """What the fake plays, and what may come of it: result codes, or a
    score."""

    def __init__(self, name, steps, want, **options):
        self.name = name
        self.want = want
        self.timeout_ms = options.get("timeout_ms", scorer.FAST_MS)
        script = {"name": name, "steps": steps,
                  "early": options.get("early", False)}
        self.message = b"X-Fake: " + json.dumps(script).encode() + b"\r\n\r\n"
        self.message += b"x" * options.get("padding", 0)

    def is_met_by(self, answer):
        if isinstance(self.want, set):
            return answer["rc"] in self.want
        return answer["rc"] == "ok" and answer["score"] == self.want


def send(text):
    return ["send", text]


def whole(name, text, want):
    yield f"{name}: whole", [send(text)], want
    for n in range(1, len(text)):
        yield f"{name}: split -{n}", [["start", text, n], ["sleep", 2],
                                      ["end", text, n]], want
    yield f"{name}: drip", [["drip", text, 1]], want


def spoiled(name, text):
    for n in range(1, len(text)):
        yield f"{name}: cut -{n}", [["start", text, n], ["close"]], DOWN
        yield f"{name}: cut -{n}, reset", [["start", text, n], ["reset"]], GONE
    yield f"{name}: nothing", [["close"]], DOWN
    yield f"{name}: reset", [["reset"]], DOWN
    for more in "x", "\r\n", "\0", text:
        yield f"{name}: glued {more!r}", [send(text + more)], BAD
        yield f"{name}: then {more!r}", [send(text), ["sleep", 5],
                                         send(more)], BAD
    yield f"{name}: LF only", [send(text.replace("\r\n", "\n"))], BAD


def lengths():
    right = len("NO_RELAYS\r\n")
    for length in range(0, right):
        yield f"length {length}", [send(reply(length=length))], BAD
    for length in right + 1, right + 1000, 999999:
        yield f"length {length}", [send(reply(length=length))], DOWN
    for length in "-1", "", "x", "0x10", "11 11", "1e1", 1 << 64:
        yield f"length {length!r}", [send(reply(length=length))], BAD
    yield "no length", [send(HAM.replace(f"Content-length: {right}\r\n",
                                         ""))], BAD


def verdicts():
    for word in "Yes", "yes", "TRUE", "True":
        yield word, [send(reply(f"{word} ; 5.0 / 5.0"))], 90.0
    for word in "No", "no", "FALSE", "False":
        yield word, [send(reply(f"{word} ; 2.5 / 5.0"))], 45.0
    yield "negative", [send(reply("False ; -12.3 / 5.0"))], 0
    yield "rounded up to the threshold", [send(reply("False ; 5.0 / 5.0"))], \
        89.99
    for text in "True ; inf / 5.0", "True ; -inf / 5.0", "True ; nan / 5.0", \
            "True ; 15.0 / inf", "True ; 1e9 / 5.0", "True ; / 5.0", "True", \
            "", "Perhaps ; 1.0 / 5.0", "True ; 15.0", "True ; 15,0 / 5,0", \
            "False ; 15.0 / 5.0", "True ; 1.0 / 5.0", "True ; 15.0 / 0.0", \
            "True ; 15.0 / -5.0":
        yield f"Spam: {text}", [send(reply(text))], BAD
    yield "no Spam line", [send(HAM.replace("Spam: False ; 1.5 / 5.0\r\n",
                                            ""))], BAD
    yield "no CRLF behind the symbols", [send(reply(
        symbols="NO_RELAYS", length=9)[:-2])], 27.0


def refusals():
    for code, want in (75, DOWN), (69, DOWN), (71, DOWN), (79, DOWN), \
            (98, {"limit"}), (866, {"limit"}), (64, BAD), (65, BAD), \
            (70, BAD), (74, BAD), (76, BAD), (78, BAD), (1, BAD):
        line = f"SPAMD/1.0 {code} EX_SOMETHING\r\n"
        yield f"code {code}", [send(line)], want
        yield f"code {code}, body", [send(reply(
            status=f"SPAMD/1.0 {code} X"))], want
    yield "not spamd", [send("220 mx.example.org ESMTP\r\n")], BAD
    yield "HTTP", [send("HTTP/1.1 200 OK\r\nContent-length: 0\r\n\r\n")], BAD


def floods():
    yield "endless line", [["endless", "A" * 1000]], BAD
    yield "endless headers", [send("SPAMD/1.1 0 EX_OK\r\n"),
                              ["endless", "X-A: b\r\n"]], BAD
    yield "endless body", [send(HAM), ["endless", "GTUBE,"]], BAD
    yield "70000 bytes", [send(reply(symbols="A," * 35000))], BAD
    yield "60000 bytes", [send(reply("True ; 5.0 / 5.0",
                                     symbols="GTUBE," * 10000))], 90.0


def garbage():
    seed = random.Random(5)
    for number in range(100):
        text = "".join(chr(seed.randrange(256))
                       for _ in range(seed.randrange(1, 200)))
        yield f"garbage {number}", [send(text)], BAD | DOWN
        at = seed.randrange(len(SPAM))
        text = SPAM[:at] + chr(seed.randrange(1, 32)) + SPAM[at + 1:]
        if text[at] in "\r\n\t" or "EX_OK" not in text or \
                at >= SPAM.index("GTUBE"):
            continue
        yield f"control character {number}", [send(text)], BAD | DOWN


def late():
    for n in 1, 2, len(HAM) // 2, len(HAM) - 1:
        yield f"hangs -{n}", [["start", HAM, n], ["hang"]], LATE
    yield "hangs behind", [send(HAM), ["hang"]], LATE
    yield "hangs", [["hang"]], LATE
    yield "late", [["sleep", 2 * SHORT_MS], send(HAM)], LATE
    yield "dripped too slowly", [["drip", HAM, SHORT_MS // 4]], LATE


def make_cases():
    for name, text, want in ("spam", SPAM, 96.66), ("ham", HAM, 27.0):
        for case in whole(name, text, want):
            yield Case(*case)
        for case in spoiled(name, text):
            yield Case(*case)
    for part in lengths, verdicts, refusals, floods, garbage:
        for case in part():
            yield Case(*case)
    for case in late():
        yield Case(*case, timeout_ms=SHORT_MS)
    line = "SPAMD/1.0 75 EX_TEMPFAIL\r\n"
    for name, steps, want in (
            ("early refusal", [send(line)], GONE),
            ("early refusal, large", [send(line), ["sleep", 50]], GONE),
            ("early score", [send(HAM)], GONE),
            ("early nothing", [["close"]], DOWN),
            ("early reset", [["reset"]], DOWN)):
        yield Case(name, steps, want, early=True, padding=LARGE)
    yield Case("early hang", [["hang"]], LATE, early=True, padding=LARGE,
               timeout_ms=SHORT_MS)


class SpamdTest(unittest.TestCase):
    """Fakes and scorers that end with their test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-spamd-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def fake(self, address="127.0.0.1:0", **keys):
        fake = fake_spamd.FakeSpamd(address, **keys)
        self.addCleanup(fake.stop)
        return fake

    def scorer(self, *servers, more="", **options):
        words = " ".join(f'"{server}"' for server in servers)
        player = scorer.Scorer("spamd", f"servers = ( {words} )\n{more}",
                               **options)
        self.addCleanup(player.process.kill)  # of a test that failed
        return player

    def end(self, player):
        self.assertEqual(player.end(), [0, 0], "descriptors, threads left")


class Matrix(SpamdTest):
    """All replies with all faults."""

    def run_matrix(self, fake):
        cases = list(make_cases())
        random.Random(7).shuffle(cases)
        player = self.scorer(fake.address, threads=THREADS)
        names = {}
        for number, case in enumerate(cases):
            names[player.submit_score(case.message, case.timeout_ms)] = case
            if number % 10 == 0:
                names[player.submit_score(GTUBE)] = None
        self.end(player)
        wrong = []
        for name, case in names.items():
            answer = player.answers[name]
            if case is None:
                # While a server is down it is still asked, as the only one.
                self.assertEqual((answer["rc"], answer.get("score")),
                                 ("ok", 99.95), answer)
            elif not case.is_met_by(answer):
                wrong.append(f"{case.name!r}: want {case.want}: {answer}")
        self.assertEqual(wrong[:20], [], f"{len(wrong)} of {len(cases)}")
        idle = [case.name for case in cases if case.name not in fake.played]
        self.assertEqual(idle, [], "never played")
        print(f"{len(cases)} cases")

    def test_over_tcp(self):
        self.run_matrix(self.fake())

    def test_over_a_unix_socket(self):
        self.run_matrix(self.fake(f"unix:{self.folder}/s"))


class Requests(SpamdTest):
    """What is sent, and what comes of an honest answer."""

    def test_the_request_is_complete(self):
        fake = self.fake()
        player = self.scorer(fake.address, more='user = "mail+1"')
        message = b"Subject: x\r\n\r\n\0\xff" + b"y" * LARGE
        answer = player.score(message)
        self.end(player)
        self.assertEqual(answer["rc"], "ok", answer)
        lines, body = fake.requests[0]
        self.assertEqual(lines, ["SYMBOLS SPAMC/1.5",
                                 f"Content-length: {len(message)}",
                                 "User: mail+1"])
        self.assertEqual(body, message)

    def test_an_empty_message_is_scored(self):
        fake = self.fake()
        player = self.scorer(fake.address)
        self.assertEqual(player.score(b"")["score"], 27.0)
        self.end(player)
        self.assertEqual(fake.requests[0][0][1:], ["Content-length: 0"])

    def test_symbols_become_a_category(self):
        player = self.scorer(self.fake().address)
        answer = player.score(GTUBE)
        self.assertEqual(
            [answer[key] for key in ("rc", "score", "category",
                                     "sub_category", "rescan", "headers")],
            ["ok", 99.95, "test", "GTUBE", False, []])
        self.assertTrue(answer["analysis"].startswith(
            "score=1000.0 required=5.0 tests=GTUBE NO_RELAYS assay=1;"),
            answer)
        self.end(player)

    def test_hostile_symbols_do_no_harm(self):
        symbols = "\x1b[1m,A\nB,<b>,GTUBE\0," + "X" * 5000 + ",BAYES_99," + \
            "RCVD_IN_XBL," * 3000
        case = Case("hostile", [send(reply("True ; 5.0 / 5.0", symbols))], 90)
        player = self.scorer(self.fake().address)
        answer = player.score(case.message)
        self.assertTrue(case.is_met_by(answer), answer)
        self.assertEqual(answer["category"], "blocklist")
        self.assertRegex(answer["analysis"], "^[ -~]{1000,16383}$")
        self.assertEqual(player.analyze(answer["analysis"])["score"], 90)
        self.end(player)

    def test_what_is_over_max_size_is_not_sent(self):
        fake = self.fake()
        player = self.scorer(fake.address, more="max_size = 100")
        self.assertEqual(player.score(b"x" * 101)["rc"], "limit")
        self.assertEqual(fake.connections, 0)
        self.assertEqual(player.score(b"x" * 100)["rc"], "ok")
        self.end(player)

    def test_addresses_are_not_scored(self):
        player = self.scorer(self.fake().address)
        self.assertEqual(player.address("192.0.2.1")["rc"], "not-found")
        self.end(player)

    def test_a_ping_tells_the_version(self):
        player = self.scorer(self.fake().address)
        answer = player.version()
        self.assertEqual((answer["rc"], answer["engine"],
                          answer["cartridge"]), ("ok", "SPAMD/1.5", ""))
        self.end(player)
        for steps in [["close"]], [send("PONG\r\n")], [send("SPAMD/1.5 0 P")], \
                [["endless", "x"]]:
            player = self.scorer(self.fake(on_ping=steps).address)
            self.assertIn(player.version()["rc"], GONE, steps)
            self.end(player)


class Analyses(SpamdTest):
    """Sealed texts through the whole module (CM-20)."""

    def test_an_analysis_is_good_for_those_with_the_secret(self):
        fake = self.fake()
        secret = 'analysis_secret = "%s"'
        first = self.scorer(fake.address, more=secret % ("a" * 16))
        second = self.scorer(fake.address, more=secret % ("a" * 16))
        third = self.scorer(fake.address, more=secret % ("b" * 16))
        fourth = self.scorer(fake.address)
        text = first.score(GTUBE)["analysis"]
        for player in first, second:
            answer = player.analyze(text.replace(" ", "\r\n\t"))
            self.assertEqual(
                (answer["rc"], answer.get("score"), answer.get("category"),
                 answer.get("sub_category")),
                ("ok", 99.95, "test", "GTUBE"), answer)
        for player in third, fourth:
            self.assertEqual(player.analyze(text)["rc"], "invalid")
        for bad in b"", b"\0", b"x" * (1 << 20), text[:-1], text[1:], \
                text.replace("GTUBE", "GTUBF"):
            self.assertEqual(first.analyze(bad)["rc"], "invalid", bad[:40])
        connections = fake.connections
        for player in first, second, third, fourth:
            self.end(player)
        self.assertEqual((connections, fake.connections), (1, 1))


class Servers(SpamdTest):
    """Fail-over."""

    def dead(self):
        """An address where nobody listens."""
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            return "127.0.0.1:%d" % sock.getsockname()[1]

    def test_nobody_there(self):
        for server in self.dead(), f"unix:{self.folder}/none", \
                "no-such-name.invalid:783":
            player = self.scorer(server)
            answer = player.score(b"x")
            self.end(player)
            self.assertEqual(answer["rc"], "unavailable", answer)
            self.assertIn(f"spamd {server}: ", answer["error"])

    def test_the_second_server_answers(self):
        case = Case("tempfail", [send("SPAMD/1.0 75 EX_TEMPFAIL\r\n")], DOWN)
        for first in self.dead(), f"unix:{self.folder}/none", \
                self.fake(accept=[["close"]]).address, \
                self.fake(accept=[send("SPAMD/1.0 75 X\r\n")]).address, \
                self.fake(accept=[["start", HAM, 3]]).address:
            player = self.scorer(first, self.fake().address)
            for _ in range(3):
                answer = player.score(GTUBE)
                self.assertEqual((answer["rc"], answer.get("score")),
                                 ("ok", 99.95), (first, answer))
            # and what both refuse is refused
            self.assertEqual(player.score(case.message)["rc"], "unavailable")
            self.end(player)

    def test_the_next_is_asked_when_one_hangs(self):
        for verb in ("score", GTUBE), ("version",):
            for address in "127.0.0.1:0", f"unix:{self.folder}/{verb[0]}":
                first = self.fake(address, accept=[["hang"]])
                player = self.scorer(first.address, self.fake().address)
                answer = getattr(player, verb[0])(*verb[1:],
                                                  timeout_ms=HALF_HUNG_MS)
                self.assertEqual((answer["rc"], first.connections), ("ok", 1),
                                 (address, answer))
                self.end(player)

    def test_a_bad_answer_is_not_asked_again(self):
        fakes = [self.fake(), self.fake()]
        player = self.scorer(*(fake.address for fake in fakes))
        case = Case("bad", [send("nonsense\r\n")], BAD)
        self.assertTrue(case.is_met_by(player.score(case.message)))
        self.end(player)
        self.assertEqual([fake.connections for fake in fakes], [1, 0])

    def test_names_and_ipv6_are_reached(self):
        fake = self.fake()
        for server in fake.address.replace("127.0.0.1", "localhost"), \
                self.ipv6():
            if server:
                player = self.scorer(server)
                self.assertEqual(player.score(GTUBE)["rc"], "ok", server)
                self.end(player)

    def ipv6(self):
        try:
            return self.fake("[::1]:0").address
        except OSError:
            print("no IPv6 here")
            return None

    def test_bad_configurations_are_refused(self):
        for config, want in (
                ('servers = ( "nonsense" )', "'nonsense': write"),
                ('servers = ( "a:0" )', "not a number from 1 to 65535"),
                ('user = "a b"', "a user has"),
                ('user = "a\\r\\nb"', "a user has"),
                ('analysis_secret = "short"', "16 to 1024 bytes"),
                ('no_such = 1', "no_such")):
            refused = scorer.refusal("spamd", config)
            self.assertIsNotNone(refused, config)
            self.assertIn(want, refused[1], config)


if __name__ == "__main__":
    unittest.main(verbosity=2)
