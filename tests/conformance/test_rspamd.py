#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The backend rspamd against a service that does everything wrong (CM-36,
CM-09). What it shares with the backend authority is tested there."""

import unittest

import fake_http
from fake_http import CLOSE, HANG, RESET, endless, reply, script, send
from scorer import Scorer, Subject

SHORT_MS = 500  # for those that must run into it
HALF_HUNG_MS = 6000  # of two servers, the first runs into half of it
HAM = b"Subject: plain\r\n\r\nnothing\r\n"

JUDGEMENT = {"is_skipped": False, "score": 3.4, "required_score": 15.0,
             "action": "no action",
             "symbols": {"MIME_GOOD": {"name": "MIME_GOOD", "score": -0.1},
                         "BAYES_SPAM": {"name": "BAYES_SPAM", "score": 3.5}}}

# Changes of the judgement, and what err says of them.
ABSURD = (
    ({"score": None}, "'score' is not a number"),
    ({"score": "3.4"}, "'score' is not a number"),
    ({"score": True}, "'score' is not a number"),
    ({"required_score": None}, "'required_score' is not a number"),
    ({"required_score": 0}, "not a number above 0"),
    ({"required_score": -1}, "not a number above 0"),
    ({"action": None}, "'action' is not a text"),
    ({"action": "a\r\nb"}, "'action' has a control character"),
    ({"action": "a" * 64}, "'action' has 64 bytes"),
    ({"is_skipped": "no"}, "'is_skipped' is neither"),
    ({"symbols": []}, "'symbols' is not an object"),
    ({"symbols": {"A": 1}}, "an entry of 'symbols'"),
)

# score, required_score, action, is_skipped -> score, rescan
MAPPED = (
    ((-5, 15, "no action", False), (0, False)),
    ((3, 15, "no action", False), (18, False)),
    ((7.5, 15, "add header", False), (45, False)),
    ((14.999999, 15, "rewrite subject", False), (89.99, False)),
    ((15, 15, "reject", False), (90, False)),
    ((30, 15, "reject", False), (95, False)),
    ((1e300, 15, "reject", False), (100, False)),
    ((3, 15, "reject", False), (90, False)),
    ((15, 15, "reject", True), (100, False)),
    ((1, 15, "discard", False), (90, False)),
    ((1, 15, "quarantine", False), (90, False)),
    ((50, 15, "no action", False), (89.99, False)),
    ((50, 15, "soft reject", False), (89.99, True)),
    ((3, 15, "greylist", False), (18, True)),
    ((30, 15, "of my own", False), (95, False)),
    ((3, 15, "of my own", False), (18, False)),
)


class FakeRspamd(fake_http.FakeHttp):
    """A normal worker."""

    def answer(self, request):
        if (request.method, request.path) == ("POST", "/checkv2"):
            return [send(reply(JUDGEMENT, 200, "Server: rspamd/3.4"))]
        if (request.method, request.path) == ("GET", "/ping"):
            return [send(reply("pong\r\n", 200, "Server: rspamd/3.4"))]
        return [send(reply("none", 404))]


class Rspamd(unittest.TestCase):
    """One service, one instance."""

    def setUp(self):
        self.fake = FakeRspamd()
        self.addCleanup(self.fake.close)
        self.scorer = self.open("")

    def open(self, config):
        scorer = Scorer("rspamd",
                        f'servers = ( "{self.fake.address}" )\n{config}')
        self.addCleanup(self.close, scorer)
        return scorer

    def close(self, scorer):
        self.assertEqual(scorer.end(), [0, 0])

    def check(self, answer, rc, text=""):
        self.assertEqual(answer["rc"], rc, answer)
        if rc != "ok":
            self.assertIn(text, answer["error"])

    def judge(self, **changes):
        return self.scorer.score(script(send(reply(
            {**JUDGEMENT, **changes}))) + HAM)

    def sent(self):
        return [(name, value) for name, value
                in self.fake.last("/checkv2").headers
                if name not in ("Host", "Accept", "Content-Length",
                                "Content-Type")]

    def test_the_envelope_is_given(self):
        data = b"Subject: \xe4\0\r\n\nend"
        self.check(self.scorer.score(Subject(
            data, ("a@example.com", "b@example.com"))), "ok")
        self.assertEqual(self.fake.last("/checkv2").body, data)
        self.assertEqual(self.sent(), [
            ("IP", "192.0.2.1"), ("Helo", "mx.example.org"),
            ("Hostname", "mx.example.org"), ("Queue-Id", "Q1"),
            ("From", "<from@example.org>"), ("Rcpt", "<a@example.com>"),
            ("Rcpt", "<b@example.com>")])

    def test_what_is_not_known_is_left_out(self):
        self.check(self.scorer.score(Subject(b"", (), "", "", "", "", "")),
                   "ok")
        self.assertEqual(self.sent(), [("From", "<>")])

    def test_no_header_can_be_slipped_in(self):
        self.check(self.scorer.score(Subject(
            HAM, ("a\r\nX: y",), "h\nX: y", "s\rX: y", "", "\r\n\r\n",
            "x" * 1025)), "ok")
        self.assertEqual(self.sent(), [
            ("Helo", "h%0AX: y"), ("Hostname", "%0D%0A%0D%0A"),
            ("From", "<s%0DX: y>"), ("Rcpt", "<a%0D%0AX: y>")])

    def test_recipients_are_given_as_far_as_they_fit(self):  # CM-36
        many = [f"user{number}@example.com" for number in range(20000)]
        self.check(self.scorer.score(Subject(HAM, many[:1000])), "ok")
        self.assertEqual([value for name, value in self.sent()
                          if name == "Rcpt"],
                         [f"<{address}>" for address in many[:1000]])
        self.check(self.scorer.score(Subject(HAM, many)), "ok")
        given = [value for name, value in self.sent() if name == "Rcpt"]
        self.assertLess(1000, len(given))
        self.assertLess(sum(len(f"Rcpt: {value}\r\n") for value in given),
                        65537)

    def test_the_password_is_given(self):
        self.check(self.open('password = "s3cret"').score(HAM), "ok")
        self.assertIn(("Password", "s3cret"), self.sent())

    def test_points_and_action_make_the_score(self):
        for (points, required, action, skipped), want in MAPPED:
            with self.subTest(points=points, action=action):
                answer = self.judge(score=points, required_score=required,
                                    action=action, is_skipped=skipped)
                self.check(answer, "ok")
                self.assertEqual((answer["score"], answer["rescan"]), want)

    def test_symbols_make_the_category(self):
        answer = self.judge()
        self.assertEqual((answer["category"], answer["sub_category"]),
                         ("bayes", "BAYES_SPAM"))
        answer = self.judge(symbols={})
        self.assertEqual((answer["category"], answer["sub_category"]),
                         ("", ""))

    def test_the_analysis_says_why_and_can_be_read_again(self):
        answer = self.judge()
        self.assertTrue(answer["analysis"].startswith(
            "score=3.40; required=15.00; action=no action; "
            "symbols=MIME_GOOD, BAYES_SPAM "), answer)
        again = self.scorer.analyze(answer["analysis"])
        self.check(again, "ok")
        for key in "score", "rescan", "category", "sub_category":
            self.assertEqual(again[key], answer[key])
        self.check(self.scorer.analyze(
            answer["analysis"].replace("3.40", "0.00")), "invalid")

    def test_many_symbols_fit(self):
        answer = self.judge(symbols={
            f"{'LONG_' * 10}{number}": {"score": 1.0, "options": ["x"]}
            for number in range(5000)})
        self.check(answer, "ok")
        self.assertGreater(len(answer["analysis"]), 10000)
        # RFC 5322: a line has at most 998 bytes, and is folded at blanks
        self.assertLess(max(map(len, answer["analysis"].split(" "))), 998)
        self.check(self.scorer.analyze(
            answer["analysis"].replace(" ", "\r\n ")), "ok")

    def test_absurd_replies_are_errors(self):
        for changes, text in ABSURD:
            with self.subTest(changes=changes):
                self.check(self.judge(**changes), "io", text)
        for key in "score", "required_score", "action":
            lacking = {name: value for name, value in JUDGEMENT.items()
                       if name != key}
            self.check(self.scorer.score(
                script(send(reply(lacking))) + HAM), "io", f"'{key}'")
        for body in "", "<html>", "[1]", '{"score": 1, "score": 2}':
            self.check(self.scorer.score(script(send(reply(body))) + HAM),
                       "io")

    def test_faults_of_the_connection(self):
        for steps, rc in (([CLOSE], "unavailable"), ([RESET], "unavailable"),
                          ([send(reply("no", 503))], "unavailable"),
                          ([send(reply("no", 403))], "io"),
                          ([send(reply("no", 404))], "io"),
                          ([send(reply("no", 413))], "limit"),
                          ([send(fake_http.head()), endless("x" * 99)], "io")):
            with self.subTest(steps=str(steps)[:60]):
                self.check(self.scorer.score(script(*steps) + HAM), rc)
        self.check(self.scorer.score(script(HANG) + HAM, SHORT_MS), "timeout")

    def test_the_next_is_asked_when_one_hangs(self):
        for verb in ("score", HAM), ("version",):
            with self.subTest(verb=verb):
                first = FakeRspamd()
                first.answer = lambda request: [HANG]
                self.addCleanup(first.close)
                scorer = Scorer("rspamd", f'servers = ( "{first.address}" '
                                f'"{self.fake.address}" )')
                self.addCleanup(self.close, scorer)
                self.check(getattr(scorer, verb[0])(
                    *verb[1:], timeout_ms=HALF_HUNG_MS), "ok")
                self.assertEqual(first.connections, 1)

    def test_the_version_is_what_the_server_says_it_is(self):
        answer = self.scorer.version()
        self.assertEqual((answer["rc"], answer["engine"]),
                         ("ok", "rspamd/3.4"))

    def test_addresses_are_not_scored(self):
        self.check(self.scorer.address("192.0.2.1"), "not-found")


if __name__ == "__main__":
    unittest.main()
