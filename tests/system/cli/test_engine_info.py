#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay engine: what a module declares (info), and a new engine (new)."""

import json
import os
import re
import struct
import subprocess
import unittest

import cli

ENGINES = cli.BUILD / "tests/engines"
TEMPLATE = cli.SOURCE / "sdk/engine-template"
FLAGS_AT = 40 # in the table, on machines of 64 bits


class Info(cli.CliTest):
    """The file is read, never run."""

    def info(self, path, *words, status=0):
        return self.run_assay("engine", "info", str(path), *words,
                              status=status)

    def test_says_what_an_engine_declares(self):
        lines = self.info(ENGINES / "skeleton.so").out.splitlines()
        for line in ("kind         engine", "name         skeleton",
                     "version      1.0", "flags        wants-parts",
                     "infected     virus",
                     "has          open close scan probe epoch",
                     'option       needle: string; default '
                     '"skeleton-test-needle"',
                     "loads        yes, if what it needs is there"):
            self.assertIn(line, lines)

    def test_json(self):
        told = json.loads(self.info(ENGINES / "skeleton.so", "--json").out)
        self.assertEqual(told["kind"], "engine")
        self.assertEqual(told["name"], "skeleton")
        self.assertTrue(told["loads"])
        self.assertIsNone(told["reason"])
        self.assertTrue(told["operations"]["scan"])
        self.assertFalse(told["operations"]["refresh"])
        self.assertEqual(told["options"][0]["name"], "needle")

    def test_what_would_not_be_loaded_has_a_reason(self):
        run = self.info(ENGINES / "lies/size_lies.so", status=1)
        self.assertIn("\nloads        no: 'struct_size' is 4096, but its "
                      "engine table has 72 bytes\n", run.out)
        told = json.loads(
            self.info(ENGINES / "lies/size_lies.so", "-J", status=1).out)
        self.assertFalse(told["loads"])
        self.assertEqual(told["reason"], "'struct_size' is 4096, but its "
                                         "engine table has 72 bytes")

    def test_json_has_numbers_of_any_size(self):
        module = (ENGINES / "skeleton.so").read_bytes()
        size = json.loads(self.info(ENGINES / "skeleton.so", "-J").out)["abi"]
        head = struct.pack("<QII", 72, *size)
        self.assertEqual(module.count(head), 1)
        at = module.index(head)
        other = self.put("skeleton.so", module.replace(
            head, struct.pack("<QII", 72, 2**32 - 1, 2**32 - 2)))
        told = json.loads(self.info(other, "-J", status=1).out)
        self.assertEqual(told["abi"], [2**32 - 1, 2**32 - 2])
        at += FLAGS_AT # none that this program knows
        self.put("skeleton.so", module[:at] + struct.pack("<I", 0x80000003) +
                 module[at + 4:])
        self.assertIn("\nflags        remote uses-names 0x80000000\n",
                      self.info(other, status=None).out)
        told = json.loads(self.info(other, "-J", status=None).out)
        self.assertEqual(told["flags"], ["remote", "uses-names", "0x80000000"])

    def test_constructor_is_told_and_not_run(self):
        mark = self.folder / "constructed"
        os.environ["HOSTILE_CONSTRUCTOR"] = str(mark)
        self.addCleanup(os.environ.pop, "HOSTILE_CONSTRUCTOR")
        run = self.info(ENGINES / "constructor.so")
        self.assertFalse(mark.exists())
        self.assertRegex(run.out, r"\nwarning      runs code when it is "
                                  r"loaded: \d constructors?\n")

    def test_other_modules_are_recognised(self):
        for path, kind in (
                ("lib/assay/scorers/spamd.so", "scorer"),
                ("tests/providers/hostile.so", "provider"),
                ("tests/cartridges/sample.so", "cartridge"),
                ("lib/libassay.so", "no module of Assay")):
            with self.subTest(path=path):
                run = self.info(cli.BUILD / path, status=None)
                self.assertRegex(run.out, rf"\nkind         {kind}")

    def test_file_of_another_name_is_told(self):
        copy = self.put("other.so", (ENGINES / "skeleton.so").read_bytes())
        self.assertIn("its file must be called skeleton.so",
                      self.info(copy).out)

    def test_what_is_no_shared_object(self):
        text = self.put("x.so", b"#!/bin/sh\n")
        for path, why in ((text, "is not a shared object"),
                          ("nowhere.so", "no such file"),
                          (".", "it is a folder")):
            with self.subTest(path=path):
                run = self.info(path, status=1)
                self.assertEqual(run.out, "")
                self.assertIn(why, run.err)

    def test_wrong_usage(self):
        for words in ((), ("info",), ("info", "a", "b"), ("info", "--x", "a"),
                      ("frobnicate",), ("new",), ("new", "a", "b")):
            with self.subTest(words=words):
                self.run_assay("engine", *words, status=64)


