#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay scan with the clamav engine: sources, lines, JSON, exit status."""

import base64
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

import cli

CLEAN = cli.mail()
INFECTED = cli.mail(cli.EICAR)
# What begins a message of an mbox.
SEPARATOR = b"From a@b.example Sun Nov 22 09:30:00 2026\n"


class Sources(cli.CliTest):
    """What a path may be."""

    def test_exit_status(self):
        self.put("clean.eml", CLEAN)
        self.put("infected.eml", INFECTED)
        self.scan("clean.eml", status=0)
        self.scan("clean.eml", "infected.eml", status=1)
        self.scan("clean.eml", "missing.eml", status=2)
        self.scan("missing.eml", "infected.eml", status=1)

    def test_line_and_summary(self):
        self.put("m/clean.eml", CLEAN)
        self.put("m/infected.eml", INFECTED)
        lines = self.scan("m", status=1).out.splitlines()
        self.assertRegex(lines[0], r"^m/clean\.eml: +clean +clamav$")
        self.assertRegex(
            lines[1], rf"^m/infected\.eml: +infected +{cli.THREAT}\S* +clamav$")
        self.assertRegex(lines[2], r"^2 messages: 1 clean, 1 infected, "
                         r"0 unscannable, 0 errors; \d+ bytes in ")
        self.assertEqual(len(lines), 3)

    def test_mbox(self):
        body = INFECTED.replace(b"\nFrom ", b"\n>From ")
        self.put("box", SEPARATOR + CLEAN + b"\n" + SEPARATOR + body +
                 b"\n" + SEPARATOR + CLEAN)
        lines = self.scan("box", status=1).out.splitlines()
        self.assertRegex(lines[0], r"^box#1: +clean")
        self.assertRegex(lines[1], r"^box#2: +infected")
        self.assertRegex(lines[2], r"^box#3: +clean")

    def test_nothing_hides_in_a_line_that_begins_like_an_mbox(self):
        self.put("m/line", b"From AAA " + cli.EICAR)
        self.put("m/lines", b"From AAA " + cli.EICAR + b"\nSubject: x\n\nx\n")
        self.put("m/long", SEPARATOR[:-1] + b" " * 1000 + cli.EICAR + b"\n")
        self.put("m/endless", b"From " + b"A" * 10_000_000 + cli.EICAR)
        run = self.scan("--json", "m", status=1)
        for found in map(json.loads, run.out.splitlines()):
            self.assertEqual(found["status"], "infected", found)

    def test_mbox_of_separators_alone_is_not_clean(self):
        self.put("box", SEPARATOR[:-1] + b" " + cli.EICAR + b"\n")
        self.assertRegex(self.scan("box", status=2).out,
                         r"^box#1: +error +input: nothing after the")

    def test_maildir(self):
        self.put("M/cur/1:2,S", CLEAN)
        self.put("M/new/2", INFECTED)
        self.put("M/tmp/3", INFECTED)
        self.put("M/dovecot.index", b"x")
        out = self.scan("M", status=1).out
        self.assertIn("2 messages: 1 clean, 1 infected", out)
        self.assertNotIn("tmp", out)

    def test_standard_input(self):
        out = self.scan("-", stdin=INFECTED, status=1).out
        self.assertRegex(out, r"^-: +infected")

    def test_standard_input_twice(self):
        run = self.scan("-", "-", stdin=INFECTED, status=64)
        self.assertEqual(run.err, 'assay: standard input ("-") can be read '
                         'only once\n')
        self.assertEqual(run.out, "")

    def test_nothing_to_scan(self):
        (self.folder / "empty").mkdir()
        run = self.scan("empty", status=64)
        self.assertEqual(run.err, "assay: nothing to scan\n")

    def test_special_files_are_skipped_with_a_word(self):
        self.put("m/clean.eml", CLEAN)
        os.mkfifo(self.folder / "m" / "pipe")
        os.symlink("..", self.folder / "m" / "up")
        run = self.scan("m", status=0)
        self.assertIn("assay: m/pipe: skipped, a FIFO\n", run.err)
        self.assertIn("assay: m/up: skipped, a symbolic link\n", run.err)
        self.assertIn("; 2 skipped;", run.out)

    def test_name_cannot_forge_a_line(self):
        name = b"m/a\nb.eml: clean\x1b[2K\xff"
        self.put("m/z", CLEAN)
        (self.folder / os.fsdecode(name)).write_bytes(INFECTED)
        run = self.scan("m", status=1)
        self.assertRegex(run.out.splitlines()[0],
                         r"^m/a\\nb\.eml: clean\\x1b\[2K\\xff: infected")

    def test_empty_file(self):
        self.put("empty.eml", b"")
        self.assertIn("1 message: 1 clean",
                      self.scan("empty.eml", status=0).out)

    def test_broken_configuration(self):
        self.put("assay.conf", b"antivirus {")
        self.put("clean.eml", CLEAN)
        run = self.scan("clean.eml", status=2)
        self.assertIn("assay.conf:1:", run.err)
        self.assertEqual(run.out, "")

    def test_engine(self):
        self.put("infected.eml", INFECTED)
        self.scan("--engine", "clamav", "infected.eml", status=1)
        run = self.scan("--engine", "nosuch", "infected.eml", status=64)
        self.assertEqual(run.err, 'assay: no engine "nosuch" is configured; '
                         'there is: clamav\n')
        self.scan("--engine", "x" * 60, "infected.eml", status=64)

    def test_log_level(self):
        self.put("clean.eml", CLEAN)
        self.assertEqual(self.scan("clean.eml", status=0).err, "")
        self.assertIn("assay: info: clamav.",
                      self.scan("-v", "clean.eml", status=0).err)


