#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay activefilter: list, print and take what ActiveFilter tells (CM-32)."""

import json
import os
import sqlite3
import time
import unittest

import cli

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<activefilter xmlns="urn:assay:activefilter:1" version="1" type="{type}" \
id="{id}" revision="0" time="2026-11-30T07:00:00Z" threshold="80" \
score="12.5" judgement="ham" action="none">
  <mode name="keep"/>
  <recipients>
    <recipient id="{id}-0" address="caf\u00e9@b.example">
      <data key="address">caf\u00e9@b.example</data>
    </recipient>
  </recipients>
</activefilter>
"""


class ActiveFilter(cli.CliTest):
    """A mailbox as ActiveFilter leaves it."""

    def setUp(self):
        super().setUp()
        self.box = self.folder / "mail" / "msi.local" / "msi"
        for name in ("tmp", "new", "cur"):
            (self.box / name).mkdir(parents=True)
        self.state = self.folder / "state"
        self.state.mkdir(mode=0o700)
        self.put("assay.conf", (
            "cloudmark {\n  enabled = false\n  backend = spamd\n"
            f"  activefilter_state = \"{self.state}\"\n}}\n").encode())

    def remember(self, mailbox):
        """The database, as far as others look at it."""
        database = sqlite3.connect(self.state / "activefilter.db")
        database.execute("CREATE TABLE setting "
                         "(name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        database.execute("INSERT INTO setting VALUES ('mailbox', ?)",
                         (str(mailbox),))
        database.execute("PRAGMA user_version = 1")
        database.commit()
        database.close()

    def tell(self, name, kind="registration", ident="R1"):
        """A mail in new/. @return its document"""
        text = DOCUMENT.format(type=kind, id=ident)
        (self.box / "new" / name).write_bytes(
            b"Content-Type: text/xml; charset=utf-8\n"
            b"Content-Transfer-Encoding: 8bit\n\n" + text.encode())
        return text

    def activefilter(self, *words, status=0):
        """assay activefilter on the mailbox of the test."""
        return self.run_assay("activefilter", "-m", self.box, *words,
                              status=status)

    def names(self, where):
        """Names in a folder of the mailbox."""
        return sorted(os.listdir(self.box / where))

    def test_list(self):
        self.tell("1796022001.b", "update", "R2")
        self.tell("1796022000.a")
        then = time.time() - 3600
        os.utime(self.box / "new" / "1796022000.a", (then, then))
        run = self.activefilter("list")
        lines = [line.split(" ") for line in run.out.splitlines()]
        self.assertEqual([line[:6] + line[7:] for line in lines], [
            ["1796022000.a", "registration", "ham", "none", "12.5", "1", "R1"],
            ["1796022001.b", "update", "ham", "none", "12.5", "1", "R2"]])
        self.assertGreaterEqual(int(lines[0][6]), 3600)
        self.assertEqual(run.err, "")

    def test_list_as_json(self):
        self.tell("1.a")
        self.put(self.box / "new" / "2.bad", b"hello")
        run = self.activefilter("list", "--json", status=1)
        good, bad = [json.loads(line) for line in run.out.splitlines()]
        self.assertGreaterEqual(good.pop("age"), 0)
        self.assertEqual(good, {
            "name": "1.a", "type": "registration", "id": "R1", "revision": 0,
            "judgement": "ham", "action": "none", "score": 12.5,
            "threshold": 80.0, "recipients": 1})
        self.assertEqual(bad["name"], "2.bad")
        self.assertIn("not a document of ActiveFilter", bad["problem"])

    def test_empty_mailbox(self):
        for words in (("list",), ("print", "--all"), ("done", "-a")):
            run = self.activefilter(*words)
            self.assertEqual((run.out, run.err), ("", ""))

    def test_print_and_done(self):
        first, second = self.tell("1.a"), self.tell("2.b", "update", "R2")
        self.assertEqual(self.activefilter("print", "1.a").out, first)
        self.assertEqual(self.activefilter("print", "2.b", "1.a").out,
                         second + first)
        self.assertEqual(self.activefilter("print", "--all").out,
                         first + second)
        self.activefilter("done", "1.a")
        self.assertEqual((self.names("new"), self.names("cur")),
                         (["2.b"], ["1.a:2,S"]))
        self.activefilter("done", "--all")
        self.assertEqual((self.names("new"), self.names("cur")),
                         ([], ["1.a:2,S", "2.b:2,S"]))

    def test_way_by_configuration_and_state(self):
        document = self.tell("1.a")
        self.remember(self.box)
        for words in (("-c", "assay.conf"), ("-s", self.state),
                      ("-c", "none.conf", "-s", self.state)):
            run = self.run_assay("activefilter", *words, "print", "1.a",
                                 status=0)
            self.assertEqual(run.out, document)

    def test_no_way_to_the_mailbox(self):
        self.put("other.conf", b"# nothing\n")
        self.put("broken.conf", b"cloudmark { backnd = spamd }\n")
        for words, text in (
                (("-c", "assay.conf"), "there is no activefilter.db in"),
                (("-c", "other.conf"), "no stanza cloudmark"),
                (("-c", "broken.conf"), "broken.conf: 1 error"),
                (("-c", "none.conf"), "none.conf"),
                (("-s", "/nonexistent"), "/nonexistent"),
                (("-m", "/nonexistent"), "/nonexistent"),
                (("-m", self.state), "no Maildir")):
            with self.subTest(words=words):
                run = self.run_assay("activefilter", *words, "list", status=2)
                self.assertEqual(run.out, "")
                self.assertIn(text, run.err)

    def test_state_that_is_no_database(self):
        self.put(self.state / "activefilter.db", b"x" * 5000)
        run = self.run_assay("activefilter", "-s", self.state, "list",
                             status=2)
        self.assertIn("activefilter.db: ", run.err)

    def test_mailbox_that_is_gone(self):
        self.remember(self.folder / "gone")
        for words in (("list",), ("print", "1.a"), ("done", "--all")):
            run = self.run_assay("activefilter", "-s", self.state, *words,
                                 status=2)
            self.assertEqual(run.err.count("\n"), 1)
            self.assertIn("gone", run.err)

    def test_bad_names(self):
        outside = self.put("outside", b"secret")
        (self.box / "new" / "3.link").symlink_to(outside)
        for name in ("../cur/x", "/etc/passwd", "a/b", ".", "..", "",
                     "x" * 300, "none", "3.link"):
            for verb in ("print", "done"):
                with self.subTest(name=name, verb=verb):
                    if (name, verb) == ("3.link", "done"):
                        continue
                    run = self.activefilter(verb, name, status=None)
                    self.assertIn(run.returncode, (1, 2))
                    self.assertEqual(run.out, "")
                    self.assertTrue(run.err.startswith("assay: "), run.err)
        self.assertEqual(outside.read_bytes(), b"secret")

    def test_one_bad_mail_does_not_stop_the_others(self):
        document = self.tell("1.a")
        self.put(self.box / "new" / "0.bad", b"\0\xff" * 100)
        self.put(self.box / "new" / "2.\x1b[2J", b"")
        with open(self.box / "new" / "3.huge", "wb") as huge:
            huge.truncate((8 << 20) + 1)
        os.mkfifo(self.box / "new" / "4.pipe")
        run = self.activefilter("print", "--all", status=1)
        self.assertEqual(run.out, document)
        self.assertNotIn("\x1b", run.err)
        run = self.activefilter("list", status=1)
        self.assertEqual(len(run.out.splitlines()), 5)
        self.assertNotIn("\x1b", run.out)
        self.activefilter("done", "--all", status=1)
        self.assertEqual(self.names("cur"), ["1.a:2,S"])

    def test_wrong_usage(self):
        for words, text in (
                ((), "what shall be done?"),
                (("lst",), "activefilter can list, print, and be done"),
                (("list", "x"), "list takes no names"),
                (("list", "--all"), "list takes no --all"),
                (("print",), "print what?"),
                (("done",), "done with what?"),
                (("done", "x", "--all"), "names or --all, not both"),
                (("print", "--json", "x"), "--json goes with list"),
                (("--bogus", "list"), "unrecognized option")):
            with self.subTest(words=words):
                run = self.run_assay("activefilter", *words, status=64)
                self.assertEqual(run.out, "")
                self.assertIn(text, run.err)

    def test_help(self):
        for words in (("help", "activefilter"), ("activefilter", "--help")):
            run = self.run_assay(*words, status=0)
            self.assertIn("Usage: assay activefilter", run.out)
        self.assertIn("activefilter", self.run_assay("help", status=0).out)


if __name__ == "__main__":
    unittest.main()
