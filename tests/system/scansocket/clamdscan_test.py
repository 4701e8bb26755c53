#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Debian's clamdscan, which thinks that it asks clamd: by stream and by
descriptor, over a unix socket and TCP. Its exit status is 0 for clean, 1 for
infected, 2 for anything else."""

import os
import pathlib
import shutil
import subprocess
import sys

import scan_client as base
from assayd import Assayd, PATIENCE_S, check, check_in, run_tests
from scan_client import CLEAN_MAIL, EICAR, infected_mail

CLAMDSCAN = shutil.which("clamdscan")


def client(folder, name, where):
    """A configuration of the client."""
    path = folder / f"{name}.conf"
    path.write_text(where, encoding="ascii")
    return path


def clamdscan(conf, *arguments, **options):
    done = subprocess.run(
        [CLAMDSCAN, f"--config-file={conf}", "--no-summary", *arguments],
        text=True, capture_output=True, timeout=PATIENCE_S, check=False,
        **options)
    return done.returncode, done.stdout + done.stderr


def write_samples(folder):
    """Files, and the exit status that each is worth."""
    for name in ("samples", "more"):
        (folder / name).mkdir()
    contents = {"clean": (CLEAN_MAIL, 0), "empty": (b"", 0),
                "infected": (EICAR, 1), "mail": (infected_mail(), 1),
                "large": (b"x" * 3000000 + EICAR, 1),
                "encrypted": (base.encrypted_zip(), 2),
                "over": (b"x" * 4000001, 2)}
    paths = {}
    for name, (data, status) in contents.items():
        # One that is over the limit ends its session, as with clamd, and the
        # answers to the others in a folder are lost with it.
        path = folder / ("more" if name == "over" else "samples") / name
        path.write_bytes(data)
        paths[path] = status
    return paths


def test_exit_status_tells_the_verdict(folder):
    port = base.free_port()
    text = (base.listener("max_size = 4000000") +
            f'Scan_Listener "tcp" {{ Listen = "inet:{port}@127.0.0.1" '
            "max_size = 4000000 }\n" + base.engine(folder))
    samples = write_samples(folder)
    unix = client(folder, "unix", f"LocalSocket {folder}/s\n")
    tcp = client(folder, "tcp", f"TCPSocket {port}\nTCPAddr 127.0.0.1\n")
    with Assayd(folder, text=text) as assayd:
        for conf, way in ((unix, "--stream"), (unix, "--fdpass"),
                          (tcp, "--stream")):
            for path, wanted in samples.items():
                status, said = clamdscan(conf, way, str(path))
                check(f"{way} {path.name}: {said}", status, wanted)
                if wanted == 1:
                    check_in("name", "Eicar-Test-Signature", said)
            for more in ((), ("--multiscan",)):
                status, said = clamdscan(conf, way, *more,
                                         str(folder / "samples"))
                check(f"{way} folder {more}: {said}", status in (1, 2), True)
                check(f"infected: {said}", said.count(" FOUND"), 3)
            status, said = clamdscan(conf, "--stream", "-", input="hello\n")
            check(f"standard input: {said}", status, 0)
        check("stop", assayd.stop(), 0)


def test_stream_that_the_client_cuts_is_refused(folder):
    """With defaults on both sides. What clamdscan leaves out, nobody has seen."""
    unix = client(folder, "unix", f"LocalSocket {folder}/s\n")
    sample = folder / "sample"
    with sample.open("wb") as file:
        file.truncate(100 << 20)
        file.seek(0, os.SEEK_END)
        file.write(EICAR)
    with Assayd(folder, text=base.listener() + base.engine(folder)) as assayd:
        status, said = clamdscan(unix, "--stream", str(sample))
        check(f"status: {said}", status, 2)
        check_in("why", "larger than max_size", said)
        check("stop", assayd.stop(), 0)


def test_paths_are_refused(folder):
    """Without --stream and --fdpass it wants a file opened by its name."""
    samples = write_samples(folder)
    unix = client(folder, "unix", f"LocalSocket {folder}/s\n")
    with Assayd(folder, text=base.listener() + base.engine(folder)) as assayd:
        for path in samples:
            status, said = clamdscan(unix, str(path))
            check(f"{path.name}: {said}", status, 2)
            check_in("why", "Assay opens no files of its clients", said)
        check("stop", assayd.stop(), 0)


def test_version_and_ping(folder):
    unix = client(folder, "unix", f"LocalSocket {folder}/s\n")
    with Assayd(folder, text=base.listener() + base.engine(folder)) as assayd:
        status, said = clamdscan(unix, "--version")
        check("status", status, 0)
        check_in("version", "Assay ", said)
        status, said = clamdscan(unix, "--ping", "3:1")
        check(f"ping: {said}", status, 0)
        status, said = clamdscan(unix, "--reload")
        check(f"reload: {said}", status == 0 and "Assay" not in said, False)
        check("stop", assayd.stop(), 0)


def test_server_that_is_away(folder):
    unix = client(folder, "unix", f"LocalSocket {folder}/s\n")
    sample = pathlib.Path(folder) / "sample"
    sample.write_bytes(CLEAN_MAIL)
    check("status", clamdscan(unix, "--stream", str(sample))[0], 2)


if __name__ == "__main__":
    if not CLAMDSCAN or not base.CLAMAV:
        print("skipped: clamdscan is not installed, or no engine clamav")
        sys.exit(base.SKIPPED)
    sys.exit(run_tests(globals()))
