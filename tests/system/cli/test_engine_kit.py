#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay engine test: good engines pass, and each broken promise is found by
the check that is there for it, and by no other."""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest
import uuid

import cli

ENGINES = cli.BUILD / "tests/engines"
TEMPLATE = cli.SOURCE / "sdk/engine-template"
SANITIZED = "ASSAY_SANITIZE:STRING=\n" not in (
    cli.BUILD / "CMakeCache.txt").read_text()

# Deed of tests/support/hostile_engine.c -> the check that finds it, and what
# it says.
DEEDS = {
    "open_fails": ("open", "open says unavailable: out of spite"),
    "open_null": ("open", "gives no instance"),
    "segv": ("scan", "during the scan of a small mail"),
    "abort": ("scan", "during the scan of a small mail"),
    "term": ("scan", "SIGTERM"),
    "exit": ("scan", "ended with exit status 0"),
    "blind": ("scan", "it could not look: FAULT, reason unavailable"),
    "stack": ("scan", "during the scan of a small mail"),
    "empty": ("contents", "an empty mail, data NULL"),
    "long_name": ("contents", "with a name of 4000 characters"),
    "write": ("walls", "it writes to a content"),
    "overread": ("walls", "it reads beyond the end of a content"),
    "underread": ("walls", "it reads in front of a content"),
    "partial": ("finding", "NOTHING, but of "),
    "nameless": ("finding", "THREAT without a name"),
    "no_reason": ("finding", "UNSCANNABLE without a reason"),
    "unterminated": ("finding", "scan_code is not terminated"),
    "overrun": ("finding", "during the scan of a small mail"),
    "odd_found": ("finding", "found is none of the values"),
    "huge": ("huge", "during the scan of a huge file"),
    "hang": ("deadline", "no end within 1000 ms after the deadline"),
    "blind_late": ("deadline", "after the deadline: NOTHING"),
    "race": ("threads", "beside others"),
    "sees_ghosts": ("clean", "THREAT: Ghost"),
    "blind_threat": ("infected", "NOTHING"),
    "no_parts": ("infected", "threat.bin, attached to a mail: NOTHING"),
    "blind_locked": ("unscannable", "NOTHING"),
    "probe": ("probe", "probe fails: blind"),
    "epoch_empty": ("epoch", "empty"),
    "epoch_odd": ("epoch", "not printable"),
    "epoch_changes": ("epoch", "is another"),
    "epoch_overrun": ("epoch", "with a buffer of 16 bytes"),
    "version_odd": ("version", "not printable"),
    "refresh": ("refresh", "refresh fails: no signatures"),
    "refresh_lies": ("refresh", "says changed, and the epoch is the same"),
    "newer_changes": ("newer", "two numbers for one set"),
    "flags_change": ("settings", "flags are others"),
    "isolation_changes": ("settings", "isolation is another"),
    "leak_open": ("lifecycle", "memory grows: by 1"),
    "leak_open_least": ("lifecycle", "memory grows: by 32 bytes in each of "),
    "leak_open_fd": ("lifecycle", "descriptors grow: "),
    "leak_open_thread": ("lifecycle", "threads grow: "),
    "leak_open_file": ("lifecycle", "files in its folder"),
    "leak_failed_open": ("no-descriptors", "memory grows: by 1"),
    "open_silent": ("no-descriptors", "does not say why"),
    "leak": ("leaks", "memory grows: by "),
    "leak_map": ("leaks", "mapped memory grows: by "),
    "leak_fd": ("leaks", "descriptors grow: "),
    "leak_thread": ("leaks", "threads grow: "),
    "leak_child": ("leaks", "a child process is left"),
    "leak_daemon": ("leaks", "a child process is left"),
    "lock": ("killed", "File exists"),
    "forked": ("forked", "forked fails: no folder"),
    "fork_blind": ("forked", "the scan says FAULT there"),
    "print": ("streams", 'it prints "hello"'),
    "mask": ("process", "the signal mask: SIGUSR1"),
    "handler": ("process", "the handler of SIGPIPE"),
    "umask": ("process", "the umask from "),
    "chdir": ("process", "the working directory to /"),
    "locale": ("process", "the locale to C.UTF-8"),
    "environment": ("process", "the environment"),
    "inherit": ("descriptors", "(/dev/zero)"),
}
# What allocators of sanitizers do not tell, or find themselves elsewhere.
NOT_SANITIZED = {"leak", "leak_map", "leak_open", "leak_open_least",
                 "leak_failed_open"}
# Runs at once: many of them wait for a thread or a process that never ends.
AT_ONCE = 6


def with_mark(mark):
    """Other processes that have this in their environment, and run."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if int(entry.parent.name) != os.getpid() and \
                    mark.encode() in entry.read_bytes().split(b"\0"):
                found.append(entry.parent.name)
        except OSError: # ended, or of another user
            pass
    return found


