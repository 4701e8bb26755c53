#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C17: the signature folder of a running assayd is replaced by a broken one.
The old signatures stay in use and infected mail is refused all along; `version`
and the log name the failure; good signatures are taken in as soon as they are
there.

Each fault has an assayd of its own, because assayd waits before it loads
whether somebody still writes."""

import concurrent.futures
import ctypes
import os
import sys

import chaos  # first: it finds the others
from assayd import Assayd, check, check_in, run_tests, wait_for
from mail_load import TEMPFAILED, Load

GOOD = (chaos.SIGNATURES / "demo.ndb").read_bytes()
NEWER = GOOD + b"".join(b"Assay-Test-%d:0:*:%s\n" % (i, bytes(
    [i] * 20).hex().encode()) for i in range(1, 100))
REFUSED = "Newer definitions refused: "
CLIENTS = 2

# <linux/prctl.h>, <linux/capability.h>
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


def cut_off(size):
    """So many bytes at most, and the last line without its pattern. Behind
    that it would be a signature, if another one than the author meant."""
    return NEWER[:NEWER.rindex(b":0:", 0, size)]


def flip_bits(data, each):
    """One bit of every so many bytes."""
    return bytes(byte ^ 0x80 * (i % each == each - 1)
                 for i, byte in enumerate(data))


def write(signatures, data, name="test.ndb"):
    """At once, as a careful updater does."""
    new = signatures.with_name("new")
    new.write_bytes(data)
    new.rename(signatures / name)


def truncated(signatures):
    write(signatures, cut_off(len(NEWER)))


def bit_flipped(signatures):
    write(signatures, flip_bits(NEWER, 64))


def official_with_a_bad_signature(signatures):
    head = b"ClamAV-VDB:10 Jan 2025 00-00 +0000:27000:100:90:X:X:b:1700000000"
    write(signatures, head.ljust(512) + b"Z" * 512, "daily.cvd")


def empty_file(signatures):
    write(signatures, b"")


def no_file(signatures):
    (signatures / "test.ndb").unlink()


def no_signature(signatures):
    no_file(signatures)
    write(signatures, b"Some-Name\n", "local.ign2")


def no_folder(signatures):
    signatures.rename(signatures.with_name("aside"))


def unreadable_folder(signatures):
    signatures.chmod(0)


def half_copied(signatures):
    """And left so: the writer has died in the middle of a line."""
    (signatures / "test.ndb").write_bytes(cut_off(len(NEWER) // 2))


FAULTS = {
    truncated: "Malformed database",
    bit_flipped: "Malformed database",
    official_with_a_bad_signature: "Can't verify database integrity",
    empty_file: "test.ndb",
    no_file: "has no signature files",
    no_signature: "has no signatures",
    no_folder: "does not exist",
    unreadable_folder: "cannot read the signature folder",
    half_copied: "Malformed database",
}


def mend(signatures):
    """Good signatures, newer than the first ones."""
    if not signatures.exists():
        signatures.mkdir()
    signatures.chmod(0o755)
    for path in signatures.iterdir():
        if path.name != "test.ndb":
            path.unlink()
    write(signatures, NEWER)


def may_not_pass_by_modes():
    """In the child: root is told by modes, too, what it may read."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def version(folder):
    engine, = chaos.console(folder, "antivirus:av version")["engines"]
    check("in service", engine["in_service"], True)
    return engine


def endure(assayd, folder, fault, load):
    signatures = folder / "signatures"
    before = version(folder)["epoch"]
    load.wait_more(10)
    fault(signatures)
    assayd.wait_log("engine.signatures_failed")
    bad = version(folder)
    check("epoch", bad["epoch"], before)
    check_in("version", REFUSED, bad["version"])
    check_in("version", FAULTS[fault], bad["version"])
    check_in("log", FAULTS[fault], assayd.log.read_text())
    load.wait_more(10)
    chaos.check_refused(folder)
    mend(signatures)
    assayd.wait_log("engine.signatures ")
    good = version(folder)
    check("another epoch", good["epoch"] != before, True)
    check("version", REFUSED in good["version"], False)
    load.wait_more(10)


def run_with(folder, fault, faults):
    """assayd with signatures of its own, and mail."""
    base = chaos.folder_in(folder)
    signatures = chaos.folder_in(folder, "signatures")
    write(signatures, GOOD)
    text = chaos.configuration(base, rest="Signature_Check_Interval = 1") \
        .replace(str(chaos.SIGNATURES), str(signatures))
    # pylint: disable=subprocess-popen-preexec-fn
    with Assayd(folder, text=text,
                preexec_fn=may_not_pass_by_modes) as assayd:
        with Load(folder, clients=CLIENTS) as load:
            faults(assayd, folder, fault, load)
        first = load.settle()
        check("put off", first[TEMPFAILED], 0)
        chaos.check_clean_end(assayd, folder, base)
    return dict(first)


def test_c17_broken_signatures(folder):
    with concurrent.futures.ThreadPoolExecutor(len(FAULTS)) as pool:
        runs = {fault: pool.submit(
            run_with, chaos.folder_in(folder, fault.__name__), fault, endure)
            for fault in FAULTS}
    for fault, done in runs.items():
        try:
            print(f"  {fault.__name__}: {done.result()}")
        except Exception:
            print(f"  {fault.__name__}:")
            raise


def write_slowly(assayd, folder, _, load):
    """A line every now and then, until all is there. assayd waits for the
    writer, or takes what the writer had when it paused; never less in the
    end, and the old ones serve until then."""
    signatures = folder / "signatures"
    lines = NEWER.splitlines(keepends=True)
    with (signatures / "test.ndb").open("wb", buffering=0) as file:
        for i, line in enumerate(lines):
            file.write(line)
            if i % 10 == 0:
                load.wait_more(5)
    wait_for("all signatures",
             lambda: f"/{len(lines)}/" in version(folder)["epoch"])
    assayd.wait_log("engine.signatures ")  # it comes after the swap
    check("version", REFUSED in version(folder)["version"], False)
    load.wait_more(10)


def test_c17_half_copied_then_completed(folder):
    print(f"  {run_with(folder, None, write_slowly)}")


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
