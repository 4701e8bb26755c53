#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay engine: what a module declares (info)."""

import json
import os
import unittest

import cli

ENGINES = cli.BUILD / "tests/engines"


class Info(cli.CliTest):
    """The file is read, never run."""

    def info(self, path, *words, status=0):
        return self.run_assay("engine", "info", str(path), *words,
                              status=status)

    def test_says_what_an_engine_declares(self):
        lines = self.info(ENGINES / "skeleton.so").out.splitlines()
        for line in ("kind         engine", "name         skeleton",
                     "version      1.0", "flags        none",
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
                      ("frobnicate",)):
            with self.subTest(words=words):
                self.run_assay("engine", *words, status=64)


if __name__ == "__main__":
    unittest.main()