class Order(cli.CliTest):
    """Many workers, one order."""

    def test_lines_come_in_the_order_of_the_input(self):
        for i in range(200):
            self.put(f"m/{i:03}", cli.mail(b"x" * (i * 7919 % 50000)))
        lines = self.scan("-j", "8", "m", status=0).out.splitlines()
        names = [line.split(":")[0] for line in lines[:-1]]
        self.assertEqual(names, [f"m/{i:03}" for i in range(200)])

    def test_same_output_whatever_the_number_of_jobs(self):
        for i in range(20):
            self.put(f"m/{i}", INFECTED if i % 3 == 0 else CLEAN)
        runs = [self.scan("-j", jobs, "m", status=1).out.splitlines()[:-1]
                for jobs in ("1", "2", "16")]
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(runs[0], runs[2])


class Json(cli.CliTest):
    """One object a line, and nothing else on standard output."""

    KEYS = ["path", "status", "reason", "info", "engine", "scope", "scan_code",
            "epoch", "elapsed_ms", "coverage"]
    COVERAGE = ["bytes_seen", "bytes_total", "parts_seen", "parts_total",
                "limits", "members_unopened"]

    def scan_json(self, *words, status):
        run = self.scan("--json", *words, status=status)
        self.assertRegex(run.err, r"messages?: ")
        return [json.loads(line) for line in run.out.splitlines()]

    def test_full_verdict(self):
        self.put("m/clean.eml", CLEAN)
        self.put("m/infected.eml", INFECTED)
        clean, infected = self.scan_json("m", status=1)
        for found in (clean, infected):
            self.assertEqual(list(found), self.KEYS)
            self.assertEqual(list(found["coverage"]), self.COVERAGE)
            self.assertEqual(found["engine"], "clamav")
            self.assertEqual(found["scope"], "av")
            self.assertNotEqual(found["epoch"], "")
        self.assertEqual(clean["path"], "m/clean.eml")
        self.assertEqual(clean["status"], "clean")
        self.assertEqual(clean["coverage"]["bytes_seen"], len(CLEAN))
        self.assertEqual(clean["coverage"]["bytes_total"], len(CLEAN))
        self.assertEqual(infected["status"], "infected")
        self.assertTrue(infected["info"].startswith(cli.THREAT))

    def test_unreadable(self):
        found, = self.scan_json("missing", status=2)
        self.assertEqual(found["status"], "error")
        self.assertEqual(found["reason"], "input")
        self.assertEqual(found["info"], "No such file or directory")

    def test_name_that_is_not_utf8(self):
        (self.folder / os.fsdecode(b"\xff\n")).write_bytes(CLEAN)
        found, = self.scan_json(os.fsdecode(b"\xff\n"), status=0)
        self.assertEqual(found["path"], "\ufffd\n")


