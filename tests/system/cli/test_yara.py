#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The yara engine in scanner processes: assay scan with the demo rules, and
assayd whose rules change while it runs."""

import pathlib
import sys
import tempfile
import unittest

import cli

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import assayd  # noqa: E402

DEMO = cli.SOURCE / "conf/demo-yara"
ASSAYD = cli.BUILD / "bin/assayd"
SCOPE = """
Signature_Check_Interval = 1
yara {{ }}
antivirus "av" {{
  isolation = process
  timeout = 60
  {options}
  yara "yara1" {{ rules = "{rules}" {engine_options} }}
}}
"""
RULE = 'rule {} {{ strings: $a = "evil words" condition: $a }}\n'
# An office document of the old format, as far as the rule looks.
MACRO = (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) +
         "_VBA_PROJECT".encode("utf-16-le") + b" AutoOpen CreateObject ")
ZIP = b"PK\3\4" + bytes(26) + b"word/vbaProject.bin"


def scope(rules, options="", engine_options=""):
    return SCOPE.format(rules=rules, options=options,
                        engine_options=engine_options)


class Scan(cli.CliTest):
    """assay scan."""

    def configure(self, options="", engine_options="", rest="", rules=DEMO):
        self.put("assay.conf",
                 (scope(rules, options, engine_options) + rest).encode())

    def test_demo_rules(self):
        """What a rule looks for lies in an attachment, in base64."""
        self.put("m/clean.eml", cli.mail(b"nothing"))
        self.put("m/eicar.eml", cli.mail(cli.EICAR))
        self.put("m/macro.eml", cli.mail(MACRO))
        self.put("m/zip.eml", cli.mail(ZIP))
        lines = self.scan("m", status=1).out.splitlines()
        for line, want in zip(lines, (
                r"clean\.eml: +clean +yara$",
                r"eicar\.eml: +infected +Eicar-Test-Signature +yara$",
                r"macro\.eml: +infected +Office\.Macro\.AutoStart +yara$",
                r"zip\.eml: +infected +Office\.Macro +yara$")):
            self.assertRegex(line, want)

    def test_severity(self):
        self.configure(engine_options="min_severity = 50")
        self.put("zip.eml", cli.mail(ZIP))
        self.put("macro.eml", cli.mail(MACRO))
        self.scan("zip.eml", status=0)
        self.scan("macro.eml", status=1)

    def test_mime_decompose(self):
        self.configure("mime_decompose = true\n"
                       f'  file_base = "{self.folder}"')
        self.put("eicar.eml", cli.mail(cli.EICAR))
        self.put("clean.eml", cli.mail(b"nothing"))
        self.scan("eicar.eml", status=1)
        self.scan("clean.eml", status=0)

    def test_broken_rules_are_told_with_their_place(self):
        self.put("rules/good.yar", RULE.format("Good").encode())
        self.put("rules/one.yar", b"rule One {\n  condition: tru\n}\n")
        self.put("rules/two.yar", b"rule Two {\n\n  condition: fals\n}\n")
        self.configure(rules="rules")
        self.put("clean.eml", cli.mail())
        run = self.scan("clean.eml", status=2)
        self.assertIn("one.yar:2: undefined identifier 'tru' (and 1 more "
                      "errors, see the log)", run.err)
        self.assertIn('file="two.yar" line=3 reason="undefined identifier '
                      "'fals'\"", run.err)

    def test_rules_have_to_be_named(self):
        self.put("assay.conf", b'yara { }\nantivirus "av" { yara "y" { } }\n')
        run = self.run_assay("check", "-c", "assay.conf", status=1)
        self.assertIn("option 'rules' is required", run.err)

    def test_too_many_matches_are_unscannable(self):
        self.put("rules/a.yar", b'rule many { strings: $a = "aa" condition: '
                 b'#a > 100000000 }')
        self.configure(rules="rules")
        self.put("many.eml", cli.mail(b"a" * 1_100_000))
        out = self.scan("many.eml", status=2).out
        self.assertRegex(out, r"many\.eml: +unscannable .*too many matches")


class Daemon(unittest.TestCase):
    """assayd."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-yara-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "rules").mkdir()
        self.write("a.yar", RULE.format("First"))

    def write(self, name, text):
        """All at once, as an editor does it."""
        aside = self.folder / "aside"
        aside.write_text(text)
        aside.rename(self.folder / "rules" / name)

    def test_rules_change_while_it_runs(self):
        text = assayd.LISTENER + scope(self.folder / "rules")
        with assayd.Assayd(self.folder, text=text) as daemon:
            self.assertIn(b"First", self.answer(b"evil words\r\n"))
            self.write("b.yar", RULE.format("Second").replace("evil", "bad"))
            daemon.wait_log("engine.signatures ")
            self.assertIn(b"Second", self.answer(b"bad words\r\n"))
            self.write("a.yar", "rule First { condition: tru }")
            daemon.wait_log("engine.signatures_failed")
            self.assertIn("a.yar:1: undefined identifier 'tru'",
                          daemon.log.read_text())
            self.assertIn(b"First", self.answer(b"evil words\r\n"))
            self.assertEqual(self.answer(b"good words\r\n"), b"")
            self.assertEqual(daemon.stop(), 0)

    def answer(self, body):
        """The reply to a mail; nothing when it is accepted."""
        mta = assayd.Mta(self.folder)
        try:
            mta.connect()
            letter, text = mta.message(body)
        finally:
            mta.close()
        self.assertIn(letter, (b"y", b"c"))
        return text


if __name__ == "__main__":
    unittest.main()
