#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C12: mails of up to 100 MB and archives that unpack into far more, while
scanner processes may have little memory. A worker may die of it, assayd does
not; nothing infected is accepted, other mails are right at once, and assayd
does not grow."""

import functools
import io
import sys
import zipfile

import chaos  # first: it finds the others
import mail_samples
import scanners
from assayd import check, run_tests
from mail_load import ACCEPTED, REJECTED, SCALE, TEMPFAILED, dial
from mail_samples import EICAR, OTHER_KINDS, numbered

MEMORY = 96 << 20
# A sanitizer takes minutes for more.
SIZES_MB = [1, 20] if scanners.is_sanitized() else [1, 20, 100]
BOMB_MB = 20 if scanners.is_sanitized() else 200
LAYERS = 42
ROUNDS = max(3, int(3 * SCALE))
# After the first rounds, in which malloc learns what to keep.
GROWTH_KB = 8 * 1024


def zip_of(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


@functools.cache
def bomb(threat=b""):
    """Much, behind it the threat."""
    return zip_of("a.txt", bytes(BOMB_MB << 20) + threat)


def matryoshka():
    """Archives in archives."""
    data = EICAR
    for layer in range(LAYERS):
        data = zip_of(f"{layer}.zip", data)
    return data


def many_bombs():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for i in range(50):
            archive.writestr(f"{i}.zip", bomb())
    return out.getvalue()


def attach(data):
    return lambda: mail_samples.large(data(), 0)


for _size in SIZES_MB:
    OTHER_KINDS[f"{_size} MB"] = functools.partial(
        mail_samples.large, b"", _size << 20)
    OTHER_KINDS[f"eicar {_size} MB"] = functools.partial(
        mail_samples.large, EICAR, _size << 20)
OTHER_KINDS["bomb"] = attach(bomb)
OTHER_KINDS["eicar in a bomb"] = attach(functools.partial(bomb, EICAR))
OTHER_KINDS["eicar in archives"] = attach(matryoshka)
OTHER_KINDS["many bombs"] = attach(many_bombs)
KINDS = list(OTHER_KINDS)


def check_others(client, number):
    for kind, answer in (("eicar zip", REJECTED), ("clean zip", ACCEPTED)):
        result, text = client.play(numbered(number, kind))
        check(f"{kind} ({text})", result, answer)


def play(client, round_):
    answers = {}
    for i, kind in enumerate(KINDS):
        number = 2 * (100 * round_ + i)
        result, text = client.play(numbered(number, kind))
        answers[kind] = result
        if kind.startswith("eicar"):
            check(f"{kind} ({text})", result in (REJECTED, TEMPFAILED), True)
        check_others(client, number + 100000)
    return answers


def test_c12_memory_limit(folder):
    base = chaos.folder_in(folder)
    text = chaos.configuration(
        base, "timeout = 20 on_unscannable = tempfail on_oversize = tempfail "
        f"scanner_memory = {MEMORY}", engine="")
    with scanners.Host(folder, text) as host:
        client = dial(folder)
        resident = []
        for round_ in range(ROUNDS):
            answers = play(client, round_)
            resident.append(chaos.resident_kb(host.pid))
        print(f"  {answers}\n  {host.scanner()}\n  resident: {resident} kB")
        if not scanners.is_sanitized():
            check("assayd grew", resident[-1] - resident[1] < GROWTH_KB, True)
            # Want of memory is no fault of a content.
            check("poison", host.scanner()["poisoned"], 0)
        check("template", host.scanner()["templates_started"], 1)
        client.close()
        host.check_end(base)


def test_c12_growth(folder):
    """A worker that has grown past its limit is replaced after its scan."""
    base = chaos.folder_in(folder)
    text = chaos.configuration(
        base, f"scanner_growth = {1 << 20} {scanners.EACH_SCANNED}",
        engine="")
    with scanners.Host(folder, text) as host:
        client = dial(folder)
        client.play(numbered(0, "20 MB"))
        check_others(client, 2)
        check("replaced", host.scanner()["recycled"] > 0, True)
        client.close()
        host.check_end(base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
