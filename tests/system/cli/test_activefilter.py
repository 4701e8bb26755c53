#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay activefilter: list, print and take what ActiveFilter tells (CM-32)."""

import json
import os
import shlex
import sqlite3
import subprocess
import time
import unittest

import cli

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<activefilter xmlns="urn:assay:activefilter:1" version="1" type="{type}" \
id="{id}" revision="0" time="2026-11-30T07:00:00Z" threshold="80" \
score="12.5" judgement="ham" action="{action}">
  <mode name="keep"/>
  <recipients>
    <recipient id="{id}-0" address="caf\u00e9@b.example">
      <data key="address">caf\u00e9@b.example</data>
    </recipient>
  </recipients>
</activefilter>
"""


class Mailbox(cli.CliTest):
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

    def tell(self, name, kind="registration", ident="R1", action="none"):
        """A mail in new/. @return its document"""
        text = DOCUMENT.format(type=kind, id=ident, action=action)
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


class ActiveFilter(Mailbox):
    """The command."""

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

    def test_names_that_scripts_could_mistake_are_no_mails(self):
        names = ("--all", "-m", "1.a b", "2.x update spam discard 9 1 1 x",
                 "3.a\nb", "4.a\tb", "5.*", "6.$(x)", "7.a;b", "8.\\x20",
                 "9.caf\u00e9")
        for name in names:
            self.tell(name)
        document = self.tell("90.Az_:=+-,z")
        run = self.activefilter("list", status=1)
        lines = [line.split(" ") for line in run.out.splitlines()]
        self.assertEqual(len(lines), len(names) + 1)
        self.assertEqual([line[0] for line in lines if line[1] != "?"],
                         ["90.Az_:=+-,z"])
        run = self.activefilter("list", "--json", status=1)
        found = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual(sorted(mail["name"] for mail in found
                                if "its name" in mail.get("problem", "")),
                         sorted(names))
        run = self.activefilter("print", "--all", status=1)
        self.assertEqual(run.out, document)
        self.activefilter("done", "--all", status=1)
        self.assertEqual(self.names("new"), sorted(names))
        for name in names:
            self.activefilter("done", "--", name, status=0)
        self.assertEqual(self.names("new"), [])

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


class Script(Mailbox):
    """The script of docs/CLOUDMARK.md, as it stands there."""

    def setUp(self):
        super().setUp()
        page = (cli.SOURCE / "docs" / "CLOUDMARK.md").read_text("utf-8")
        chapter = page.split("\n### Taking the documents\n")[1]
        text = chapter.split("```sh\n")[1].split("```\n")[0]
        self.assertTrue(text.startswith("#!/bin/sh\n"), text)
        self.assertEqual(text.count("/usr/local/bin/act"), 1)
        self.script = self.program("script", text.replace(
            "/usr/local/bin/act", str(self.folder / "act")))
        # As if the configuration led to the mailbox of the test.
        self.program("bin/assay", (
            "#!/bin/sh\nshift\n"
            f"exec {shlex.quote(str(cli.ASSAY))} activefilter "
            f"-m {shlex.quote(str(self.box))} \"$@\"\n"))
        self.act("exit 0")

    def program(self, name, text):
        """An executable in the folder."""
        path = self.put(name, text.encode())
        path.chmod(0o755)
        return path

    def act(self, end):
        """The program that acts keeps what it gets; then it ends."""
        self.program("act", ("#!/bin/sh\n"
                             f"echo \"$@\" >>{self.folder}/actions\n"
                             f"cat >>{self.folder}/documents\n{end}\n"))

    def acted(self):
        """What it got since the last time: actions, and documents."""
        found = []
        for name in ("actions", "documents"):
            path = self.folder / name
            found.append(path.read_text("utf-8") if path.exists() else "")
            path.unlink(missing_ok=True)
        return tuple(found)

    def run_script(self):
        """One run. The mailbox is all it works on."""
        run = subprocess.run(
            [self.script], cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=cli.PATIENCE_S, check=False,
            env={"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin"})
        self.assertEqual(run.stdout, b"")
        return run.stderr.decode()

    def test_documents_are_acted_on_once_and_in_order(self):
        second = self.tell("2.b", "update", "R 2  x", "discard")
        first = self.tell("1.a", "update", "--all", "move-to-spam")
        self.tell("3.c")
        self.assertEqual(self.run_script(), "")
        self.assertEqual(self.acted(),
                         ("move-to-spam\ndiscard\n", first + second))
        self.assertEqual((self.names("new"), self.names("cur")),
                         ([], ["1.a:2,S", "2.b:2,S", "3.c:2,S"]))
        self.run_script()
        self.assertEqual(self.acted(), ("", ""))

    def test_what_could_not_be_acted_on_stays(self):
        self.tell("1.a", "update", "R1", "discard")
        self.tell("2.b")
        self.act("exit 3")
        self.run_script()
        self.assertEqual((self.names("new"), self.names("cur")),
                         (["1.a"], ["2.b:2,S"]))
        self.act("exit 0")
        self.run_script()
        self.assertEqual(self.names("new"), [])

    def test_what_could_not_be_printed_is_not_acted_on(self):
        first = self.tell("1.a", "update", "R1", "discard")
        self.tell("2.b", "update", "R2", "discard")
        self.tell("3.c", "update", "R3", "discard")
        # Between the list and the print a file is damaged, and one is gone.
        self.act(f"echo x >{self.box}/new/2.b; rm -f {self.box}/new/3.c")
        self.assertIn("2.b: not a document", self.run_script())
        self.assertEqual(self.acted(), ("discard\n", first))
        self.assertEqual((self.names("new"), self.names("cur")),
                         (["2.b"], ["1.a:2,S"]))

    def test_no_name_is_obeyed(self):
        names = ["--all", "-h", "0.x update spam discard 9 1 1 x",
                 "1.x\n1.a update spam discard 9 1 1 x", "2.`touch z`", "3.*",
                 "4.$(touch z)", "5.bad"]
        for name in names[:-1]:
            self.tell(name, "update", "R1", "discard")
        self.put(self.box / "new" / "5.bad", b"hello")
        self.run_script()
        self.assertEqual(self.acted(), ("", ""))
        self.assertEqual((self.names("new"), self.names("cur")),
                         (sorted(names), []))
        self.assertFalse((self.folder / "z").exists())


if __name__ == "__main__":
    unittest.main()
