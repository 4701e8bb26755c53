#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Policies that score, from the configuration to the disposition: the example
of the documentation, the default policy, the one that ships. The service is
the stand-in for Cloudmark Authority."""

import email
import os
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
for folder in ("conformance", "system/cli"):
    sys.path.insert(0, str(SOURCE / "tests" / folder))

# pylint: disable=wrong-import-position,import-error
import cli  # noqa: E402
import fake_authority  # noqa: E402
import fake_http  # noqa: E402

EXAMPLE = SOURCE / "tests/unit/lua/activefilter_example.lua"
SCHEMA = SOURCE / "docs/activefilter.rng"
NAMESPACE = "{urn:assay:activefilter:1}"
# Long enough to have a fingerprint.
TEXT = b"Dear reader,\r\n" + b"a line of an ordinary letter\r\n" * 5


class Service(fake_authority.FakeAuthority):
    """Scores a message as its header X-Score says: another score does not make
    another body."""

    def answer(self, request):
        wanted = re.search(rb"^X-Score: ([\d.]+)\r$", request.body, re.M)
        if request.path == fake_authority.MESSAGE and wanted:
            return [fake_http.send(fake_http.reply(
                {"score": float(wanted[1])}))]
        return super().answer(request)


def mail(body=TEXT, score=1.5, to="bob@b.example"):
    return (b"From: alice@a.example\r\nTo: " + to.encode()
            + b"\r\nMessage-ID: <1@a.example>\r\n"
            + f"X-Score: {score}\r\n\r\n".encode() + body)


class PolicyTest(cli.CliTest):
    def setUp(self):
        super().setUp()
        self.service = Service()
        self.is_open = True
        self.addCleanup(self.close_service)
        (self.folder / "mail").mkdir()
        self.stanza()

    def close_service(self):
        if self.is_open:
            self.service.close()
        self.is_open = False

    def script(self, source, text=None):
        if text:
            self.put(source.replace(".", "/") + ".lua", text)
        return ("scriptlet \"scriptlet\" {\n"
                f"  script \"test\" {{ source = \"{source}\" }}\n}}\n")

    def stanza(self, options="", rest=""):
        self.put("assay.conf", (
            "cloudmark {\n  enabled = false\n  backend = \"authority\"\n"
            f"  servers = ( \"127.0.0.1:{self.service.port}\" )\n"
            "  use_wire_rep = false\n  activefilter_state = \"state\"\n"
            f"  {options}\n}}\n"
            "maildir \"maildir1\" {\n  basedir = \"mail\"\n"
            "  dirmode = 775\n  filemode = 664\n  create_users = true\n"
            "  domain_in_path = true\n  all_domains = false\n"
            "  domains = ( \"msi.local\" )\n}\n" + rest).encode())

    def judge(self, name, data, status):
        """What is printed and logged for one mail."""
        self.put(name, data)
        run = self.scan("-v", "--policy", "--register", name, status=status)
        return run.out + run.err

    def told(self):
        """The documents in the mailbox, in the order of their names."""
        box = self.folder / "mail/msi.local/msi/new"
        found = []
        for path in sorted(box.iterdir()) if box.exists() else []:
            message = email.message_from_bytes(path.read_bytes())
            self.assertEqual(message.get_content_type(), "text/xml")
            found.append(message.get_payload(decode=True))
        return found

    def assert_valid(self, document):
        run = subprocess.run(
            ["xmllint", "--noout", "--relaxng", SCHEMA, "-"], input=document,
            capture_output=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr.decode())


class Example(PolicyTest):
    """CM-35: the example of the documentation runs unchanged (CM-23)."""

    def setUp(self):
        super().setUp()
        self.put("policies/af.lua", EXAMPLE.read_bytes())
        self.stanza(rest=self.script("policies.af"))

    def test_each_message_is_told_once(self):
        self.judge("one.eml", mail(), 0)
        self.judge("two.eml", mail(b"another letter\r\n"), 0)
        documents = self.told()
        self.assertEqual(len(documents), 2)
        for document in documents:
            self.assert_valid(document)
            self.assertIn(b'type="registration"', document)
            self.assertIn(b'>bob<', document)  # add_af_data: account
        modes = {oct(path.stat().st_mode & 0o777) for path in
                 (self.folder / "mail/msi.local/msi/new").iterdir()}
        self.assertEqual(modes, {"0o664"})

    def test_a_trial_registers_nothing(self):
        self.put("one.eml", mail())
        run = self.scan("-v", "--policy", "one.eml", status=0)
        self.assertRegex(run.err, r"score: +1.5")
        self.assertEqual(self.told(), [])
        self.assertFalse((self.folder / "state").exists())

    def test_a_later_score_of_the_same_body_is_told(self):  # CM-31
        self.judge("ham.eml", mail(score=10), 0)
        self.judge("spam.eml", mail(score=99), 0)
        self.judge("again.eml", mail(score=98), 0)
        updates = [d for d in self.told() if b'type="update"' in d]
        self.assertEqual(len(updates), 1, updates)
        self.assert_valid(updates[0])
        self.assertIn(b'action="move-to-spam"', updates[0])

    def test_hostile_recipients_are_escaped(self):  # CM-32
        self.judge("one.eml", mail(to="<\"a&b<c>\"@b.example>"), 0)
        for document in self.told():
            self.assert_valid(document)

    def test_a_mailbox_that_is_gone_is_an_error(self):
        (self.folder / "mail").rmdir()
        self.scan("--policy", "assay.conf", status=2)

    def test_the_service_down_is_an_error_and_tells_nothing(self):
        self.close_service()
        text = self.judge("one.eml", mail(), 0)
        self.assertRegex(text, r"score: +nil")
        self.assertEqual(self.told(), [])


class Mistakes(PolicyTest):
    SCORE = (b"require(\"msys.cloudmark\")\nlocal m = {}\n"
             b"function m:validate_data(msg, ac, vctx)\n"
             b"  msys.cloudmark.%s\n  return msys.core.VALIDATE_CONT\nend\n"
             b"msys.registerModule(\"m\", m)\n")

    def test_without_the_module_the_session_gets_421(self):
        self.put("assay.conf", self.script(
            "policies.m", self.SCORE % b"score()").encode())
        text = self.judge("one.eml", mail(), 2)
        self.assertIn("421", text)

    def test_score_af_without_a_mode_gets_421(self):  # CM-27
        self.stanza(rest=self.script(
            "policies.m", self.SCORE % b"score_af(msg, ac, vctx, 90)"))
        text = self.judge("one.eml", mail(), 2)
        self.assertIn("421", text)

    def test_two_modes_are_refused_at_load(self):  # CM-27
        self.stanza(rest=self.script("policies.m", (
            b"require(\"msys.cloudmark\")\nlocal m = {}\n"
            b"function m:init()\n  msys.cloudmark.set_af_mode_keep()\n"
            b"  msys.cloudmark.set_af_mode_discard()\n  return true\nend\n"
            b"msys.registerModule(\"m\", m)\n")))
        self.put("one.eml", mail())
        run = self.scan("--policy", "one.eml", status=2)
        self.assertRegex(run.err, r"mode")

    def test_an_address_no_maildir_takes_is_refused_at_load(self):  # CM-28
        self.stanza(rest=self.script("policies.m", (
            b"require(\"msys.cloudmark\")\nlocal m = {}\n"
            b"function m:init()\n  msys.cloudmark.set_af_mode_keep()\n"
            b"  msys.cloudmark.set_af_msi_address(\"msi@else.where\")\n"
            b"  return true\nend\nmsys.registerModule(\"m\", m)\n")))
        self.put("one.eml", mail())
        run = self.scan("--policy", "one.eml", status=2)
        self.assertIn("else.where", run.err)


class Shipped(PolicyTest):
    def test_the_default_policy_rejects_what_is_past_its_threshold(self):
        # PO-08: past 95, not at it
        self.stanza(rest=self.script("policies.mine", (
            b"require(\"msys.dp_config\")\n"
            b"msys.dp_config.cloudmark = { scan = true }\n"
            b"require(\"msys.dp_cloudmark\")\n")))
        self.judge("at.eml", mail(score=95), 0)
        text = self.judge("past.eml", mail(score=95.5), 1)
        self.assertRegex(text, r"554 5\.7\.1")

    def test_the_policy_to_start_from_marks_and_rejects(self):
        self.stanza(rest=self.script("policies.cloudmark"))
        text = self.judge("ham.eml", mail(score=3), 0)
        self.assertRegex(text, r"; continue, score 3, \d header edit")
        text = self.judge("spam.eml", mail(score=99), 1)
        self.assertRegex(text, re.compile(r"550 5\.7\.1"))


if __name__ == "__main__":
    unittest.main()
