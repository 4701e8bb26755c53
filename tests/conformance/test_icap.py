#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The ICAP client against a server that does everything wrong.

Each reply of each vendor is played whole, split, cut (some at every byte) and
then closed, reset or left hanging, dripped and glued; and so are the ways in
which a server can misread its own protocol. The property: a content is clean only
if the server had all of it and then said a complete reply that says so, and
infected only by a complete reply that names a threat. Behind each case the
same instance scans something harmless, which must not be anything but clean:
no answer is ever taken for another content.
"""

import json
import os
import random
import sys
import time
import unittest

import fake_icap
import player
from fake_icap import CONTINUE, bare, reply

FAST_MS = 20000  # nothing waits that long unless it hangs
SHORT_MS = 400   # for those that must run into it
THREADS = 48
LARGE = 6 << 20  # more than sockets take in

NOTHING = ("nothing", player.NONE)
THREAT = ("threat", player.NONE)
FAULT = ("fault", None)
PARTIAL = ("unscannable", player.PARTIAL)
OK_PAGE = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

# reply -> what it means: found and reason, and a part of the info
VENDORS = {
    "no content": (bare("204 No Content"), NOTHING, ""),
    "no content, nothing told": (
        "ICAP/1.0 204 Unmodified\r\n\r\n", NOTHING, ""),
    "c-icap": (reply(icap=(
        "X-Infection-Found: Type=0; Resolution=2; Threat=Eicar.UNOFFICIAL;\r\n"
        "X-Violations-Found: 1\r\n\t-\r\n\tEicar.UNOFFICIAL\r\n\t0\r\n\t0\r\n")
    ), THREAT, "Eicar.UNOFFICIAL"),
    "violations alone": (reply(icap=(
        "X-Violations-Found: 2\r\n\ta.zip\r\n\tFirst.Name\r\n\t1\r\n\t2\r\n"
        "\tb.zip\r\n\tSecond.Name\r\n\t1\r\n\t2\r\n")), THREAT, "First.Name"),
    "squidclamav": (reply(
        icap="X-Infection-Found: Type=0; Resolution=2; Threat={HEX}EICAR;\r\n"
             "X-Virus-ID: {HEX}EICAR\r\n",
        http="HTTP/1.0 307 Temporary Redirect\r\nLocation: http://p/\r\n",
        body=""), THREAT, "{HEX}EICAR"),
    "squidclamav, in the address only": (reply(
        http="HTTP/1.0 307 Temporary Redirect\r\nLocation: http://p/cgi?url=x"
             "&source=y&virus=stream:+Eicar%2DTest+FOUND&user=-\r\n",
        body=""), THREAT, "Eicar-Test"),
    "Symantec container, ; missing": (reply(
        icap="X-Infection-Found: Type=2; Resolution=2; "
             "Threat=Container size violation\r\n"),
        ("unscannable", player.LIMIT), "Container size violation"),
    "Symantec encrypted, told twice": (reply(
        icap="X-Infection-Found: Type=2; Resolution=2; "
             "Threat=Encrypted container violation;\r\n"
             "X-Violations-Found: 1\r\n\ta.zip\r\n"
             "\tEncrypted container violation\r\n\t-7\r\n\t2\r\n"),
        ("unscannable", player.ENCRYPTED), "Encrypted"),
    "a policy": (reply(
        icap="X-Infection-Found: Type=1; Resolution=2; Threat=No.exe;\r\n"),
        THREAT, "No.exe"),
    "repaired": (reply(
        icap="X-Infection-Found: Type=0; Resolution=1; Threat=W97M.A;\r\n",
        http=OK_PAGE, body="repaired"), THREAT, "W97M.A"),
    "Sophos": (reply(
        icap="X-Virus-ID: Troj/DocDl-OYC\r\n",
        http="HTTP/1.1 403 Forbidden\r\nX-Blocked: Virus found during virus "
             "scan\r\nX-Blocked-By: Sophos Anti-Virus\r\n"),
        THREAT, "Troj/DocDl-OYC"),
    "Sophos, in the HTTP header only": (reply(
        http="HTTP/1.1 403 Forbidden\r\nX-Blocked: Virus found during virus "
             "scan\r\nX-Blocked-By: Sophos Anti-Virus\r\n"),
        THREAT, "Virus found during virus scan"),
    "Kaspersky": (reply(
        icap="X-Virus-ID: HEUR:Backdoor.Java.QRat.gen\r\n"
             "X-Response-Info: blocked\r\n"),
        THREAT, "HEUR:Backdoor.Java.QRat.gen"),
    "Kaspersky, clean": (bare(
        "204 No Content", "X-Virus-ID: no threats\r\n"
        "X-Response-Info: passed\r\n"), NOTHING, ""),
    "Kaspersky, blocked without a threat": (reply(
        icap="X-Virus-ID: no threats\r\nX-Response-Info: blocked\r\n"),
        PARTIAL, ""),
    "blocked, but 204": (bare(
        "204 No Content", "X-Response-Info: blocked\r\n"), PARTIAL, ""),
    "Trend Micro": (reply(
        icap="X-Virus-ID: Trojan.W97M.POWLOAD\r\n"
             "X-Infection-Found: Type=0; Resolution=2; "
             "Threat=Trojan.W97M.POWLOAD;\r\n",
        http="HTTP/1.1 403 Forbidden (TMWS Blocked)\r\n"),
        THREAT, "Trojan.W97M.POWLOAD"),
    "WithSecure": (reply(
        icap="X-FSecure-Scan-Result: infected\r\n"
             "X-FSecure-Infection-Name: \"Malware.W97M/Agent\"\r\n"
             "X-FSecure-Infected-Filename: \"virus.doc\"\r\n"),
        THREAT, "Malware.W97M/Agent"),
    "WithSecure, clean": (bare(
        "204 No Content", "X-FSecure-Scan-Result: clean\r\n"), NOTHING, ""),
    "WithSecure, what it could not do": (bare(
        "204 No Content", "X-FSecure-Scan-Result: encrypted\r\n"),
        ("unscannable", player.ENCRYPTED), "encrypted"),
    "ESET": (reply(
        icap="X-Infection-Found: Type=0; Resolution=0; "
             "Threat=VBA/TrojanDownloader.Agent.JOA;\r\n"
             "X-Virus-ID: Troj\xe4ner\r\nX-Response-Info: Blocked\r\n"),
        THREAT, "VBA/TrojanDownloader.Agent.JOA"),
    "ESET, allowed": (bare(
        "204 No Content", "X-Response-Info: Allowed\r\n"), NOTHING, ""),
    "McAfee": (reply(
        icap="X-Virus-ID: EICAR test file\r\nX-Media-Type: text/plain\r\n"
             "X-Block-Result: 80\r\nX-Block-Reason: Malware found\r\n",
        http="HTTP/1.0 403 VirusFound\r\n"), THREAT, "EICAR test file"),
    "McAfee, an archive": (reply(
        icap="X-Block-Result: 81\r\n"
             "X-Block-Reason: Archive not supported\r\n"),
        PARTIAL, "Archive not supported"),
    "Skyhigh": (reply(
        http="HTTP/1.0 403 Blocked\r\n"
             "X-MWG-Block-Reason: Media Type (Block List)\r\n"),
        PARTIAL, "Media Type (Block List)"),
    "OPSWAT": (reply(
        icap="X-Blocked: true\r\nX-Blocked-Reason: Infected\r\n"),
        THREAT, "Infected"),
    "an old name": (reply(icap="X-Virus-Name: Old.Virus\r\n"),
                    THREAT, "Old.Virus"),
    "a header of the administrator's": (reply(icap="X-Mine: Own.Name\r\n"),
                                        THREAT, "Own.Name"),
    "a threat without a name": (reply(
        icap="X-Infection-Found: Type=0; Resolution=2;\r\n"), THREAT,
        "unnamed"),
    "a type nobody knows": (reply(
        icap="X-Infection-Found: Type=9; Resolution=2; Threat=Odd;\r\n"),
        PARTIAL, "Odd"),
    "a block page": (reply(), PARTIAL, "HTTP status 403"),
    "a page of another status": (reply(
        http="HTTP/1.1 404 Not Found\r\n"), PARTIAL, "HTTP status 404"),
    "another content": (reply(http=OK_PAGE, body="something else"), FAULT,
                        "changed the content"),
    "no content any more": (reply(http=OK_PAGE, body=""), FAULT,
                            "changed the content"),
    "a part": (bare("206 Partial Content"), FAULT, "206"),
    "bad request": (bare("400 Bad request"), FAULT, "400"),
    "no such service": (bare("404 Service not found"),
                        ("fault", player.UNAVAILABLE), "404"),
    "ESET 405": (bare("405 Method not allowed"),
                 ("fault", player.UNAVAILABLE), "405"),
    "too slow": (bare("408 Request timeout"), FAULT, "408"),
    "McAfee 418": (bare("418 Bad composition"), FAULT, "418"),
    "server error": (bare("500 Server error"), FAULT, "500"),
    "overloaded": (bare("503 Service overloaded"),
                   ("fault", player.OVERLOAD), "503"),
    "Symantec 539": (bare("539 Aborted - no AV scanning license"),
                     ("fault", player.UNAVAILABLE), "539"),
    "a status nobody knows": (bare("299 Well"), FAULT, "299"),
    "a threat with an error": (bare(
        "500 Server error", "X-Virus-ID: Eicar\r\n"), THREAT, "Eicar"),
}

CONFIG = "infected_headers = ( \"X-Mine\" )\n"


def send(text):
    return ["send", text]


class Case:
    """What the fake plays, and what may come of it."""

    def __init__(self, name, steps, wants, **options):
        self.name = name
        self.wants = wants
        self.info = options.get("info", "")
        self.timeout_ms = options.get("timeout_ms", FAST_MS)
        script = {"name": name, "steps": steps, "at": options.get("at", "end")}
        self.content = b"FAKE " + json.dumps(script).encode() + b"\n"
        self.content += b"x" * options.get("padding", 0)

    def is_met_by(self, finding):
        return any(finding.found == found and
                   (reason is None or finding.reason == reason) and
                   (found == "fault" or self.info in finding.info)
                   for found, reason in self.wants)


def whole(text, want):
    """The reply comes complete, in any pieces."""
    yield "whole", [send(text)], [want]
    step = 1 + len(text) // 25  # at all kinds of places, not at all
    for n in range(1, len(text), step):
        yield f"split -{n}", [["start", text, n], ["sleep", 2],
                              ["end", text, n]], [want]
    yield "closed behind", [send(text), ["close"]], [want]
    # What a reset throws away the client never had.
    yield "reset behind", [send(text), ["reset"]], [want, FAULT]


def spoiled(text, step):
    """The reply does not come complete, or comes with something else."""
    for n in range(1, len(text), step):
        yield f"cut -{n}, closed", [["start", text, n], ["close"]], [FAULT]
    yield "cut -1, reset", [["start", text, 1], ["reset"]], [FAULT]
    for more in "x", "\0", "\r\n", text:
        yield f"glued {more[:3]!r}", [send(text + more)], [FAULT]


def slow(text):
    """It comes too late, or never."""
    for n in sorted({1, len(text) // 2, len(text)}):
        yield f"cut -{n}, hanging", [["start", text, n], ["hang"]], [FAULT]
    yield "late", [["sleep", 2 * SHORT_MS], send(text)], [FAULT]
    yield "dripped too slowly", [["drip", text, SHORT_MS // 4]], [FAULT]


def early(text, want):
    """The reply comes while the content is still on its way."""
    wants = [FAULT, want] if want[0] in ("threat", "unscannable") else [FAULT]
    yield "early", [send(text), ["sleep", 20]], wants
    yield "early, closed", [send(text), ["close"]], [*wants, FAULT]
    yield "early, nothing", [["close"]], [FAULT]


# Those that are cut at every byte; the others at each seventh.
THOROUGH = ("no content", "c-icap", "WithSecure", "a block page")


def vendor_cases():
    for vendor, (text, want, info) in VENDORS.items():
        step = 1 if vendor in THOROUGH else 7
        for name, steps, wants in (*whole(text, want), *spoiled(text, step)):
            yield Case(f"{vendor}: {name}", steps, wants, info=info)
        for name, steps, wants in early(text, want):
            yield Case(f"{vendor}: {name}", steps, wants, info=info,
                       at="early", padding=LARGE)
    for vendor in "no content", "c-icap", "a block page":
        text, want, info = VENDORS[vendor]
        yield Case(f"{vendor}: dripped", [["drip", text, 1]], [want],
                   info=info)
        for name, steps, wants in slow(text):
            yield Case(f"{vendor}: {name}", steps, wants,
                       timeout_ms=SHORT_MS)


def with_layout(layout, http=OK_PAGE + "\r\n"):
    return (f"ICAP/1.0 200 OK\r\nEncapsulated: {layout}\r\n\r\n{http}"
            "1\r\nx\r\n0\r\n\r\n")


def broken_cases():
    """Servers that misread their protocol."""
    good = VENDORS["c-icap"][0]
    length = len(OK_PAGE) + 2
    for layout in "", "res-hdr=0", "res-hdr", "res-hdr=0, res-body", \
            f"res-hdr=0, res-body={length - 1}", \
            f"res-hdr=0, res-body={length + 1}", \
            f"res-hdr=1, res-body={length}", \
            f"res-hdr=0, res-body=-{length}", \
            f"res-hdr={length}, res-body=0", "res-hdr=0, res-body=0", \
            f"res-hdr=0, res-hdr=0, res-body={length}", \
            f"res-hdr=0, res-body={length}, null-body={length + 9}", \
            "res-hdr=0, res-body=99999999999999999999", \
            "res-hdr=0, res-body=999999", f"odd=0, res-body={length}", \
            f"res-hdr=0; res-body={length}", \
            f"res-hdr=0, res-body={length},", f"res-hdr=0x0, res-body={length}":
        yield f"layout {layout!r}", [send(with_layout(layout)), ["close"]]
    for chunk in "1\r\nxy\r\n", "2\r\nx\r\n", "-1\r\nx\r\n", "g\r\nx\r\n", \
            "\r\nx\r\n", "1", "ffffffffffffffff\r\nx\r\n", \
            "fffffffffffffff\r\nx\r\n", "1 1\r\nx", "1\r\nx", \
            "1" * 300 + "\r\n", "7fffffff\r\nx\r\n":
        text = reply(icap="X-Virus-ID: Eicar\r\n", body="").removesuffix(
            "0\r\n\r\n") + chunk
        yield f"chunk {chunk[:20]!r}", [send(text), ["close"]]
    for line in "no colon", ": no name", "a b: blank in name", " : ", \
            "x-nul: \0", "x-bell: \7", "x-cr: a\rb", "\x7f: x":
        text = good.replace("\r\n", f"\r\n{line}\r\n", 1)
        yield f"line {line!r}", [send(text), ["close"]]
        page = f"HTTP/1.1 403 Forbidden\r\n{line}\r\n"
        yield f"HTTP line {line!r}", [
            send(reply(icap="X-Virus-ID: Eicar\r\n", http=page)), ["close"]]
    for first in "", "HTTP/1.1 204 No", "ICAP/2.0 204 No", "ICAP/1.0 20 No", \
            "ICAP/1.0 2004 No", "ICAP/1.0 -204", "ICAP/1.0204", "ICAP/1.0", \
            "204 No Content", "icap/1.0 204 No", "ICAP/1.0 000 No":
        yield f"first line {first!r}", [send(first + "\r\n\r\n"), ["close"]]
    for size in 17000, 1 << 20:
        yield f"a header of {size}", [
            send("ICAP/1.0 204 No\r\nX: " + "A" * size + "\r\n\r\n")]
        yield f"lines of {size}", [
            send("ICAP/1.0 204 No\r\n" + "X: y\r\n" * (size // 6) + "\r\n")]
        yield f"an HTTP header of {size}", [send(reply(
            icap="X-Virus-ID: Eicar\r\n",
            http="HTTP/1.1 403 No\r\nX: " + "A" * size + "\r\n"))]
        yield f"{size} bytes without end", [send("A" * size), ["close"]]
    yield "a trailer without end", [
        send(good[:-2] + "X: y\r\n" * 1000), ["close"]]
    yield "a body without end", [
        send(good.removesuffix("0\r\n\r\n")),
        ["repeat", "20000\r\n" + "y" * 0x20000 + "\r\n", 12]]
    yield "204 with a body", [
        send("ICAP/1.0 204 No\r\nEncapsulated: null-body=0, res-body=4\r\n"
             "\r\n1\r\nx\r\n0\r\n\r\n"), ["close"]]
    yield "200 with nothing", [send(bare("200 OK")), ["close"]]
    yield "200 that says nothing", [send("ICAP/1.0 200 OK\r\n\r\n")]
    yield "100 that nothing waits for", [send(CONTINUE), ["sleep", 5],
                                         send(bare("204 No Content"))]
    yield "100 alone", [send(CONTINUE), ["close"]]
    yield "nothing", [["close"]]
    yield "nothing, reset", [["reset"]]
    seed = random.Random(3)
    for number in range(100):
        text = "".join(chr(seed.randrange(256))
                       for _ in range(seed.randrange(1, 80)))
        yield f"garbage {number}", [send(text + "\r\n\r\n"), ["close"]]
    # One byte of a reply is another: whatever comes of it, it is not clean.
    for at in range(len(good)):
        text = good[:at] + chr((ord(good[at]) + seed.randrange(1, 255)) % 256)
        yield f"byte {at}", [send(text + good[at + 1:]), ["close"]]


class IcapTest(unittest.TestCase):
    """Fakes and players that end with their test."""

    maxDiff = None

    def fake(self, **keys):
        fake = fake_icap.FakeIcap(**keys)
        self.addCleanup(fake.stop)
        return fake

    def play(self, fakes, **options):
        return player.IcapPlayer([fake.url for fake in fakes], **options)

    def end(self, play):
        self.assertEqual(play.end(), [0, 0], "descriptors, threads left")

    def run_matrix(self, fake, cases, config=CONFIG):
        cases = {f"c{n}": case for n, case in enumerate(cases)}
        order = list(cases)
        random.Random(7).shuffle(order)
        play = self.play([fake], mode="each", threads=THREADS, config=config)
        for name in order:
            play.submit(cases[name].content, name=name,
                        timeout_ms=cases[name].timeout_ms)
        self.end(play)
        wrong = [f"{case.name!r}: {play.findings.get(name)}"
                 for name, case in cases.items()
                 if not case.is_met_by(play.findings[name])]
        self.assertEqual(wrong[:20], [], f"{len(wrong)} of {len(cases)}")
        self.assertEqual(play.keepers, [])
        idle = [case.name for case in cases.values()
                if case.name not in fake.played]
        self.assertEqual(idle, [], "never played")
        print(f"{len(cases)} cases")

    def recover(self, play, content=b"harmless", want="nothing"):
        """Scans until one works; it must within the longest back-off."""
        end = time.monotonic() + 60
        while (finding := play.scan(content)).found != want:
            self.assertEqual(finding.found, "fault", finding)
            self.assertLess(time.monotonic(), end, finding)
            time.sleep(0.02)
        return finding


class Matrix(IcapTest):
    """All replies with all faults."""

    def test_vendors(self):
        self.run_matrix(self.fake(), vendor_cases())

    def test_vendors_behind_a_preview(self):
        cases = [Case(f"{vendor}: at {at}", [send(text)], [want], info=info,
                      at=at, padding=20000)
                 for vendor, (text, want, info) in VENDORS.items()
                 for at in ("end", "preview")
                 if at == "end" or want[0] != "nothing"]
        self.run_matrix(self.fake(preview=1024), cases)

    def test_a_protocol_that_is_not_kept(self):
        wants = [FAULT, ("threat", None), ("unscannable", None)]
        self.run_matrix(self.fake(), [
            Case(name, steps, wants if name.startswith("byte ") else [FAULT])
            for name, steps in broken_cases()])

    def test_an_unmodified_content(self):
        """200 with what was sent is clean; with anything else it is not."""
        fake = self.fake(allow_204=False)
        play = self.play([fake])
        for content in b"harmless", b"x" * 5000, bytes(range(256)) * 9000:
            finding = play.scan(content)
            self.assertEqual((finding.found, finding.seen),
                             ("nothing", len(content)), finding)
        self.assertFalse(any(request.allows_204()
                             for request in fake.requests))
        fake.on_scan = [send(reply(http=OK_PAGE, body="harmlesS"))]
        self.assertEqual(play.scan(b"harmless").found, "fault")
        fake.on_scan = [send(reply(http="HTTP/1.1 403 No\r\n",
                                   body="harmless"))]
        self.assertEqual(play.scan(b"harmless")[:2], PARTIAL)
        self.end(play)

    def test_204_that_was_not_allowed(self):
        fake = self.fake(allow_204=False)
        play = self.play([fake])
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        fake.on_scan = [send(bare("204 No Content"))]
        finding = play.scan(b"harmless")
        self.assertEqual(finding.found, "fault", finding)
        self.assertIn("not allow", finding.info)
        self.end(play)

    def test_what_is_blocked_may_count_as_infected(self):
        play = self.play([self.fake()], config="blocked_is_infected = on")
        for vendor in "a block page", "Kaspersky, blocked without a threat", \
                "Skyhigh":
            finding = play.scan(Case(vendor, [send(VENDORS[vendor][0])],
                                     []).content)
            self.assertEqual((finding.found, finding.code),
                             ("threat", "blocked"), finding)
        self.end(play)


class Previews(IcapTest):
    """What is sent first, and what that says."""

    def test_all_that_fits_is_all(self):
        fake = self.fake(preview=1024)
        play = self.play([fake])
        for size in 1, 1023, 1024:
            finding = play.scan(b"x" * size)
            self.assertEqual((finding.found, finding.seen), ("nothing", size))
            self.assertEqual(fake.requests[-1].preview, "1024")
        self.end(play)

    def test_the_rest_goes_when_it_is_asked_for(self):
        fake = self.fake(preview=1024)
        play = self.play([fake])
        for size in 1025, 100000, 3 << 20:
            finding = play.scan(b"x" * size)
            self.assertEqual((finding.found, finding.seen), ("nothing", size))
            self.assertEqual(len(fake.requests[-1].content), size)
            finding = play.scan(b"x" * size + fake_icap.EICAR)
            self.assertEqual(finding.found, "threat")
        self.end(play)

    def test_a_preview_of_nothing(self):
        fake = self.fake(preview=0)
        play = self.play([fake])
        self.assertEqual(play.scan(b"x" * 5000).found, "nothing")
        self.assertEqual(play.scan(fake_icap.EICAR).found, "threat")
        self.end(play)

    def test_a_preview_that_was_enough_is_not(self):
        """204 to a preview says that the rest was not looked at."""
        fake = self.fake(preview=400)
        case = Case("cursory", [send(bare("204 No Content"))], [],
                    at="preview", padding=5000)
        play = self.play([fake])
        finding = play.scan(case.content)
        self.assertEqual((finding.found, finding.seen),
                         ("nothing", len(case.content)))
        self.assertEqual(fake.played["cursory"], 2)
        self.assertEqual([len(request.content)
                          for request in fake.requests[-2:]],
                         [400, len(case.content)])
        self.end(play)

    def test_unless_it_is_trusted(self):
        fake = self.fake(preview=400)
        case = Case("cursory", [send(bare("204 No Content"))], [],
                    at="preview", padding=5000)
        play = self.play([fake], config="trust_preview = on")
        finding = play.scan(case.content)
        self.assertEqual((finding.found, finding.seen),
                         ("nothing", len(case.content)))
        self.assertEqual(fake.played["cursory"], 1)
        self.end(play)

    def test_continue_where_it_does_not_belong(self):
        play = self.play([self.fake(preview=400)])
        for name, at, padding, steps in (
                ("with ieof", "end", 0, [send(CONTINUE), ["sleep", 5]]),
                ("twice", "preview", 5000, [send(CONTINUE), ["rest"],
                                            send(CONTINUE)]),
                ("twice at once", "preview", 5000, [send(CONTINUE * 2),
                                                    ["rest"]]),
                ("before the preview", "early", LARGE, [
                    send(CONTINUE), ["sleep", 5]])):
            with self.subTest(name):
                steps = [*steps, send(bare("204 No Content"))]
                finding = play.scan(Case(name, steps, [], at=at,
                                         padding=padding).content)
                self.assertEqual(finding.found, "fault", finding)
        self.end(play)

    def test_continue_that_takes_its_time(self):
        play = self.play([self.fake(preview=400)])
        steps = [["sleep", 300], ["drip", CONTINUE, 2], ["rest"],
                 ["sleep", 100], send(bare("204 No Content"))]
        case = Case("late", steps, [], at="preview", padding=5000)
        finding = play.scan(case.content)
        self.assertEqual((finding.found, finding.seen),
                         ("nothing", len(case.content)))
        self.end(play)

    def test_extensions(self):
        """What would be ignored is sent whole, without a preview."""
        for headers, wants in (
                (["Transfer-Preview: *", "Transfer-Ignore: bin, jpg"], False),
                (["Transfer-Complete: bin", "Transfer-Preview: *"], False),
                (["Transfer-Ignore: *", "Transfer-Preview: exe"], False),
                (["Transfer-Ignore: *", "Transfer-Preview: bin"], True),
                (["Transfer-Preview: *", "Transfer-Ignore: jpg"], True)):
            with self.subTest(headers):
                fake = self.fake(preview=10, headers=headers)
                play = self.play([fake])
                finding = play.scan(b"x" * 100)
                self.assertEqual((finding.found, finding.seen),
                                 ("nothing", 100))
                self.assertEqual(fake.requests[-1].field("Preview"),
                                 "10" if wants else None)
                self.end(play)

    def test_the_option(self):
        for config, want in (("preview = off", None), ("preview = 7", "7"),
                             ("preview = auto", "1024")):
            fake = self.fake(preview=1024)
            play = self.play([fake], config=config)
            self.assertEqual(play.scan(b"x" * 5000).found, "nothing")
            self.assertEqual(fake.requests[-1].field("Preview"), want)
            self.end(play)


class Requests(IcapTest):
    """What the server is told."""

    def test_a_request(self):
        fake = self.fake()
        play = self.play([fake], config="header = \"X-Scan: all\"")
        self.assertEqual(play.scan(b"harmless", kind="message").found,
                         "nothing")
        self.end(play)
        request = fake.requests[-1]
        self.assertEqual(request.head.splitlines(), [
            f"RESPMOD {fake.url} ICAP/1.0", f"Host: {fake.address}",
            "User-Agent: Assay", "X-Scan: all", "Allow: 204",
            f"Encapsulated: req-hdr=0, res-hdr={request.http.index(b'HTTP/1.1 200')}"
            f", res-body={len(request.http)}"])
        self.assertEqual(request.http.splitlines(), [
            b"GET http://mail.invalid/message.eml HTTP/1.1",
            b"Host: mail.invalid", b"", b"HTTP/1.1 200 OK",
            b"Content-Type: message/rfc822", b"Content-Length: 8", b""])
        self.assertEqual(request.content, b"harmless")

    def test_reqmod_where_nothing_else_is_offered(self):
        for allow_204 in True, False:
            fake = self.fake(methods="REQMOD", allow_204=allow_204)
            play = self.play([fake])
            self.assertEqual(play.scan(b"x" * 3000)[:1], ("nothing",))
            self.assertEqual(play.scan(fake_icap.EICAR).found, "threat")
            self.assertEqual(fake.requests[-1].method, "REQMOD")
            self.end(play)

    def test_a_method_that_is_not_offered(self):
        for methods, config in (("OPTIONS", ""), ("", ""),
                                ("REQMOD", "method = respmod"),
                                ("RESPMOD", "method = reqmod")):
            play = self.play([self.fake(methods=methods)], config=config)
            finding = play.scan(b"harmless")
            self.assertEqual(finding[:2], ("fault", player.UNAVAILABLE))
            self.assertIn("offer", finding.info)
            self.end(play)

    def test_an_empty_content_is_nothing(self):
        play = self.play([self.fake()])
        self.assertEqual(play.scan(b"")[:2], NOTHING)
        self.end(play)


class Connections(IcapTest):
    """What happens around the requests."""

    def test_connections_are_used_again(self):
        fake = self.fake()
        play = self.play([fake], threads=4)
        for _ in range(200):
            play.submit(b"harmless")
        self.end(play)
        self.assertTrue(all(finding.found == "nothing"
                            for finding in play.findings.values()))
        self.assertLessEqual(fake.connections, 5)

    def test_no_connection_is_kept_when_none_may_be(self):
        fake = self.fake()
        play = self.play([fake], threads=1, config="keep_alive = off")
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        before = fake.connections
        for _ in range(5):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)
        self.assertEqual(fake.connections - before, 5)
        self.assertEqual(fake.requests[-1].field("Connection"), "close")

    def test_max_connections(self):
        fake = self.fake(max_connections=1, delay_ms=5)
        play = self.play([fake], threads=8)
        for _ in range(24):
            play.submit(b"harmless", timeout_ms=60000)
        self.end(play)
        self.assertTrue(all(finding.found == "nothing"
                            for finding in play.findings.values()),
                        play.findings)
        self.assertEqual(fake.most_open, 1)

    def test_no_connection_in_time_is_an_overload(self):
        fake = self.fake(max_connections=1)
        play = self.play([fake], threads=2)
        slow_one = play.submit(Case("slow", [
            ["await"], send(bare("204 No Content"))], []).content,
            timeout_ms=60000)
        end = time.monotonic() + 60
        while "slow" not in fake.played:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        finding = play.scan(b"harmless", timeout_ms=300)
        self.assertEqual(finding[:2], ("fault", player.OVERLOAD), finding)
        fake.go.set()
        self.assertEqual(play.finding(slow_one).found, "nothing")
        self.end(play)

    def test_the_next_server_has_a_connection(self):
        """One that has none free is not waited for while another has."""
        busy, other = self.fake(max_connections=1), self.fake()
        play = self.play([busy, other], threads=2)
        slow_one = play.submit(Case("slow", [
            ["await"], send(bare("204 No Content"))], []).content,
            timeout_ms=60000)
        end = time.monotonic() + 60
        while "slow" not in busy.played:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        before = len(other.requests)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.assertEqual(len(other.requests), before + 1)
        self.assertNotIn(slow_one, play.findings)
        busy.go.set()
        self.assertEqual(play.finding(slow_one).found, "nothing")
        self.end(play)

    def test_idle_connections_that_end_are_let_go(self):
        fake = self.fake()
        play = self.play([fake], threads=8)
        before = fake.connections
        names = [play.submit(Case(f"slow {n}", [
            ["await"], send(bare("204 No Content"))], []).content)
                 for n in range(8)]
        end = time.monotonic() + 60
        while len(fake.played) < 8:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        fake.go.set()
        for name in names:
            self.assertEqual(play.finding(name).found, "nothing")
        folder = f"/proc/{play.process.pid}/fd"
        many = len(os.listdir(folder))
        self.assertGreaterEqual(fake.connections, before + 7)
        fake.cut()
        self.assertEqual(play.ask("refresh"), ["0", "0"])
        self.assertLessEqual(len(os.listdir(folder)), many - 7)
        self.end(play)

    def test_an_idle_connection_that_ends_costs_no_scan(self):
        fake = self.fake()
        play = self.play([fake], threads=1)
        for _ in range(5):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
            fake.cut()
        self.end(play)

    def test_one_that_ends_at_the_next_request_is_repeated_once(self):
        """A server that lets go just then; but no third time."""
        fake = self.fake()
        play = self.play([fake], threads=1)
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        finding = play.scan(Case("gone", [["close"]], []).content)
        self.assertEqual(finding.found, "fault")
        self.assertEqual(fake.played["gone"], 2)
        # Over a new connection there is no second time.
        self.assertEqual(play.scan(Case("gone again", [["close"]],
                                        []).content).found, "fault")
        self.assertEqual(fake.played["gone again"], 1)
        self.end(play)

    def test_a_reply_too_many_is_not_that_to_the_next_content(self):
        fake = self.fake()
        play = self.play([fake], threads=1)
        text = VENDORS["no content"][0]
        finding = play.scan(Case("twice", [
            send(text), ["await"], send(text)], []).content)
        self.assertEqual(finding.found, "nothing")
        before = fake.connections
        fake.go.set()
        end = time.monotonic() + 60
        while fake.busy:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        finding = play.scan(fake_icap.EICAR)
        self.assertEqual(finding.found, "threat", finding)
        self.assertEqual(fake.connections, before + 1)
        self.end(play)

    def test_close_behind_each_answer(self):
        fake = self.fake(on_options=[
            send("ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nAllow: 204\r\n"
                 "ISTag: \"a\"\r\nConnection: close\r\n\r\n"), ["close"]])
        play = self.play([fake], threads=2)
        for _ in range(10):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
        fake.on_scan = [send(bare("204 No", "Connection: close\r\n")),
                        ["close"]]
        for _ in range(10):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)

    def check_first(self, wants, **keys):
        """A server that misbehaves before the first content."""
        play = self.play([self.fake(**keys)], timeout_ms=500)
        finding = play.scan(b"harmless", timeout_ms=1000)
        self.end(play)
        self.assertEqual(finding.found, "fault", finding)
        self.assertIn(finding.reason, wants, finding)

    def test_connections_that_come_to_nothing(self):
        gone = [player.UNAVAILABLE, player.ENGINE, player.TIMEOUT]
        for steps in [["close"]], [["reset"]], [["hang"]], \
                [send(bare("204 No Content")), ["hang"]]:
            with self.subTest(steps=steps):
                self.check_first(gone, accept=steps)

    def test_options_that_are_none(self):
        gone = [player.UNAVAILABLE, player.ENGINE, player.TIMEOUT]
        for steps in [["close"]], [["hang"]], [send(bare("404 No"))], \
                [send(bare("204 No Content"))], [send(bare("200 OK"))], \
                [send("HTTP/1.1 200 OK\r\n\r\n"), ["close"]], \
                [send("ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\n"), ["close"]]:
            with self.subTest(steps=steps):
                self.check_first(gone, on_options=steps)

    def test_options_with_a_body(self):
        fake = self.fake(on_options=[
            send("ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nAllow: 204\r\n"
                 "Encapsulated: opt-body=0\r\n\r\n3\r\nabc\r\n0\r\n\r\n")])
        play = self.play([fake])
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)


class Epochs(IcapTest):
    """Which signatures a verdict was made with."""

    def test_an_epoch_never_comes_back(self):
        fake = self.fake(istag="one")
        play = self.play([fake], threads=1)
        seen = [play.ask("epoch")]
        self.assertIn("one", seen[0][0])
        for tag in "two", "one", "two":
            fake.istag = tag
            self.assertEqual(play.ask("refresh"), ["0", "1"])
            seen.append(play.ask("epoch"))
        self.assertEqual(play.ask("refresh"), ["0", "0"])
        self.assertEqual(play.ask("epoch"), seen[-1])
        self.assertEqual(len({str(epoch) for epoch in seen}), 4, seen)
        self.assertEqual(play.ask("version"), [
            f"antivirus: icap Fake 1.0 at {fake.url}|"
            "AV definitions version: two"])
        self.end(play)

    def test_a_tag_that_changes_is_noticed_by_the_next_scan(self):
        fake = self.fake(istag="one")
        play = self.play([fake], threads=1)
        before = play.ask("epoch")
        fake.istag = "two"
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        after = play.ask("epoch")
        self.assertNotEqual(before, after)
        self.assertIn("two", after[0])
        self.end(play)

    def test_options_are_asked_again(self):
        fake = self.fake(headers=["Options-TTL: 1"])
        play = self.play([fake], threads=1)
        fake.preview = 3
        end = time.monotonic() + 60
        while play.scan(b"harmless").found == "nothing" and \
                fake.requests[-1].field("Preview") is None:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        self.assertEqual(fake.requests[-1].field("Preview"), "3")
        self.end(play)

    def test_without_a_tag_each_look_may_be_a_change(self):
        fake = self.fake(istag=None)
        play = self.play([fake], threads=1)
        before = play.ask("epoch")
        self.assertEqual(play.ask("refresh"), ["0", "1"])
        self.assertNotEqual(play.ask("epoch"), before)
        self.end(play)
        again = self.play([fake], threads=1)
        self.assertNotEqual(again.ask("epoch"), before, "of another run")
        self.end(again)

    def test_two_servers_are_told_apart(self):
        fakes = [self.fake(istag="one"), self.fake(istag="two")]
        play = self.play(fakes)
        text = play.ask("epoch")[0]
        for fake in fakes:
            self.assertIn(f"{fake.address}={fake.istag}", text)
        self.end(play)


class Servers(IcapTest):
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

    def test_one_that_blocks_everything_is_not_used(self):
        fake = self.fake(on_scan=[send(reply())])
        play = self.play([fake], config="blocked_is_infected = on")
        finding = play.scan(b"harmless")
        self.assertEqual(finding.found, "fault", finding)
        self.assertIn("harmless text", finding.info)
        self.end(play)

    def test_without_a_canary(self):
        fake = self.fake(detects=False)
        play = self.play([fake], config="canary = off")
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.assertEqual(len(fake.requests), 1)
        self.end(play)

    def test_the_next_one_serves(self):
        wrong = self.fake(detects=False)
        right = self.fake()
        play = self.play([wrong, right])
        for _ in range(20):
            self.assertEqual(play.scan(fake_icap.EICAR).found, "threat")
        self.assertEqual(play.ask("probe"), ["0", ""])
        self.end(play)

    def test_one_that_is_dead(self):
        dead, right = self.fake(), self.fake()
        dead.stop()
        play = self.play([dead, right])
        for _ in range(20):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)

    def test_one_that_hangs(self):
        """It has its share of the time, and no more."""
        hung, right = self.fake(), self.fake()
        play = self.play([hung, right], threads=1)
        hung.on_scan = [["hang"]]
        for _ in range(3):
            self.assertEqual(play.scan(b"harmless", timeout_ms=3000).found,
                             "nothing")
        self.end(play)
        self.assertIn("icap.down", " ".join(play.log))

    def test_one_that_hangs_is_no_burden(self):
        """Whether it is back is not found out at the cost of a mail."""
        dead, other = self.fake(accept=[["hang"]]), self.fake()
        play = self.play([dead, other], threads=2, timeout_ms=60000)
        # Until it is asked again, and a mail waits for that.
        end = time.monotonic() + 60
        while True:
            before = dead.connections
            first = play.submit(b"harmless", timeout_ms=60000)
            while dead.connections == before and first not in play.findings:
                time.sleep(0.005)
            if first not in play.findings:
                break
            self.assertLess(time.monotonic(), end)
        slow = play.submit(Case("slow", [
            ["sleep", 3000], send(bare("204 No Content"))], []).content,
            timeout_ms=60000)
        self.assertEqual(play.finding(slow).found, "nothing")
        self.assertIn(first, play.findings)
        self.assertEqual(play.findings[first].found, "nothing")
        self.end(play)

    def test_the_look_each_minute_does_not_wait(self):
        """A back-off that mails renew must not keep a server away."""
        fake = self.fake(on_options=[["close"]])
        play = self.play([fake])
        for _ in range(7):  # each proof in vain doubles it
            play.ask("probe")
        fake.on_options = None
        self.assertEqual(play.ask("probe")[0], "0")
        self.assertNotIn("not in service", play.ask("version")[0])
        self.assertEqual(play.scan(b"harmless").found, "nothing")
        self.end(play)

    def test_one_that_is_overloaded(self):
        fakes = [self.fake(), self.fake(), self.fake()]
        play = self.play(fakes, threads=1)
        fakes[0].on_scan = [send(bare("503 Service overloaded"))]
        fakes[1].on_scan = [send(bare("539 No licence"))]
        for _ in range(5):
            self.assertEqual(play.scan(b"harmless").found, "nothing")
        fakes[2].on_scan = fakes[0].on_scan
        self.assertEqual(play.scan(b"harmless").found, "fault")
        self.end(play)

    def test_a_content_two_servers_died_of_gets_no_third(self):
        fakes = [self.fake() for _ in range(4)]
        play = self.play(fakes, threads=1, config="keep_alive = off")
        case = Case("poison", [["close"]], [FAULT])
        self.assertTrue(case.is_met_by(play.scan(case.content)))
        self.end(play)
        self.assertEqual([fake.played.get("poison", 0) for fake in fakes],
                         [1, 1, 0, 0])

    def test_what_one_could_not_says_nothing_of_the_next(self):
        fakes = [self.fake(), self.fake()]
        play = self.play(fakes, threads=1)
        fakes[0].on_scan = [send(bare("500 Server error"))]
        finding = play.scan(b"harmless")
        self.assertEqual((finding.found, finding.limits, finding.info),
                         ("nothing", 0, ""))
        self.end(play)

    def test_all_down_is_answered_at_once(self):
        fake = self.fake()
        fake.stop()
        play = self.play([fake], threads=4)
        for _ in range(500):
            play.submit(b"harmless", timeout_ms=60000)
        self.end(play)
        for finding in play.findings.values():
            self.assertEqual(finding[:2], ("fault", player.UNAVAILABLE))
            self.assertIn("refused", finding.info)

    def test_a_name_nobody_knows(self):
        play = player.IcapPlayer(["icap://no-such-host.invalid/avscan"],
                                 timeout_ms=2000)
        finding = play.scan(b"harmless", timeout_ms=3000)
        self.end(play)
        self.assertEqual(finding[:2], ("fault", player.UNAVAILABLE))
        self.assertIn("no-such-host.invalid", finding.info)

    def test_a_name_is_looked_up(self):
        port = self.fake().address.rpartition(":")[2]
        play = player.IcapPlayer([f"icap://localhost:{port}/avscan"])
        self.recover(play)
        self.end(play)


if __name__ == "__main__":
    sys.setswitchinterval(0.001)
    unittest.main(verbosity=2)