class Large(cli.CliTest):
    """200 MB, and lines without an end."""

    MEGABYTE = 1 << 20

    def write_large(self, name, line):
        path = self.folder / name
        with open(path, "wb") as out:
            out.write(b"From: a@b\nSubject: x\n\n")
            block = (line * (self.MEGABYTE // len(line) + 1))[:self.MEGABYTE]
            for _ in range(200):
                out.write(block)
            out.write(b"\n" + cli.EICAR + b"\n")

    def test_large_message_is_never_clean(self):
        self.write_large("large.eml", b"a line of text\n")
        self.configure("  timeout = 500")  # also for a sanitizer, and busy
        run = self.scan("--json", "large.eml")
        found = json.loads(run.out)
        self.assertIn(run.returncode, (1, 2))
        self.assertIn(found["status"], ("infected", "unscannable"))

    def test_one_endless_line(self):
        self.write_large("line.eml", b"x")
        run = self.scan("line.eml")
        self.assertIn(run.returncode, (1, 2))


class Interrupt(cli.CliTest):
    """SIGINT ends in good order: a summary, no line cut, the signal itself."""

    def start(self, *words, **options):
        run = subprocess.Popen(
            [cli.ASSAY, "scan", "-c", "assay.conf", *words], cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.kill)
        return run

    def test_while_scanning(self):
        filler = base64.encodebytes(os.urandom(30000))
        for i in range(3000):
            self.put(f"m/{i:04}", cli.mail(filler))
        run = self.start("-j", "2", "m")
        first = run.stdout.readline() + run.stdout.readline()
        run.send_signal(signal.SIGINT)
        lines = (first + run.stdout.read()).decode().splitlines()
        self.assertEqual(run.stderr.read(), b"")
        run.wait(timeout=cli.PATIENCE_S)
        self.assertEqual(run.returncode, -signal.SIGINT)
        self.assertRegex(lines[-1], rf"^interrupted after {len(lines) - 1} "
                         "messages: ")
        self.assertLess(len(lines), 3000)

    def test_while_waiting_for_input(self):
        ours, theirs = os.pipe()
        run = self.start("-v", "-", stdin=ours)
        os.close(ours)
        run.stderr.readline()  # signatures are loaded
        # Whether it waits already cannot be seen; both ways must end.
        run.send_signal(signal.SIGTERM)
        out = run.stdout.read()
        run.wait(timeout=cli.PATIENCE_S)
        os.close(theirs)
        self.assertEqual(run.returncode, -signal.SIGTERM)
        self.assertRegex(out, rb"^(|interrupted after 0 messages: [^\n]*\n)$")


class Progress(cli.CliTest):
    """The bar: on a terminal only, after a second only, gone at the end."""

    def test_bar_on_a_terminal(self):
        control, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 70, 0, 0))
        ours, theirs = os.pipe()
        with subprocess.Popen(
                [cli.ASSAY, "scan", "-c", "assay.conf", "-"], cwd=self.folder,
                stdin=ours, stdout=subprocess.PIPE, stderr=terminal) as run:
            os.close(ours)
            os.close(terminal)
            shown = self.feed_until_bar(theirs, control)
            os.close(theirs)
            out = run.stdout.read()
            run.wait(timeout=cli.PATIENCE_S)
            shown += self.drain(control)
        os.close(control)
        self.assertRegex(shown, rb"\r?\d+ messages, \d+\.\d MB, \d+\.\d MB/s")
        self.assertRegex(shown, rb"\r *\r$")
        self.assertEqual(run.returncode, 0)
        self.assertNotIn(b"MB/s", out)

    def feed_until_bar(self, pipe, control):
        """Messages until the bar appears; it comes after a second."""
        end = time.monotonic() + cli.PATIENCE_S
        shown = b""
        os.write(pipe, SEPARATOR + b"\nhello\n")
        while b"MB/s" not in shown and time.monotonic() < end:
            os.write(pipe, b"\n" + SEPARATOR + b"\nhello\n")
            if select.select([control], [], [], 0.05)[0]:
                shown += os.read(control, 4096)
        return shown

    def drain(self, control):
        shown = b""
        try:
            while select.select([control], [], [], 0)[0]:
                shown += os.read(control, 4096)
        except OSError:  # how Linux tells that the other side is closed
            pass
        return shown


if __name__ == "__main__":
    unittest.main()
