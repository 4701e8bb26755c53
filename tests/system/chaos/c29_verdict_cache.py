#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C29: nothing wrong stays in the verdict cache. What could not be scanned is
scanned anew; a verdict does not outlive the signatures that it was made with,
nor a change of the engine; the cache keeps as many verdicts as it may."""

import os
import pathlib
import signal
import sys

import chaos  # first: it finds the others
from assayd import LISTENER, Assayd, check, configure, run_tests, wait_for
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, Load, send_one
from mail_samples import EICAR, Mail, kind_of, numbered

sys.path.insert(0, str(pathlib.Path(os.environ["ASSAY_SOURCE"]) /
                       "tests/conformance"))
import fake_clamd  # noqa: E402

WORD = b"a word that no signature has at first"
CACHE = "antivirus:av:c1"


def mail(text):
    return Mail(0, "", ((b"Subject", b" x"),), text + b"\r\n")


def configuration(engine, scope=""):
    return (LISTENER + 'Control_Listener { Listen = "SOCKETc" }\nclamav { }\n'
            f'antivirus "av" {{ {scope}\n  clamav "c1" {{ {engine} }} }}\n')


def cache(folder):
    """The numbers of the only cache."""
    numbers, = chaos.console(folder, "cache stats")["caches"]
    check("cache", numbers["cache"], CACHE)
    return numbers


def hits(folder):
    return cache(folder)["hits"]


def expect(folder, text, want, why):
    check(why, send_one(folder, mail(text))[0], want)


def expect_known(folder, text, want, why):
    """From the cache."""
    before = hits(folder)
    expect(folder, text, want, why)
    check(f"{why}: from the cache", hits(folder), before + 1)


def test_c29_after_an_error(folder):
    """clamd is down, answers with an error or hangs up, and then is well."""
    path = f"{folder}/clamd"
    text = configuration(f'daemon = "{path}"', "timeout = 5")
    with Assayd(folder, text=text) as assayd:
        for _ in range(2):
            expect(folder, b"hello", TEMPFAILED, "clean, clamd is down")
            expect(folder, EICAR, TEMPFAILED, "infected, clamd is down")
        daemon = fake_clamd.FakeClamd(path)
        try:
            recovered(folder)
            after_trouble(folder, daemon)
        finally:
            daemon.stop()
        check("hits", hits(folder) > 0, True)
        chaos.check_clean_end(assayd, folder)


def recovered(folder):
    wait_for("recovery", lambda: send_one(folder, mail(b"hello"))[0] ==
             ACCEPTED)
    expect(folder, EICAR, REJECTED, "infected, clamd is up")


def after_trouble(folder, daemon):
    """Each trouble with contents of its own, twice."""
    troubles = {"error": [["send", "@ID@: fd[10]: Can't open file ERROR\0"]],
                "hung up": [["close"]],
                "half": [["send", "@ID@: fd[1"], ["close"]]}
    for name, steps in troubles.items():
        texts = {b"harmless " + name.encode(): ACCEPTED,
                 EICAR + name.encode(): REJECTED}
        daemon.marks = {name.encode(): steps}
        for _ in range(2):
            for text in texts:
                expect(folder, text, TEMPFAILED, f"{name}, {text!r}")
        daemon.marks = {}
        wait_for("recovery",
                 lambda end=name.encode(): send_one(
                     folder, mail(b"after " + end))[0] == ACCEPTED)
        for text, want in texts.items():
            expect(folder, text, want, f"after {name}, {text!r}")
            expect_known(folder, text, want, f"after {name}, {text!r}")


def put(signatures, *lines):
    new = signatures.with_name("new")
    new.write_bytes(b"".join(line + b"\n" for line in lines))
    new.rename(signatures / "test.ndb")


def swap(assayd, folder, signatures, count, *lines):
    """Other signatures, by the command."""
    put(signatures, *lines)
    chaos.console(folder, "antivirus:av reload")
    assayd.wait_log("engine.signatures ", count)


def test_c29_when_signatures_change(folder):
    signatures = chaos.folder_in(folder, "signatures")
    eicar = b"Eicar-Test-Signature:0:*:" + EICAR.hex().encode()
    word = b"Assay-Word:0:*:" + WORD.hex().encode()
    put(signatures, eicar)
    text = configuration(f'signatures = "{signatures}" {chaos.SMALL}') + \
        "Signature_Check_Interval = 0\n"
    with Assayd(folder, text=text) as assayd:
        expect(folder, WORD, ACCEPTED, "no signature yet")
        expect_known(folder, WORD, ACCEPTED, "no signature yet")
        swap(assayd, folder, signatures, 1, eicar, word)
        expect(folder, WORD, REJECTED, "signature added")
        expect_known(folder, WORD, REJECTED, "signature added")
        expect(folder, EICAR, REJECTED, "the other signature")
        swap(assayd, folder, signatures, 2, eicar)
        expect(folder, WORD, ACCEPTED, "signature removed")
        expect(folder, EICAR, REJECTED, "the other signature")
        swap(assayd, folder, signatures, 3, eicar, word)
        expect(folder, WORD, REJECTED, "signature added once more")
        chaos.check_clean_end(assayd, folder)


def test_c29_when_the_engine_changes(folder):
    """What is infected for one stanza may be unscannable for the next."""
    def engine(more):
        return configuration(
            f'signatures = "{chaos.SIGNATURES}" {chaos.SMALL} {more}')
    text = b"x" * 10000 + b"\r\n" + EICAR
    with Assayd(folder, text=engine("")) as assayd:
        expect(folder, text, REJECTED, "before")
        expect_known(folder, text, REJECTED, "before")
        configure(folder, engine("max_size = 5000 on_oversize = tempfail"))
        assayd.process.send_signal(signal.SIGUSR1)
        assayd.wait_log("assayd.reload ")
        expect(folder, text, TEMPFAILED, "another engine")
        expect(folder, text, TEMPFAILED, "unscannable is not kept")
        configure(folder, engine(""))
        assayd.process.send_signal(signal.SIGUSR1)
        assayd.wait_log("assayd.reload ", 2)
        expect(folder, text, REJECTED, "the first one again")
        chaos.check_clean_end(assayd, folder)


def test_c29_bounded(folder):
    """Of many different mails a few are kept, and all answers are right."""
    text = configuration(
        f'signatures = "{chaos.SIGNATURES}" {chaos.SMALL}',
        "cache_size = 3 clean_cache_size = 3")
    with Assayd(folder, text=text) as assayd:
        with Load(folder) as load:
            load.wait_more(200)
        load.settle()
        for number in range(40):
            want = REJECTED if kind_of(number // 2).startswith("eicar") \
                else ACCEPTED
            check(f"{number}", send_one(folder, numbered(number))[0], want)
        numbers = cache(folder)
        print(f"  {numbers}")
        check("capacity", numbers["capacity"], 6)
        check("entries", 0 < numbers["entries"] <= 6, True)
        check("thrown out", numbers["lru"] > 0, True)
        chaos.check_clean_end(assayd, folder)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
