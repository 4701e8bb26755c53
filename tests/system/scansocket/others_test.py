#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""More programs of Debian that think that they ask clamd: clamav-milter, and
c-icap with clamd_mod. What is not clean must be so for them, too."""

import base64
import pathlib
import shutil
import socket
import subprocess
import sys

import scan_client as base
from assayd import (ALL_STEPS, PATIENCE_S, SILENT_STEPS, Assayd, Mta, check,
                    check_in, run_tests, wait_for)
from scan_client import EICAR

sys.path.insert(0, str(base.ROOT / "tests/system/icap"))
# pylint: disable=wrong-import-position
import real_icap  # noqa: E402

MILTER = shutil.which("clamav-milter")
ICAP_CLIENT = shutil.which("c-icap-client")
HAS_ICAP = (real_icap.PROGRAM and ICAP_CLIENT and real_icap.MODULES and
            (pathlib.Path(real_icap.MODULES) / "clamd_mod.so").exists())
SUBJECT = ((b"L", b"Subject\0x\0"),)
ZIPPED = ((b"L", b"Content-Type\0application/zip\0"),
          (b"L", b"Content-Transfer-Encoding\0base64\0"))
ENCRYPTED = base64.encodebytes(base.encrypted_zip()).replace(b"\n", b"\r\n")
CONFIG = """\
MilterSocket unix:{folder}/m/s
Foreground true
ClamdSocket unix:{folder}/s
OnClean Accept
OnInfected Reject
OnFail Defer
TemporaryDirectory {folder}
"""


def answer(folder, headers, body):
    """What clamav-milter says to a message."""
    mta = Mta(folder / "m", ALL_STEPS & ~SILENT_STEPS)
    mta.connect()
    for command, data in ((b"H", b"x\0"), (b"M", b"<a@example.com>\0"),
                          (b"R", b"<b@example.org>\0"), *headers, (b"N", b"")):
        check(f"{command} {data}", mta.call(command, data)[0], b"c")
    check("body", mta.call(b"B", body)[0], b"c")
    reply = mta.call(b"E")[0]
    mta.close()
    return reply


def test_clamav_milter(folder):
    if not MILTER:
        print("skipped: clamav-milter is not installed")
        return
    (folder / "m").mkdir()
    (folder / "milter.conf").write_text(CONFIG.format(folder=folder))
    with Assayd(folder, text=base.listener() + base.engine(folder)) as assayd, \
            (folder / "output").open("w") as output, subprocess.Popen(
                [MILTER, "-c", folder / "milter.conf"], stdout=output,
                stderr=output) as milter:
        try:
            wait_for("its socket", lambda: can_connect(folder / "m/s"))
            # It asks for a sign of life first, and says nothing of it.
            wait_for("a clean mail", lambda: answer(folder, SUBJECT, b"hello\r\n")
                     == b"a")
            check("infected", answer(folder, SUBJECT, EICAR + b"\r\n"), b"r")
            check("encrypted", answer(folder, SUBJECT + ZIPPED, ENCRYPTED),
                  b"t")
        finally:
            milter.terminate()
            milter.wait(PATIENCE_S)
        check("stop", assayd.stop(), 0)


def can_connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def icap(server, path):
    """The first line of the answer, and the whole."""
    done = subprocess.run(
        [ICAP_CLIENT, "-i", "127.0.0.1", "-p", str(server.port), "-s", "avscan",
         "-f", str(path), "-v", "-nopreview"], check=False, text=True,
        capture_output=True, timeout=PATIENCE_S)
    said = done.stdout + done.stderr
    return said.partition("ICAP/1.0 ")[2][:3], said


def test_c_icap(folder):
    if not HAS_ICAP:
        print("skipped: c-icap, its client or clamd_mod is not installed")
        return
    with Assayd(folder, text=base.listener() + base.engine(folder)) as assayd:
        server = real_icap.RealIcap(folder / "icap", folder / "s")
        server.start()
        try:
            for data, status, said in (
                    (b"hello", "204", ""),
                    (EICAR, "200", "Threat=Eicar-Test-Signature"),
                    (base.encrypted_zip(), "500", "")):
                (folder / "object").write_bytes(data)
                got, text = icap(server, folder / "object")
                check(text, got, status)
                check_in("answer", said, text)
        finally:
            server.stop()
        check("stop", assayd.stop(), 0)


if __name__ == "__main__":
    if not base.CLAMAV or not (MILTER or HAS_ICAP):
        print("skipped: none of the programs, or no engine clamav")
        sys.exit(base.SKIPPED)
    sys.exit(run_tests(globals()))
