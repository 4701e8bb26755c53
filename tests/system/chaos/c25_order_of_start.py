#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C25: assayd starts, or is told to reload, while something that its engine
needs is not there: signatures, file_base, the scanner program, or the right to
run it. The error says what; a running assayd goes on as it was; when the thing
is there the same reload works."""

import subprocess
import sys

import chaos  # first: it finds the others
import scanners
from assayd import ASSAY, PATIENCE_S, check, check_in, configure, run_tests
from mail_load import ACCEPTED, TEMPFAILED, send_one


def start_refused(program, folder, text):
    done = subprocess.run([program, "-c", configure(folder, text)],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE_S, check=False)
    check(f"status ({done.stderr})", done.returncode != 0, True)
    return done.stderr


def reload_refused(folder):
    done = subprocess.run(
        [ASSAY, "console", "-s", f"{folder}/sc", "config reload"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    check("refused", done.returncode != 0, True)
    return done.stdout + done.stderr


def endure(folder, text, take, give, sentence, program=scanners.ASSAYD,
           meanwhile=ACCEPTED):
    """The start; then a reload to it.
    @param meanwhile  what becomes of a mail that is clean"""
    take()
    check_in("why", sentence, start_refused(program, folder, text))
    give()
    with scanners.Host(folder, text, program=program) as host:
        take()
        # Another engine is opened: a limit of it has changed.
        configure(folder, text.replace("timeout = 10", "timeout = 11"))
        check_in("why", sentence, reload_refused(folder))
        check("state", host.scanner()["state"], "running")
        check("mail", send_one(folder, scanners.deed_mail(mark="old"))[0],
              meanwhile)
        give()
        chaos.console(folder, "config reload")
        chaos.check_refused(folder, 2)
        check("state", host.scanner()["state"], "running")
        host.check_end()


def test_c25_signatures(folder):
    signatures = folder / "signatures"

    def give():
        signatures.mkdir()
        (signatures / "test.ndb").write_bytes(
            (chaos.SIGNATURES / "demo.ndb").read_bytes())

    text = chaos.configuration(chaos.folder_in(folder), "timeout = 10")
    endure(folder, text.replace(str(chaos.SIGNATURES), str(signatures)),
           lambda: chaos.remove_tree(signatures), give,
           f"{signatures}")


def test_c25_no_signature_in_the_folder(folder):
    signatures = chaos.folder_in(folder, "signatures")
    file = signatures / "test.ndb"
    text = chaos.configuration(chaos.folder_in(folder), "timeout = 10")
    endure(folder, text.replace(str(chaos.SIGNATURES), str(signatures)),
           lambda: file.unlink(missing_ok=True),
           lambda: file.write_bytes(
               (chaos.SIGNATURES / "demo.ndb").read_bytes()),
           "has no signature files")


def test_c25_file_base(folder):
    base, aside = folder / "base", folder / "aside"
    aside.mkdir(mode=0o700)

    def take():
        if base.exists():
            base.rename(aside)

    endure(folder, chaos.configuration(base, "timeout = 10"), take,
           lambda: aside.rename(base), f"{base}", meanwhile=TEMPFAILED)


def test_c25_program(folder):
    """It is missing; it may not be run."""
    program = scanners.copy_of_assayd(folder)
    scanner = program.parents[1] / "libexec/assay-scanner"
    aside = scanner.with_name("aside")
    text = chaos.configuration(chaos.folder_in(folder), "timeout = 10")
    endure(folder, text, lambda: scanner.rename(aside),
           lambda: aside.rename(scanner),
           "the scanner program cannot be run: No such file", program)
    endure(folder, text, lambda: scanner.chmod(0o644),
           lambda: scanner.chmod(0o755),
           "the scanner program cannot be run: Permission denied", program)


def test_c25_program_of_nothing(folder):
    """It can be run, but it is no program."""
    program = scanners.copy_of_assayd(folder)
    scanner = program.parents[1] / "libexec/assay-scanner"
    good = scanner.read_bytes()

    def write(data):
        scanner.unlink()
        scanner.write_bytes(data)
        scanner.chmod(0o755)

    endure(folder, chaos.configuration(chaos.folder_in(folder),
                                       "timeout = 10"),
           lambda: write(b""), lambda: write(good), "assay-scanner", program)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
