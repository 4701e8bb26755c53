#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C26: two engines of a scope disagree, or one of them is down. Each of clean,
infected, unscannable, error and timeout meets each; `assay scan --json` says
the status of the truth table, and the MTA is told what follows from it. No
policy lets the first clean engine win: there is no such option."""

import itertools
import json
import os
import pathlib
import subprocess
import sys

import chaos  # first: it finds the others
from assayd import (
    ASSAY, LISTENER, PATIENCE_S, Assayd, check, check_in, configure,
    run_tests)
from mail_load import ACCEPTED, REJECTED, TEMPFAILED, send_one
from mail_samples import EICAR, THREAT, Mail, numbered

sys.path.insert(0, str(pathlib.Path(os.environ["ASSAY_SOURCE"]) /
                       "tests/conformance"))
import fake_clamd  # noqa: E402

# What clamd says, and what one engine makes of it.
SAYS = {
    "clean": "OK",
    "infected": "Worm FOUND",
    "unscannable": "Can't parse data ERROR",
    "error": "Can't open file or directory ERROR",
    "timeout": "Time limit reached ERROR",
}
STATUSES = {"C": ("clean", ""),
            "I": ("infected", ""),
            "U": ("unscannable", "malformed"),
            "E": ("error", "engine"),
            "T": ("error", "timeout")}
# Of the first engine downwards, of the second to the right.
TRUTH = ["CIUET",
         "IIIII",
         "UIUET",
         "EIEEE",
         "TITTT"]
# Each engine's verdict has its answer, and the severest is given.
ANSWERS = {"clean": ACCEPTED, "infected": REJECTED, "unscannable": REJECTED,
           "error": TEMPFAILED, "timeout": TEMPFAILED}
SEVERITY = [ACCEPTED, TEMPFAILED, REJECTED]
FIRST, SECOND = b"first-engine-", b"second-engine-"


def cases():
    """Each pair: what the engines say, and the letter of the table. In an
    order in which no daemon fails often enough in a row to be left alone."""
    names = list(SAYS)
    for step, i in itertools.product(range(len(names)), repeat=2):
        k = (i + step) % len(names)
        yield names[i], names[k], TRUTH[i][k]


def severest(*names):
    return max((ANSWERS[name] for name in names), key=SEVERITY.index)


def body(one, other):
    return FIRST + one.encode() + b"\r\n" + SECOND + other.encode() + b"\r\n"


def fake(mark):
    """A clamd that says what the mark in a content wants."""
    daemon = fake_clamd.FakeClamd("127.0.0.1:0")
    daemon.marks = {mark + name.encode(): [["send", f"@ID@: stream: {says}\0"]]
                    for name, says in SAYS.items()}
    return daemon


def scope(*engines, more=""):
    stanzas = "".join(f'clamav "c{i}" {{ {engine} }}\n'
                      for i, engine in enumerate(engines))
    return (LISTENER + 'Control_Listener { Listen = "SOCKETc" }\nclamav { }\n'
            'antivirus "av" { cache_size = 0 clean_cache_size = 0\n'
            f'{more}\n{stanzas}}}\n')


def scan(folder, config, content):
    """What assay says about one message."""
    done = subprocess.run(
        [ASSAY, "scan", "--json", "-c", configure(folder, config), "-"],
        input=content, capture_output=True, timeout=PATIENCE_S, check=False)
    line, = done.stdout.splitlines()
    return done.returncode, json.loads(line)


def scan_all(folder, config, contents):
    """What assay says about each message, in order."""
    mails = chaos.folder_in(folder, "mails")
    for i, content in enumerate(contents):
        (mails / f"{i:02}.eml").write_bytes(content)
    done = subprocess.run(
        [ASSAY, "scan", "--json", "-c", configure(folder, config),
         *sorted(mails.iterdir())],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
        check=False)
    check(f"status ({done.stderr})", done.returncode, 1)
    return [json.loads(line) for line in done.stdout.splitlines()]


def mail(content):
    headers, _, text = content.partition(b"\r\n\r\n")
    fields = tuple(tuple(line.split(b":", 1))
                   for line in headers.split(b"\r\n"))
    return Mail(0, "", fields, text)


def check_table(folder, config, pairs):
    """@param pairs  of (what both engines say, content, letter)"""
    said = scan_all(folder, config, [content for _, content, _ in pairs])
    for (names, _, letter), got in zip(pairs, said, strict=True):
        check(f"scan {names}: {got}", (got["status"], got["reason"]),
              STATUSES[letter])
    with Assayd(folder, text=config) as assayd:
        for names, content, _ in pairs:
            check(f"mail {names}", send_one(folder, mail(content))[0],
                  severest(*names))
        chaos.check_clean_end(assayd, folder)


def test_c26_truth_table(folder):
    one, other = fake(FIRST), fake(SECOND)
    try:
        config = scope(f'daemon = "{one.address}"',
                       f'daemon = "{other.address}"')
        check_table(folder, config, [
            ((a, b), b"Subject: x\r\n\r\n" + body(a, b), letter)
            for a, b, letter in cases()])
    finally:
        one.stop()
        other.stop()


def test_c26_in_process_and_clamd(folder):
    """libclamav in the host finds EICAR, clamd says what it is asked to."""
    for order in (1, -1):
        where = chaos.folder_in(folder, f"order{order}")
        daemon = fake(SECOND)
        try:
            engines = [f'signatures = "{chaos.SIGNATURES}" {chaos.SMALL}',
                       f'daemon = "{daemon.address}"'][::order]
            head = b"Subject: x\r\n\r\n"
            pairs = []
            for k, name in enumerate(SAYS):
                text = body("", name)
                pairs += [(("clean", name), head + text, TRUTH[0][k]),
                          (("infected", name),
                           head + text + EICAR + b"\r\n", TRUTH[1][k])]
            check_table(where, scope(*engines), pairs)
        finally:
            daemon.stop()


def test_c26_one_is_down(folder):
    """In either order: what the other finds is refused, nothing else passes."""
    engines = [f'signatures = "{chaos.SIGNATURES}" {chaos.SMALL}',
               f'daemon = "{folder}/nobody"']
    for config in (scope(*engines), scope(*engines[::-1])):
        status, got = scan(folder, config, b"Subject: x\r\n\r\nhello\r\n")
        check(f"{got}", (status, got["status"], got["reason"]),
              (2, "error", "unavailable"))
        check_in("info", f"clamd at {folder}/nobody", got["info"])
        with Assayd(folder, text=config) as assayd:
            chaos.check_refused(folder)
            result, text = send_one(folder, numbered(7, "clean text"))
            check("clean", (result, text[:3]), (TEMPFAILED, b"451"))
            chaos.check_clean_end(assayd, folder)


def test_c26_one_hangs(folder):
    """It has used up its time; the other has time of its own."""
    daemon = fake_clamd.FakeClamd("127.0.0.1:0")
    daemon.marks = {b"hang": [["hang"]]}
    slow = f'daemon = "{daemon.address}" timeout = 2'
    quick = f'signatures = "{chaos.SIGNATURES}" timeout = 30 {chaos.SMALL}'
    try:
        for config in (scope(slow, quick), scope(quick, slow)):
            text = b"Subject: hang\r\n\r\nhang\r\n"
            status, got = scan(folder, config, text)
            check(f"{got}", (status, got["status"], got["reason"]),
                  (2, "error", "timeout"))
            status, got = scan(folder, config, text + EICAR + b"\r\n")
            check(f"{got}", (status, got["status"]), (1, "infected"))
            check_in("threat", THREAT.decode(), got["info"])
    finally:
        daemon.stop()


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