class Kit(cli.CliTest):
    """The kit over engines of the tests."""

    def setUp(self):
        super().setUp()
        self.put("threat.bin", b"a hostile-threat\n")
        self.put("locked.bin", b"a hostile-locked\n")
        self.put("clean.bin", b"all is harmless\n")
        self.files = ["--infected", "threat.bin", "--clean", "clean.bin",
                      "--unscannable", "locked.bin"]

    def kit(self, module, *words, status=0):
        return self.run_assay("engine", "test", str(module), *words,
                              status=status)

    def test_remote_engine_is_not_asked_to_fork(self):
        run = self.kit(ENGINES / "remote.so", "--check", "forked")
        self.assertRegex(run.out, r"(?m)^skipped  forked .*: a remote engine "
                                  r"is not isolated$")

    def failed(self, run):
        """Name -> line of the checks that failed."""
        return {line.split()[1]: line for line in run.out.splitlines()
                if line.startswith("FAILED")}

    def test_good_engine_passes_all(self):
        run = self.kit(ENGINES / "hostile.so", *self.files)
        self.assertIn("\n26 checks: 26 ok, 0 failed, 0 skipped\n", run.out)
        self.assertEqual(run.err, "")

    def test_template_passes(self):
        run = self.kit(ENGINES / "skeleton.so",
                       "--infected", str(TEMPLATE / "threat.eml"),
                       "--clean", str(TEMPLATE / "clean.eml"))
        self.assertIn("\nok       infected ", run.out)
        self.assertIn(", 0 failed, ", run.out)

    def test_engine_for_processes_passes(self):
        run = self.kit(ENGINES / "process.so", *self.files)
        self.assertIn("\nskipped  threads ", run.out)
        self.assertIn(" 24 ok, 0 failed, 2 skipped\n", run.out)

    def one_deed(self, deed):
        # The default sizes are those of the run of the good engine.
        words = ["-o", f"deed={deed}", "--grace", "1000", "--huge", "4"]
        if deed in ("leak_fd", "leak_thread"):
            words += ["--rounds", "2"]
        return self.kit(ENGINES / "hostile.so", *words, *self.files,
                        status=None)

    def test_every_broken_promise_is_found_by_its_check(self):
        deeds = [deed for deed in DEEDS
                 if not (SANITIZED and deed in NOT_SANITIZED)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            runs = list(pool.map(self.one_deed, deeds))
        for deed, run in zip(deeds, runs):
            check, text = DEEDS[deed]
            with self.subTest(deed=deed):
                self.assertEqual(run.returncode, 1, run.out + run.err)
                failed = self.failed(run)
                self.assertEqual(list(failed), [check], failed)
                self.assertIn(text, failed[check])

    @unittest.skipIf(SANITIZED, "the allocator does not tell")
    def test_cache_of_the_allocator_is_no_leak(self):
        """glibc keeps freed chunks for each thread; once that was taken for
        memory that grows."""
        run = self.kit(ENGINES / "hostile.so", "-o", "deed=settles",
                       "--check", "lifecycle", status=0)
        self.assertIn(": 30 rounds\n", run.out)

    def test_allocator_that_the_user_set_up_stays(self):
        os.environ["GLIBC_TUNABLES"] = "glibc.malloc.tcache_count=3"
        self.addCleanup(os.environ.pop, "GLIBC_TUNABLES")
        self.kit(ENGINES / "hostile.so", "--check", "lifecycle", status=0)

    def test_every_deed_is_tried(self):
        source = (cli.SOURCE / "tests/support/hostile_engine.c").read_text()
        listed = source[source.index("#define DEEDS"):source.index("enum deed")]
        listed = re.sub(r"[\s\\]", "", listed)
        self.assertEqual(set(re.findall(r"X\((\w+)\)", listed)),
                         set(DEEDS) | {"none", "settles"})

    @unittest.skipIf(SANITIZED, "its own checks of memory come first")
    def test_death_in_a_worker_is_told(self):
        run = self.kit(ENGINES / "process.so", "-o", "deed=segv", status=1)
        self.assertEqual(list(self.failed(run)), ["scan"])
        self.assertIn("SIGSEGV", run.out)

    def test_nothing_is_left(self):
        """No temporary file, and no process, of which some hang."""
        folder = self.folder / "tmp"
        folder.mkdir()
        os.environ["TMPDIR"] = str(folder)
        self.addCleanup(os.environ.pop, "TMPDIR")
        mark = f"ASSAY_TEST_MARK={uuid.uuid4()}"
        os.environ.update([mark.split("=")])
        self.addCleanup(os.environ.pop, "ASSAY_TEST_MARK")
        deeds = ("none", "leak_open_file", "segv", "hang", "leak_child",
                 "leak_daemon")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda deed: self.kit(
                ENGINES / "hostile.so", "-o", f"deed={deed}", "--grace", "500",
                status=None), deeds))
        self.assertEqual(list(folder.iterdir()), [])
        self.assertEqual(with_mark(mark), [])

    def start_one_that_hangs(self):
        """In its check of deadlines; @return it and its TMPDIR"""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        run = subprocess.Popen(
            [cli.ASSAY, "engine", "test", ENGINES / "hostile.so", "-o",
             "deed=hang", "--grace", "600000", "--patience", "86400",
             "--check", "load", "--check", "deadline"],
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        # The first check has gone by: its folders are there.
        while not list(folder.glob("*/*")):
            self.assertIsNone(run.poll())
        return run, folder

    def test_interrupt_ends_it_in_good_order(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                run, folder = self.start_one_that_hangs()
                run.send_signal(number)
                run.communicate(timeout=cli.PATIENCE_S)
                self.assertEqual(run.returncode, -number)
                self.assertEqual(list(folder.iterdir()), [])

    def test_reader_that_leaves_ends_it_in_good_order(self):
        folder = self.folder / "tmp"
        folder.mkdir()
        ours, theirs = os.pipe()
        os.close(ours)
        self.addCleanup(os.close, theirs)
        run = subprocess.run(
            [cli.ASSAY, "engine", "test", ENGINES / "hostile.so"],
            env={**os.environ, "TMPDIR": str(folder)}, stdout=theirs,
            stderr=subprocess.PIPE, check=False, timeout=cli.PATIENCE_S)
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"cannot write to standard output", run.stderr)
        self.assertEqual(list(folder.iterdir()), [])

    def test_constructor_is_run_here(self):
        """So `engine info`, which leaves no mark, does not load."""
        mark = self.folder / "constructed"
        os.environ["HOSTILE_CONSTRUCTOR"] = str(mark)
        self.addCleanup(os.environ.pop, "HOSTILE_CONSTRUCTOR")
        self.kit(ENGINES / "constructor.so", "--check", "load")
        self.assertTrue(mark.exists())

    def test_json(self):
        run = self.kit(ENGINES / "hostile.so", "--json", "-o", "deed=print",
                       *self.files, status=1)
        told = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual(len(told), 26)
        self.assertEqual([check["check"] for check in told
                          if check["result"] == "failed"], ["streams"])
        self.assertIn("26 checks: 25 ok, 1 failed, 0 skipped\n", run.err)

    def test_verbose_shows_what_it_logs_and_prints(self):
        run = self.kit(ENGINES / "hostile.so", "-v", "-o", "deed=print",
                       "--check", "scan")
        self.assertIn("  output: hello\n", run.err)
        run = self.kit(ENGINES / "skeleton.so", "-v", "--check", "open")
        self.assertIn("  log: skeleton.open instance=kit1\n", run.err)

    def test_file_with_an_answer_is_a_file(self):
        os.mkfifo(self.folder / "fifo")
        for name in ("fifo", "db", "/dev/zero"):
            with self.subTest(name=name):
                run = self.kit(ENGINES / "hostile.so", "--clean", name,
                               status=64)
                self.assertIn(f"assay: {name}: is not a file\n", run.err)

    def test_check_behind_many_is_run(self):
        words = ["--check=load"] * 40 + ["--check=probe"]
        run = self.kit(ENGINES / "hostile.so", *words, status=0)
        self.assertIn("\n2 checks: 2 ok, 0 failed, 0 skipped\n", run.out)

    def test_all_wrong_options_are_told(self):
        run = self.kit(ENGINES / "hostile.so", "-o", "deed=segw", "-o",
                       "deeds=none", status=64)
        self.assertIn("did you mean 'segv'?\n", run.err)
        self.assertIn("'deeds' is not a valid option", run.err)

    def test_one_check_alone(self):
        run = self.kit(ENGINES / "hostile.so", "--check", "probe",
                       "--check", "epoch")
        self.assertEqual(len(run.out.splitlines()), 3)

    def test_options_are_checked_as_in_a_file(self):
        for words, text in (
                (("-o", "deed=segw"), "'deed': "),
                (("-o", "daed=none"), "'daed' is not a valid option in scope "
                                      "'hostile'"),
                (("-o", "deed"), "an option is written name=value"),
                (("-o", "=x"), "an option is written name=value")):
            with self.subTest(words=words):
                run = self.kit(ENGINES / "hostile.so", *words, status=64)
                self.assertEqual(run.out, "")
                self.assertIn(text, run.err)
        run = self.kit(ENGINES / "skeleton.so", "-o", "needle=", status=64)
        self.assertIn("'needle': cannot be empty", run.err)
        run = self.kit(ENGINES / "required.so", status=64)
        self.assertIn("option 'needed' is required in scope 'hostile'",
                      run.err)
        self.kit(ENGINES / "required.so", "-o", "needed=a", "--check", "open")

    def test_what_is_not_loaded_fails_the_first_check(self):
        for name, text in (("nowhere.so", "no such file"),
                           (ENGINES / "lies/minor.so", "built for engine ABI ")):
            with self.subTest(name=name):
                run = self.kit(name, status=1)
                self.assertEqual(list(self.failed(run)), ["load"])
                self.assertIn(text, run.out)
                self.assertIn("26 checks: 0 ok, 1 failed, 25 skipped\n",
                              run.out)

    def test_wrong_usage(self):
        good = str(ENGINES / "hostile.so")
        for words in ((), (good, good), ("--huge=x", good),
                      ("--patience=0", good), ("--threads=1", good),
                      ("--rounds=-1", good), ("--grace=9999999", good),
                      ("--check=nothing", good), ("--clean=nowhere", good),
                      ("--bogus", good), (good, "-o")):
            with self.subTest(words=words):
                run = self.run_assay("engine", "test", *words, status=64)
                self.assertEqual(run.out, "")
                self.assertIn("assay: ", run.err)


class Shipped(cli.CliTest):
    """The engines that come with Assay keep the promises."""

    def kit(self, module, *words):
        self.put("eicar.eml", cli.mail(cli.EICAR))
        self.put("clean.eml", cli.mail())
        self.put("eicar.com", cli.EICAR)
        run = self.run_assay(
            "engine", "test", str(cli.BUILD / "lib/assay" / module), *words,
            "--infected", "eicar.eml", "--infected", "eicar.com", "--clean",
            "clean.eml", "--rounds", "2",
            "--threads", "2", "--huge", "8", "--patience", str(cli.PATIENCE_S),
            status=0)
        self.assertIn("\nok       infected ", run.out)

    @unittest.skipUnless(
        (cli.BUILD / "lib/assay/engines/clamav.so").exists(), "not built")
    def test_clamav(self):
        self.kit("engines/clamav.so", "-o", "signatures=db")

    @unittest.skipUnless(
        (cli.BUILD / "lib/assay/engines/clamav.so").exists(), "not built")
    def test_server_that_is_down_is_told(self):
        """Nothing is tried then, so nothing is passed."""
        run = self.run_assay(
            "engine", "test", str(cli.BUILD / "lib/assay/engines/clamav.so"),
            "-o", f"daemon={self.folder}/nobody.sock", status=1)
        self.assertIn("\nFAILED   scan ", run.out)
        self.assertIn(": it could not look: FAULT, reason unavailable", run.out)

    @unittest.skipUnless(
        (cli.BUILD / "lib/assay/engines/yara.so").exists(), "not built")
    def test_yara(self):
        self.put("rules/eicar.yar", b'rule eicar { strings: $a = "STANDARD-AN"'
                                    b' base64 $b = "STANDARD-AN"'
                                    b' condition: any of them }\n')
        self.kit("engines/yara.so", "-o", "rules=rules")

    @unittest.skipUnless(
        (cli.BUILD / "lib/assay/providers/clamav.so").exists(), "not built")
    def test_csapi(self):
        provider = cli.BUILD / "lib/assay/providers/clamav.so"
        self.kit("engines/csapi.so", "-o", f"provider={provider}",
                 "-o", "definitions=db")


if __name__ == "__main__":
    unittest.main()
