#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay check, help, version and the command line itself."""

import re
import unittest

import cli

# A line of conf/assay.conf that offers an option or a stanza.
OFFER = re.compile(r"""^(\s*)\#(\s+)(\w+\ =\ \S+ | Listen\ "\S+" |
                       \w+(\ "\w+")?\ \{\}? | \})$""", re.X)
# What it shows of the configuration of Postfix.
NOT_OURS = re.compile(r"smtpd_milters|milter_default_action")


class Check(cli.CliTest):
    """The texts of validate_config (WU-08), and exit status."""

    def test_valid(self):
        for quiet in ("-q", "--quiet"):
            run = self.run_assay("check", quiet, "-c", "assay.conf", status=0)
            self.assertEqual(run.out, "Configuration valid\n")
            self.assertEqual(run.err, "")

    def test_valid_shows_the_policy(self):
        self.configure("  on_timeout = tempfail\n  error_code = 454")
        run = self.run_assay("check", "-c", "assay.conf", status=0)
        lines = run.out.splitlines()
        self.assertEqual(lines[0], "Configuration valid")
        for line in (
                "  infected       550     action = reject",
                "  encrypted      pass    on_encrypted = pass",
                "  timeout        454     on_timeout = tempfail, "
                "error_code = 454",
                "  overload       454     action = reject, error_code = 454"):
            self.assertIn(line, lines)
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_shipped_example(self):
        """As it is, and with all that it offers in comments."""
        example = (cli.SOURCE / "conf/assay.conf").read_text().replace(
            "/var/lib/assay/tmp", str(self.folder))
        lines = [line if NOT_OURS.search(line) else OFFER.sub(r"\1\2\3", line)
                 for line in example.splitlines()]
        everything = "\n".join(lines)
        for option in ("Control_Listener {", "Virus_Headers = true",
                       'ThreadPool "CPU" {', "mime_decompose = true",
                       "paranoid = true", "daemon = "):
            self.assertRegex(everything, rf"(?m)^ *{re.escape(option)}")
        for text in (example, everything):
            self.put("example.conf", text.encode())
            run = self.run_assay("check", "-qc", "example.conf", status=0)
            self.assertEqual((run.out, run.err), ("Configuration valid\n", ""))

    UPGRADE_REFUSED = (
        "Your config is not valid; please edit it before retrying the "
        "upgrade. You can use the ./validate_config script to check your "
        "configuration.\n")

    def configure_missing_module(self):
        self.put("assay.conf", (
            b'clamav { }\nacmescan { }\nantivirus "av" {\n'
            b'  clamav "clamav1" { signatures = "db" }\n'
            b'  acmescan "acmescan1" { }\n}\n'))

    def test_missing_module_is_named_with_its_place(self):
        """AV-07; AV-33: nothing on standard output, as the original, but
        never silent."""
        self.configure_missing_module()
        for quiet in ([], ["-q"]):
            run = self.run_assay("check", *quiet, "-c", "assay.conf", status=1)
            self.assertEqual(run.out, "")
            self.assertTrue(run.err.startswith(
                "assay.conf:2:1: error: 'acmescan' is not a valid scope name in "
                "scope 'Global'\nacmescan { }\n^~~~~~~~\n"
                "engines and policy languages are looked for in "), run.err)
            self.assertTrue(
                run.err.endswith("\nassay: assay.conf: 1 error\n"), run.err)

    def test_upgrade_says_what_to_do(self):
        """AV-32: the two sentences, exactly, and where to look."""
        self.configure_missing_module()
        for words in (["--upgrade"], ["--upgrade", "-q"], ["-q", "--upgrade"]):
            run = self.run_assay("check", *words, "-c", "assay.conf", status=1)
            self.assertEqual(run.out, self.UPGRADE_REFUSED)
            self.assertIn("assay.conf:2:1: error: 'acmescan'", run.err)

    def test_upgrade_of_a_valid_configuration(self):
        run = self.run_assay("check", "--upgrade", "-c", "assay.conf",
                             status=0)
        self.assertEqual((run.out, run.err), ("Configuration valid\n", ""))
        run = self.run_assay("check", "--upgrade", "-c", "none.conf", status=1)
        self.assertEqual(run.out, "No configuration found\n")

    def test_stanza_of_the_daemon_is_known(self):
        for listen in ('Listen = "unix:/run/x.sock"',
                       'Listen "unix:/run/x.sock"'):
            self.configure(rest=f"Milter_Listener {{ {listen} }}")
            self.run_assay("check", "-c", "assay.conf", status=0)

    def test_missing(self):
        run = self.run_assay("check", "-c", "none.conf", status=1)
        self.assertEqual(run.out, "No configuration found\n")
        self.assertTrue(run.err.startswith("assay: none.conf: "), run.err)

    def test_all_errors_with_place_and_suggestion(self):
        self.configure("  acton = \"reject\"\n  timeout = \"soon\"")
        run = self.run_assay("check", "-c", "assay.conf", status=1)
        self.assertEqual(run.out, "")
        self.assertIn("assay.conf:3:3: error: ", run.err)
        self.assertIn("action", run.err)
        self.assertIn("assay.conf:4:", run.err)
        self.assertIn("\nassay: assay.conf: 2 errors\n", run.err)

    def test_warning_does_not_fail(self):
        text = (self.folder / "assay.conf").read_text()
        self.put("assay.conf", text.replace("clamav { }\n", "").encode())
        run = self.run_assay("check", "-qc", "assay.conf", status=0)
        self.assertEqual(run.out, "Configuration valid\n")
        self.assertIn("warning: ", run.err)

    def test_folder_is_not_a_configuration(self):
        self.run_assay("check", "-c", "db", status=1)


class Usage(cli.CliTest):
    """Wrong usage exits with 64 and says why."""

    def test_wrong_usage(self):
        for words, text in (
                ((), "Usage: assay COMMAND"),
                (("scna",), 'unknown command "scna"; did you mean "scan"?'),
                (("help", "chek"), 'did you mean "check"?'),
                (("frobnicate",), 'assay: unknown command "frobnicate"\n'),
                (("check", "x"), 'assay: unexpected argument "x"'),
                (("check", "--bogus"), "assay: unrecognized option"),
                (("scan",), "assay: no path to scan"),
                (("scan", "-j", "0", "x"), "assay: --jobs takes a number"),
                (("scan", "-j", "9x", "x"), "assay: --jobs takes a number"),
                (("scan", "-c"), "assay: option requires an argument")):
            with self.subTest(words=words):
                run = self.run_assay(*words, status=64)
                self.assertEqual(run.out, "")
                self.assertIn(text, run.err)

    def test_help_and_version(self):
        for words in (("--help",), ("help",), ("help", "scan"),
                      ("scan", "--help"), ("check", "-h")):
            with self.subTest(words=words):
                run = self.run_assay(*words, status=0)
                self.assertIn("Usage: assay ", run.out)
                self.assertEqual(run.err, "")
        run = self.run_assay("--version", status=0)
        self.assertRegex(run.out, r"^assay \d+\.\d+\.\d+\n$")

    def test_output_that_cannot_be_written_fails(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            run = cli.subprocess.run([cli.ASSAY, "help"], stdout=full,
                                     stderr=cli.subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"assay: cannot write to standard output", run.stderr)


if __name__ == "__main__":
    unittest.main()
