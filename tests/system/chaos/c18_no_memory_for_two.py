#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C18: newer signatures, and no memory for them beside those in use. The old
ones stay and detect, and the reason is told. With reload = "stop-then-load"
the newer ones are taken in on the same machine: mails wait meanwhile.

What is free is written on a file that lies over /proc/meminfo; what a process
may take is a limit that it inherits from assayd."""

import pathlib
import resource
import subprocess
import sys

import chaos  # first: it finds the others
import scanners
from assayd import check, check_in, run_tests, wait_for
from mail_load import TEMPFAILED, Load

MEMINFO = pathlib.Path("/proc/meminfo")
# More than assayd needs, less than the hostile engine wants.
ADDRESS_SPACE = 8 << 30
EVERY_SECOND = "Signature_Check_Interval = 1"


def version(folder):
    engine, = chaos.console(folder, "antivirus:av version")["engines"]
    return engine


class LittleMemory:
    """Less free than any engine takes; a context."""

    def __init__(self, folder):
        self.file = folder / "meminfo"
        self.file.write_text("MemTotal: 1048576 kB\nMemAvailable: 1024 kB\n"
                             "SwapFree: 0 kB\n")

    def __enter__(self):
        subprocess.run(["mount", "--bind", self.file, MEMINFO], check=True)

    def __exit__(self, kind, value, trace):
        subprocess.run(["umount", MEMINFO], check=True)


def signatures_in(folder):
    path = chaos.folder_in(folder, "signatures")
    (path / "test.ndb").write_bytes(
        (chaos.SIGNATURES / "demo.ndb").read_bytes())
    return path


def add_signature(signatures):
    (signatures / "more.ndb").write_bytes(
        b"Assay-Test:0:*:" + b"00112233445566778899" * 2 + b"\n")


def start(folder, scope):
    base = chaos.folder_in(folder)
    text = chaos.configuration(base, scope, rest=EVERY_SECOND)
    return base, scanners.Host(
        folder, text.replace(str(chaos.SIGNATURES),
                             str(signatures_in(folder))))


def check_refused_sentence(host, before, sentence):
    host.wait_log("engine.signatures_failed")
    after = version(host.folder)
    check("epoch", after["epoch"], before)
    check("in service", after["in_service"], True)
    check_in("version", sentence, after["version"])
    check_in("log", sentence, host.log.read_text())


def test_c18_beside(folder):
    base, made = start(folder, scanners.EACH_SCANNED)
    with made as host, Load(folder, clients=2) as load, LittleMemory(folder):
        before = version(folder)["epoch"]
        load.wait_more(20)
        add_signature(folder / "signatures")
        check_refused_sentence(
            host, before, "loading signatures beside those in use needs")
        load.wait_more(20)
        chaos.check_refused(folder)
        first = load.settle()
        check("put off", first[TEMPFAILED], 0)
        check("templates", host.scanner()["templates_started"], 1)
        host.check_end(base)


def test_c18_stop_then_load(folder):
    base, made = start(
        folder, f"{scanners.EACH_SCANNED} reload = stop-then-load")
    with made as host, Load(folder, clients=2) as load, LittleMemory(folder):
        before = version(folder)["epoch"]
        load.wait_more(20)
        add_signature(folder / "signatures")
        wait_for("newer signatures", lambda: version(folder)["epoch"] != before)
        load.wait_more(20)
        chaos.check_refused(folder)
        first = load.settle()
        print(f"  {dict(first)}")
        check("put off", first[TEMPFAILED], 0)
        check("templates", host.scanner()["templates_started"], 2)
        host.check_end(base)


def limit_memory():
    """In the child."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def test_c18_limit(folder):
    """The second template is refused the memory. So it is with the same again
    instead of the first; when there are small ones they are taken."""
    if scanners.is_sanitized():
        print("  not here: a sanitizer takes all the address space")
        return
    base = chaos.folder_in(folder)
    for reload_ in ("beside", "stop-then-load"):
        needs = folder / "needs"
        needs.write_text("small")
        text = scanners.hostile_configuration(
            base, f"cache_size = 0 clean_cache_size = 0 reload = {reload_}",
            f'needs = "{needs}"', EVERY_SECOND)
        # pylint: disable=subprocess-popen-preexec-fn
        with scanners.Host(folder, text, preexec_fn=limit_memory) as host, \
                Load(folder, scanners.plain_kind, clients=2) as load:
            before = version(folder)["epoch"]
            load.wait_more(20)
            needs.write_text("large")
            if reload_ == "beside":
                check_refused_sentence(host, before, "no memory for the set")
                load.wait_more(20)
                check("put off", load.count(TEMPFAILED), 0)
            else:
                host.wait_state("down")
                check_in("reason", "no memory for the set",
                         host.scanner()["reason"])
                load.wait_more(1, TEMPFAILED)
            needs.write_text("small again")
            wait_for("another epoch",
                     lambda old=before: version(folder)["epoch"] != old)
            host.wait_state("running")
            load.wait_more(20)
            print(f"  {reload_}: {dict(load.settle())}")
            host.check_end(base)


if __name__ == "__main__":
    chaos.in_mount_namespace()
    sys.exit(run_tests(globals()))