class New(cli.CliTest):
    """A skeleton under another name."""

    def new(self, *words, status=0):
        return self.run_assay("engine", "new", *words, status=status)

    def compiler(self):
        """The one this build was made with, and its flags."""
        cache = (cli.BUILD / "CMakeCache.txt").read_text()
        sanitize = re.search(r"ASSAY_SANITIZE:STRING=(.*)", cache)[1]
        flags = [f"-fsanitize={sanitize.replace(';', ',')}"] if sanitize else []
        return [re.search(r"CMAKE_C_COMPILER:\w+=(.*)", cache)[1], *flags]

    def build(self, name):
        folder = self.folder / name
        subprocess.run(
            [*self.compiler(), "-std=c11", "-Wall", "-Wextra", "-Werror",
             "-fPIC", "-shared", "-fvisibility=hidden",
             f"-I{cli.SOURCE}/include", f"{name}.c", "-o", f"{name}.so",
             f"-L{cli.BUILD}/lib", "-lassay"], cwd=folder, check=True)
        return folder / f"{name}.so"

    def test_can_be_built_at_once(self):
        run = self.new("acme_2")
        self.assertIn("created ./acme_2", run.out)
        module = self.build("acme_2")
        told = self.run_assay("engine", "info", str(module), status=0)
        self.assertIn("\nname         acme_2\n", told.out)
        self.assertIn("\nloads        yes", told.out)

    def test_nothing_of_the_template_name_is_left(self):
        self.new("acme")
        files = {path.name for path in (self.folder / "acme").iterdir()}
        self.assertEqual(files, {
            path.name.replace("skeleton", "acme")
            for path in TEMPLATE.iterdir()})
        for path in (self.folder / "acme").iterdir():
            self.assertNotRegex(path.read_text(), "(?i)skeleton")

    def test_output_folder(self):
        (self.folder / "sub").mkdir()
        self.new("--output", "sub", "acme")
        self.assertTrue((self.folder / "sub/acme/acme.c").exists())
        self.new("--output=nowhere", "acme", status=1)

    def test_name_of_a_variable_of_the_template(self):
        """No name of an engine meets one that the code uses."""
        for name in ("self", "data", "args", "needle", "content", "finding"):
            with self.subTest(name=name):
                self.new(name)
                self.build(name)

    def test_name_is_checked(self):
        for name in ("", "Acme", "1a", "a-b", "a.b", "../a", "a" * 41, "int",
                     "tm", "timespec", "itimerspec", "asm",
                     "clamav", "antivirus", "assay_x"):
            with self.subTest(name=name):
                run = self.new("--", name, status=64)
                self.assertIn("the name of the engine", run.err)
        self.assertEqual(self.left(), {"assay.conf", "db"})
        self.new("a" * 40)

    def test_every_shipped_engine_has_its_name(self):
        for path in (cli.BUILD / "lib/assay/engines").glob("*.so"):
            with self.subTest(name=path.stem):
                self.new(path.stem, status=64)

    def left(self):
        return {path.name for path in self.folder.iterdir()}

    def test_existing_folder_stays(self):
        mine = self.put("acme/acme.c", b"mine")
        (self.folder / "empty").mkdir()
        for name in ("acme", "empty"):
            run = self.new(name, status=1)
            self.assertIn("File exists", run.err)
        self.assertEqual(mine.read_bytes(), b"mine")
        self.assertEqual(self.left(), {"acme", "empty", "assay.conf", "db"})
        self.assertEqual(list((self.folder / "empty").iterdir()), [])

    def test_output_that_is_no_folder_is_named(self):
        run = self.new("acme", "--output=", status=64)
        self.assertIn("--output takes a folder", run.err)
        run = self.new("acme", "--output=nowhere", status=1)
        self.assertIn("cannot create nowhere/acme: No such file", run.err)

    def test_nothing_half_written_is_left(self):
        """A file size limit stands for a full disk."""
        run = subprocess.run(
            ["sh", "-c", 'trap "" XFSZ; ulimit -f 4; '
             f'exec "{cli.ASSAY}" engine new acme'], cwd=self.folder,
            capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("cannot write", run.stderr)
        self.assertEqual(self.left(), {"assay.conf", "db"})


if __name__ == "__main__":
    unittest.main()
