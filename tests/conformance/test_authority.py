#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The backend authority against a service that does everything wrong
(CM-09, CM-36).

The property: a score is what a complete, valid reply of a service said, or the
call is an error that says what was wrong.
"""

import os
import pathlib
import ssl
import subprocess
import tempfile
import unittest

import fake_authority
import fake_http
from fake_http import (
    CLOSE, HANG, LINGER, RESET, drip, endless, reply, script, send)
from scorer import Scorer, Subject, refusal

SHORT_MS = 500  # for those that must run into it
HALF_HUNG_MS = 6000  # of two servers, the first runs into half of it
HAM = b"Subject: plain\r\n\r\nnothing\r\n"
SPAM = b"Subject: test\r\n\r\nGTUBE\r\n"

# What a reply may be, and what err says of it.
ABSURD = {
    "": "not JSON",
    "<html><body>It works!</body></html>": "not JSON",
    "{": "not JSON",
    '{"score": 5} {"score": 6}': "not JSON",
    '{"score": 5, "score": 6}': "not JSON",
    '{"score": NaN}': "not JSON",
    '{"score": Infinity}': "not JSON",
    '{"score": 1e999}': "not JSON",
    '{"score": 5, "analysis": "a\\u0000b"}': "not JSON",
    '{"score": 5, "analysis": "\xff"}': "not JSON",
    "[5]": "not an object",
    "5": "not JSON",
    "null": "not JSON",
    "{}": "no 'score'",
    '{"Score": 5}': "no 'score'",
    '{"score": null}': "'score' is not a number",
    '{"score": "5"}': "'score' is not a number",
    '{"score": true}': "'score' is not a number",
    '{"score": [5]}': "'score' is not a number",
    '{"score": -1}': "not from 0 to 100",
    '{"score": -0.001}': "not from 0 to 100",
    '{"score": 100.001}': "not from 0 to 100",
    '{"score": 1e300}': "not from 0 to 100",
    '{"score": 5, "analysis": 7}': "'analysis' is not a text",
    '{"score": 5, "analysis": null}': "'analysis' is not a text",
    '{"score": 5, "analysis": "a\\r\\nBcc: x@example.com"}':
        "'analysis' has a control character",
    '{"score": 5, "analysis": "\\u0085"}': "'analysis' has a control",
    '{"score": 5, "analysis": "%s"}' % ("a" * 1000000): "'analysis' has 10000",
    '{"score": 5, "appendHeaders": {}}': "'appendHeaders' is not a list",
    '{"score": 5, "appendHeaders": "X: y"}': "'appendHeaders' is not a list",
    '{"score": 5, "appendHeaders": ["X: y"]}': "is not an object",
    '{"score": 5, "appendHeaders": [{}]}': "'headerField' is not a text",
    '{"score": 5, "appendHeaders": [{"headerField": "X"}]}':
        "'body' is not a text",
    '{"score": 5, "appendHeaders": [{"headerField": 1, "body": "y"}]}':
        "'headerField' is not a text",
    '{"score": 5, "appendHeaders": [{"headerField": "X", "body": '
    '"a\\r\\nBcc: x@example.com"}]}': "'body' has a control character",
    '{"score": 5, "appendHeaders": [{"headerField": "X", "body": '
    '"a\\nb"}]}': "'body' has a control character",
    '{"score": 5, "appendHeaders": [{"headerField": "X\\r\\nBcc", "body": '
    '"y"}]}': "'headerField' has a control character",
    '{"score": 5, "appendHeaders": [{"headerField": "Bcc: x", "body": '
    '"y"}]}': "'headerField' is not the name",
    '{"score": 5, "appendHeaders": [{"headerField": "", "body": "y"}]}':
        "'headerField' is not the name",
    '{"score": 5, "appendHeaders": [{"headerField": "%s", "body": "y"}]}'
    % ("X" * 78): "'headerField' has 78 bytes",
    '{"score": 5, "appendHeaders": [{"headerField": "X", "body": "%s"}]}'
    % ("y" * 998): "'body' has 998 bytes",
    '{"score": 5, "appendHeaders": [%s]}' % ",".join(
        ['{"headerField": "X", "body": "y"}'] * 17): "has 17 entries",
}

GOOD = {
    '{"score": 0}': 0, '{"score": 100}': 100, '{"score": 90.25}': 90.25,
    '{"score": -0.0}': 0, '{"score": 1e1, "more": [null]}': 10,
    '\r\n {"score": 5}\r\n\r\n': 5,
}


def message(*steps, **options):
    return script(*steps, **options) + HAM


class Base(unittest.TestCase):
    """One service, and an instance when a test asks for one."""

    def setUp(self):
        self.fake = fake_authority.FakeAuthority()
        self.addCleanup(self.fake.close)

    def open(self, config="", servers=None, **options):
        servers = servers or [self.fake.address]
        words = " ".join(f'"{server}"' for server in servers)
        scorer = Scorer("authority", f"servers = ( {words} )\n{config}\n",
                        **options)
        self.addCleanup(self.close, scorer)
        return scorer

    def close(self, scorer):
        self.assertEqual(scorer.end(), [0, 0])

    def check(self, answer, rc, text=""):
        self.assertEqual(answer["rc"], rc, answer)
        if rc != "ok":
            self.assertIn(text, answer["error"])


class Requests(Base):
    """What the service is given."""

    def test_all_parts_are_given_and_the_message_last(self):
        data = b"Subject: \xe4\r\n\r\n.\r\n\0--x\r\n\nend"
        self.check(self.open().score(Subject(data)), "ok")
        self.assertEqual(self.fake.parts(), [
            ("heloDomain", None, b"mx.example.org"),
            ("mailFrom", None, b"from@example.org"),
            ("rcptTo", None, b"to@example.com"),
            ("connIp", None, b"192.0.2.1"),
            ("rfc822", "message/rfc822", data)])

    def test_what_is_not_known_is_left_out(self):
        self.check(self.open().score(Subject(b"", (), "", "", "", "", "")),
                   "ok")
        self.assertEqual(self.fake.parts(), [
            ("mailFrom", None, b""), ("rfc822", "message/rfc822", b"")])

    def test_any_number_of_recipients_is_given(self):  # CM-36
        many = [f"user{number}@example.com" for number in range(1000)]
        self.check(self.open().score(Subject(HAM, many)), "ok")
        self.assertIn(("rcptTo", None, ",".join(many).encode()),
                      self.fake.parts())

    def test_the_separator_is_an_option(self):
        self.check(self.open("recipient_separator = ';'").score(
            Subject(HAM, ("a@example.com", "b,c@example.com"))), "ok")
        self.assertIn(("rcptTo", None, b"a@example.com;b,c@example.com"),
                      self.fake.parts())

    def test_a_recipient_stays_one(self):
        hostile = ('"a,b"@example.com', "c@example.com\r\n--x", "\t\x7f%")
        self.check(self.open().score(
            Subject(HAM, hostile, "helo\r\n", "\nsender")), "ok")
        parts = {name: data for name, _, data in self.fake.parts()}
        self.assertEqual(parts["rcptTo"], b'"a%2Cb"@example.com,'
                         b"c@example.com%0D%0A--x,%09%7F%")
        self.assertEqual(parts["heloDomain"], b"helo%0D%0A")
        self.assertEqual(parts["mailFrom"], b"%0Asender")

    def test_connections_are_kept_and_bounded(self):
        scorer = self.open(threads=8, concurrency=8)
        names = [scorer.submit_score(HAM) for _ in range(100)]
        for name in names:
            self.check(scorer.answer(name), "ok")
        self.assertLessEqual(self.fake.connections, 8)

    def test_a_large_message_arrives_whole(self):
        data = HAM + bytes(range(256)) * 40000
        self.check(self.open().score(data), "ok")
        self.assertEqual(self.fake.parts()[-1][2], data)

    def test_the_environment_is_not_asked(self):
        other = fake_authority.FakeAuthority()
        self.addCleanup(other.close)
        for name in "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY":
            os.environ[name] = f"http://{other.address}"
            self.addCleanup(os.environ.pop, name)
        self.check(self.open().score(HAM), "ok")
        self.assertEqual(other.connections, 0)


class Replies(Base):
    """What it makes of what comes back."""

    def test_spam_scores_above_and_ham_below(self):  # CM-09
        scorer = self.open()
        self.assertEqual(scorer.score(SPAM)["score"], 99.5)
        self.assertEqual(scorer.score(HAM)["score"], 1.5)

    def test_valid_replies_are_taken(self):
        scorer = self.open()
        for body, score in GOOD.items():
            for whole in reply(body), fake_http.chunked(body), \
                    fake_http.head() + body:
                answer = scorer.score(message(send(whole), CLOSE))
                self.check(answer, "ok")
                self.assertEqual(answer["score"], score, whole)

    def test_a_reply_may_come_in_pieces(self):
        scorer = self.open()
        answer = scorer.score(message(drip(reply({"score": 7}), 1)))
        self.assertEqual(answer["score"], 7)

    def test_absurd_replies_are_errors(self):
        scorer = self.open()
        for body, text in ABSURD.items():
            with self.subTest(body=body[:100]):
                self.check(scorer.score(message(send(reply(body)))), "io",
                           text)
        self.check(scorer.score(HAM), "ok")

    def test_headers_are_handed_on(self):
        answer = self.open().score(message(send(reply(
            {"score": 5, "appendHeaders": [
                {"headerField": "X-A", "body": "b: \"c\""},
                {"headerField": "X-CMAE", "body": ""}], "x": 1}))))
        self.check(answer, "ok")
        self.assertEqual(answer["headers"], [["X-A", "b: \"c\""],
                                             ["X-CMAE", ""]])

    def test_other_members_are_looked_at_when_named(self):
        body = {"score": 5, "cat": 12, "cat-desc": "Phish", "sub": "x",
                "sub-desc": "y", "again": True}
        answer = self.open().score(message(send(reply(body))))
        self.assertEqual((answer["category"], answer["rescan"]), ("", False))
        scorer = self.open("category_key = cat\ncategory_desc_key = cat-desc\n"
                           "subcategory_key = sub\nrescan_key = again\n"
                           "subcategory_desc_key = sub-desc")
        answer = scorer.score(message(send(reply(body))))
        self.check(answer, "ok")
        self.assertEqual(
            [answer[key] for key in ("category", "category_desc", "rescan",
                                     "sub_category", "sub_category_desc")],
            ["12", "Phish", True, "x", "y"])
        for name, value in (("cat", "a\nb"), ("cat", 1.5), ("sub", "x" * 64),
                            ("again", "yes"), ("again", 2)):
            self.check(scorer.score(message(send(reply(
                {**body, name: value})))), "io", f"'{name}'")

    def test_statuses(self):
        for status, rc in ((413, "limit"), (503, "unavailable"), (500, "io"),
                           (404, "io"), (400, "io"), (204, "io"),
                           (301, "io")):
            with self.subTest(status=status):
                self.check(self.open().score(message(send(reply(
                    {"score": 1}, status, "Location: /elsewhere")))), rc,
                           str(status))
        self.assertNotIn("/elsewhere", self.fake.paths())

    def test_413_before_the_message_was_read(self):
        data = message(send(reply("too large", 413, "Connection: close")),
                       LINGER, early=True) + b"x" * 20000000
        self.check(self.open().score(data), "limit", "413")

    def test_what_has_no_end_is_cut_off(self):
        scorer = self.open()
        for name, steps in {
                "body": [send(fake_http.head()), endless("x" * 1000)],
                "chunks": [send(fake_http.head(
                    200, "Transfer-Encoding: chunked")),
                           endless("5\r\nabcde\r\n")],
                "promise": [send(fake_http.head(
                    200, "Content-Length: 99999999999")), endless("x")],
                "header": [send("HTTP/1.1 200 OK\r\nX: "), endless("x" * 99)],
                "headers": [send("HTTP/1.1 200 OK\r\n"), endless("X: y\r\n")],
                "interim": [endless("HTTP/1.1 100 Continue\r\n\r\n")],
        }.items():
            with self.subTest(name=name):
                answer = scorer.score(message(*steps))
                self.assertIn(answer["rc"], ("io", "unavailable"), answer)
        self.check(scorer.score(HAM), "ok")

    def test_what_is_not_http_is_an_error(self):
        scorer = self.open()
        for text in '{"score": 1}', "SSH-2.0-OpenSSH\r\n", "\0\0\0":
            answer = scorer.score(message(send(text), CLOSE))
            self.assertIn(answer["rc"], ("io", "unavailable"), answer)

    def test_what_breaks_off_is_no_answer(self):
        scorer = self.open()
        whole = reply({"score": 1})
        broken = fake_http.chunked({"score": 1})[:-5]
        for steps in [CLOSE], [RESET], [send(whole[:-1]), CLOSE], \
                [send(whole[:20]), RESET], [send(broken), CLOSE]:
            with self.subTest(steps=str(steps)[:60]):
                self.check(scorer.score(message(*steps)), "unavailable",
                           self.fake.address)

    def test_what_is_late_is_ended(self):
        scorer = self.open()
        whole = reply({"score": 1})
        for steps in [HANG], [send(whole[:-1]), HANG], \
                [drip("HTTP/1.1 200 OK\r\nX: " + "y" * 10000, 20)], \
                [send(fake_http.head()), drip("y" * 10000, 20)]:
            with self.subTest(steps=str(steps)[:60]):
                self.check(scorer.score(message(*steps), SHORT_MS), "timeout",
                           self.fake.address)
        self.check(scorer.score(message(HANG), 1), "timeout")
        self.check(scorer.score(HAM), "ok")


class Servers(Base):
    """Several, of which some are not there."""

    def test_one_dead(self):
        dead = fake_http.dead_address()
        for servers in (dead, self.fake.address), (self.fake.address, dead):
            scorer = self.open(servers=servers)
            self.assertEqual(scorer.score(SPAM)["score"], 99.5)

    def test_all_dead(self):
        scorer = self.open(servers=[fake_http.dead_address(),
                                    fake_http.dead_address()])
        self.check(scorer.score(HAM), "unavailable")
        self.check(scorer.score(HAM), "unavailable")
        self.check(scorer.address("192.0.2.1"), "unavailable")
        self.check(scorer.version(), "unavailable")

    def test_the_first_is_preferred(self):
        other = fake_authority.FakeAuthority()
        self.addCleanup(other.close)
        scorer = self.open(servers=[self.fake.address,
                                    f"http://{other.address}/"])
        for _ in range(10):
            self.check(scorer.score(HAM), "ok")
        self.assertEqual(other.connections, 0)

    def test_the_next_is_asked_when_one_breaks_off_or_is_overloaded(self):
        for steps in [send(reply("no", 503))], [CLOSE], [RESET], \
                [send(fake_http.head(200, "Content-Length: 9")), CLOSE]:
            first = fake_authority.FakeAuthority()
            first.answer = lambda request, plan=steps: (
                plan if request.method == "POST" else fake_authority.NO_PAGE)
            self.addCleanup(first.close)
            scorer = self.open(servers=[first.address, self.fake.address])
            self.assertEqual(scorer.score(SPAM)["score"], 99.5)
            self.assertIn(fake_authority.MESSAGE, first.paths())

    def test_the_next_is_asked_when_one_hangs(self):
        first = fake_authority.FakeAuthority()
        first.answer = lambda request: (
            [HANG] if request.method == "POST" else fake_authority.NO_PAGE)
        self.addCleanup(first.close)
        scorer = self.open(servers=[first.address, self.fake.address],
                           threads=32, concurrency=32)
        names = [scorer.submit_score(SPAM, HALF_HUNG_MS) for _ in range(100)]
        for name in names:
            self.assertEqual(scorer.answer(name).get("score"), 99.5)
        self.assertIn(fake_authority.MESSAGE, first.paths())

    def test_the_next_is_asked_when_one_hangs_whatever_it_is_asked(self):
        for verb in ("score", SPAM), ("address", "192.0.2.1"), ("version",):
            with self.subTest(verb=verb):
                first = fake_authority.FakeAuthority()
                first.answer = lambda request: [HANG]
                self.addCleanup(first.close)
                scorer = self.open(servers=[first.address, self.fake.address])
                self.check(getattr(scorer, verb[0])(
                    *verb[1:], timeout_ms=HALF_HUNG_MS), "ok")
                self.assertEqual(first.connections, 1 + (verb[0] == "score"))

    def test_one_that_hangs_at_start_is_not_asked_first(self):
        first = fake_authority.FakeAuthority()
        first.answer = lambda request: [HANG]
        self.addCleanup(first.close)
        scorer = self.open(servers=[first.address, self.fake.address])
        scorer.start(SHORT_MS)
        scorer.wait_log("authority.no_message_size")
        self.check(scorer.score(SPAM), "ok")
        self.assertEqual(first.paths(), [fake_authority.SIZE])

    def test_an_absurd_answer_is_not_asked_again(self):
        other = fake_authority.FakeAuthority()
        self.addCleanup(other.close)
        scorer = self.open(servers=[self.fake.address, other.address])
        for whole in reply({"score": "5"}), reply("no", 500), \
                reply("too large", 413):
            self.assertIn(scorer.score(message(send(whole)))["rc"],
                          ("io", "limit"))
        self.assertEqual(other.connections, 0)

    def test_one_that_comes_back_is_used(self):
        scorer = self.open()
        self.fake.close()
        self.check(scorer.score(HAM), "unavailable")
        again = fake_authority.FakeAuthority(port=self.fake.port)
        self.addCleanup(again.close)
        self.check(scorer.score(HAM), "ok")

    def test_addresses_that_are_none_are_refused(self):
        for server in "127.0.0.1", "ftp://127.0.0.1:1", "http://u:p@h:1", \
                "http://h:1/path", "http://h:1?q", "h:port", "h:0x1", "", \
                "http://", "a b:1", "h:99999", "file:///etc/passwd", \
                "h" * 400 + ":1":
            with self.subTest(server=server):
                code, _ = refusal("authority", f'servers = ( "{server}" )')
                self.assertEqual(code, "invalid")
        self.assertEqual(refusal("authority", "servers = ( " + " ".join(
            f'"h:{number}"' for number in range(1, 34)) + " )")[0], "limit")

    def test_wrong_options_are_refused(self):
        for config in 'recipient_separator = ""', "recipient_separator = a", \
                'recipient_separator = "%"', 'recipient_separator = "\t"', \
                'analysis_secret = "short"', "nonsense = 1":
            with self.subTest(config=config):
                self.assertEqual(refusal("authority", config)[0],
                                 "configuration")


class Sizes(Base):
    """max-message-size."""

    def limited(self, max_size):
        fake = fake_authority.FakeAuthority(max_size)
        self.addCleanup(fake.close)
        return fake, self.open(servers=[fake.address])

    def test_start_asks_once(self):
        fake, scorer = self.limited(100)
        scorer.start()
        self.assertEqual(fake.paths(), [fake_authority.SIZE])
        self.check(scorer.score(b"x" * 100), "ok")
        self.check(scorer.score(b"x" * 101), "limit", "101 bytes")
        self.assertEqual(fake.paths(),
                         [fake_authority.SIZE, fake_authority.MESSAGE])

    def test_without_start_the_first_message_asks(self):
        fake, scorer = self.limited(100)
        self.check(scorer.score(b"x" * 101), "limit")
        self.assertEqual(fake.paths(), [fake_authority.SIZE])

    def test_a_service_that_is_down_at_start_is_asked_later(self):
        fake, scorer = self.limited(100)
        fake.close()
        scorer.start()
        again = fake_authority.FakeAuthority(50, port=fake.port)
        self.addCleanup(again.close)
        self.check(scorer.score(b"x" * 51), "limit")

    def test_without_that_page_there_is_no_limit(self):
        self.check(self.open().score(b"x" * 3000000), "ok")

    def test_an_answer_that_is_none_does_not_stop_mail(self):
        for body in {"maxMessageSize": "100"}, {"maxMessageSize": -1}, \
                {"maxMessageSize": 0}, {"maxMessageSize": 1.5}, {}, "<html>":
            with self.subTest(body=body):
                fake, scorer = self.limited(100)
                fake.on_size = [send(reply(body))]
                self.check(scorer.score(b"x" * 101), "ok")
                scorer.wait_log("authority.no_message_size")

    def test_an_answer_that_does_not_come_leaves_time_for_the_message(self):
        fake, scorer = self.limited(100)
        fake.on_size = [HANG]
        self.check(scorer.score(b"x" * 101, 2000), "ok")


class Addresses(Base):
    """score_address and version."""

    def test_addresses_are_scored(self):
        scorer = self.open()
        self.assertEqual(scorer.address("192.0.2.6")["score"], 80)
        self.assertEqual(scorer.address("2001:db8::6")["score"], 80)
        self.assertEqual(scorer.address("192.0.2.1")["score"], 2)
        self.assertIn("/score/v2/ip/2001:db8::6", self.fake.paths())

    def test_what_is_no_address_is_refused(self):
        scorer = self.open()
        for address in "", "192.0.2", "192.0.2.1/../x", "fe80::1%eth0", \
                "1.2.3.4\r\nX: y", "a" * 1000:
            self.check(scorer.address(address), "invalid")
        self.assertEqual(self.fake.connections, 0)

    def test_wrong_answers_are_errors(self):
        scorer = self.open()
        for steps, rc in (([send(reply({"score": 101}))], "io"),
                          ([send(reply("<html>"))], "io"),
                          ([send(reply("none", 404))], "not-found"),
                          ([CLOSE], "unavailable")):
            self.fake.on_address = steps
            self.check(scorer.address("192.0.2.1"), rc)

    def test_the_version_is_what_the_server_says_it_is(self):
        self.fake.on_size = [send(reply({}, 200, "Server: cmae/1.2 \x7f"))]
        answer = self.open().version()
        self.check(answer, "ok")
        self.assertEqual((answer["engine"], answer["cartridge"]),
                         ("cmae/1.2", ""))


class Analyses(Base):
    """What analyze makes of texts of score, and of others."""

    def test_what_was_said_is_said_again(self):
        scorer = self.open()
        first = scorer.score(SPAM)
        self.assertTrue(first["analysis"].startswith("v=2.4 honest "))
        again = scorer.analyze(first["analysis"])
        self.check(again, "ok")
        self.assertEqual(again["score"], first["score"])

    def test_what_was_not_said_is_refused(self):
        scorer = self.open()
        text = scorer.score(SPAM)["analysis"]
        for forged in b"", "v=2.4 honest", text[:-1], "x" + text, \
                text.replace("honest", "h0nest"), text + "\0", "\0" + text, \
                text + text, b"a" * 1000000, b"\0" * 1000, \
                text + " " * 1000000, self.open().score(SPAM)["analysis"]:
            self.check(scorer.analyze(forged), "invalid")

    def test_a_secret_is_shared(self):
        secret = 'analysis_secret = "0123456789abcdef"'
        text = self.open(secret).score(SPAM)["analysis"]
        self.assertEqual(self.open(secret).analyze(text)["score"], 99.5)


class Tls(Base):
    """Services behind https."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cert = pathlib.Path(folder.name) / "cert.pem"
        key = pathlib.Path(folder.name) / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", key, "-out", self.cert], check=True,
            stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, key)
        self.service = fake_authority.FakeAuthority(context=context)
        self.addCleanup(self.service.close)

    def test_a_known_certificate_is_taken(self):
        scorer = self.open(f'tls_ca_file = "{self.cert}"',
                           servers=[f"https://{self.service.address}"])
        self.assertEqual(scorer.score(SPAM)["score"], 99.5)

    def test_another_is_not(self):
        scorer = self.open(servers=[f"https://{self.service.address}"])
        self.check(scorer.score(SPAM), "unavailable")
        scorer = self.open(
            f'tls_ca_file = "{self.cert}"',
            servers=[f"https://localhost:{self.service.port}"])
        self.check(scorer.score(SPAM), "unavailable")  # not that name
        self.assertEqual(self.service.paths(), [])


if __name__ == "__main__":
    unittest.main()
