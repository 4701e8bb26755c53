#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assay scan --policy: dispositions without and with a script."""

import json
import unittest

import cli

CLEAN = cli.mail()
INFECTED = cli.mail(cli.EICAR)

SCRIPT = b"""
local policy = {}

function policy:validate_mailfrom(str, accept, vctx)
  if str:find("slow@") then
    vctx:set_code(451, "4.7.1 come back later")
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end

function policy:validate_rcptto(msg, str, accept, vctx)
  if str:find("nobody@") then
    vctx:set_code(550, "5.1.1 no such user")
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end

function policy:validate_data_spool(msg, accept, vctx)
  msg:header("X-Seen", "yes", "append")
  return msys.core.VALIDATE_CONT
end

msys.registerModule("policy", policy)
"""


class Scope(cli.CliTest):
    """Without a script the antivirus scope answers."""

    def test_exit_status_follows_the_disposition(self):
        self.configure("  action = \"reject\"")
        self.put("clean.eml", CLEAN)
        self.put("infected.eml", INFECTED)
        self.scan("--policy", "clean.eml", status=0)
        out = self.scan("--policy", "clean.eml", "infected.eml", status=1).out
        self.assertRegex(out.splitlines()[0], r"^clean\.eml: .*; continue$")
        self.assertRegex(out.splitlines()[1],
                         r"^infected\.eml: +infected .*; reject at \w+: 550 ")
        self.assertIn("policy: 1 continue, 1 reject, 0 tempfail, 0 discard\n",
                      out)

    def test_what_the_policy_lets_pass_exits_with_0(self):
        self.configure("  action = \"pass\"")
        self.put("infected.eml", INFECTED)
        self.scan("infected.eml", status=1)
        self.scan("--policy", "infected.eml", status=0)

    def test_unreadable_is_trouble(self):
        self.scan("--policy", "missing", status=2)


@unittest.skipUnless((cli.BUILD / "lib/assay/languages/lua.so").exists(),
                     "built without Lua")
class Shipped(cli.CliTest):
    """The policy that ships with Assay, found beside the library."""

    def test_it_is_found_and_answers(self):
        self.configure("  enabled = false", rest=(
            "scriptlet \"scriptlet\" {\n"
            "  script \"antivirus\" { source = \"policies.antivirus\" }\n}"))
        self.put("clean.eml", CLEAN)
        self.put("infected.eml", INFECTED)
        out = self.scan("-p", "clean.eml", "infected.eml", status=1).out
        self.assertRegex(out, r"(?m)^clean\.eml: .*; continue, 1 header edit$")
        self.assertRegex(out, r"(?m)^infected\.eml: .*; reject at data: 550 ")


@unittest.skipUnless((cli.BUILD / "lib/assay/languages/lua.so").exists(),
                     "built without Lua")
class Script(cli.CliTest):
    """With a script: answers in each phase, and edits."""

    def setUp(self):
        super().setUp()
        self.put("policy.lua", SCRIPT)
        self.configure("  action = \"pass\"", rest=(
            "scriptlet \"scriptlet\" {\n"
            "  script \"policy\" { source = \"policy\" }\n}"))

    def disposition(self, message, status):
        self.put("x.eml", message)
        run = self.scan("--policy", "--json", "x.eml", status=status)
        return json.loads(run.out)["disposition"]

    def test_edits(self):
        found = self.disposition(CLEAN, 0)
        self.assertEqual(found["action"], "continue")
        self.assertEqual(found["edits"], [
            {"kind": "append", "name": "X-Seen", "value": "yes"}])

    def test_warnings_are_called_so(self):
        self.put("policy.lua", SCRIPT.replace(
            b'msg:header("X-Seen", "yes", "append")',
            b'vctx:set(msys.core.VCTX_MESS, "k", nil)'))
        self.put("x.eml", CLEAN)
        run = self.scan("--policy", "x.eml", status=0)
        self.assertIn("assay: warning: lua.ignored ", run.err)

    def test_sender_comes_from_the_header(self):
        found = self.disposition(cli.mail(sender="Slow <slow@a.example>"), 2)
        self.assertEqual(found["action"], "tempfail")
        self.assertEqual(found["phase"], "mailfrom")
        self.assertEqual(found["code"], 451)
        self.assertEqual(found["enhanced"], "4.7.1")
        self.assertIn("come back later", found["text"])

    def test_return_path_comes_first(self):
        message = b"Return-Path: <slow@a.example>\n" + CLEAN
        self.assertEqual(self.disposition(message, 2)["action"], "tempfail")

    def test_recipients_come_from_the_header(self):
        found = self.disposition(cli.mail(to="nobody@b.example"), 1)
        self.assertEqual(found["action"], "reject")
        self.assertEqual(found["phase"], "rcptto")
        self.assertEqual(found["code"], 550)

    def test_one_accepted_recipient_is_enough(self):
        to = "nobody@b.example, bob@b.example, nobody@c.example"
        found = self.disposition(cli.mail(to=to), 0)
        self.assertEqual(found["action"], "continue")
        self.assertEqual(found["phase"], "data")


SCANNING = """
require("msys.core") require("msys.av")
local policy = {}
local function name_of(rc)
  for name, value in pairs(msys.av) do
    if value == rc and name:find("^EC_AV_") then return name end
  end
end
local function last_part(msg)
  local part = msg:mime()
  while part.thread do part = part.thread end
  return part
end
function policy:validate_data_spool(msg, accept, vctx)
  local rc, info, engine, code = CALL
  msg:header("X-Scan", table.concat({name_of(rc), info, tostring(engine),
    tostring(code)}, " | "), "append")
  return msys.core.VALIDATE_CONT
end
msys.registerModule("policy", policy)
"""


@unittest.skipUnless((cli.BUILD / "lib/assay/languages/lua.so").exists(),
                     "built without Lua")
class ScanningScript(cli.CliTest):
    """CL-08: msys.av.scan and scan_part with the real clamav."""

    def results(self, call, message):
        """What the call answers a script about the message."""
        self.put("policy.lua", SCANNING.replace("CALL", call).encode())
        self.configure("  enabled = false", rest=(
            "scriptlet \"scriptlet\" {\n"
            "  script \"policy\" { source = \"policy\" }\n}"))
        self.put("x.eml", message)
        run = self.scan("--policy", "--json", "x.eml", status=0)
        return json.loads(run.out)["disposition"]["edits"][0]["value"]

    def test_scan(self):
        for call in ("msys.av.scan()", "msys.av.scan('clamav')",
                     "msys.av.scan('clamav1', msg, vctx)"):
            self.assertRegex(
                self.results(call, INFECTED),
                rf"^EC_AV_INFECTED \| {cli.THREAT}\S* \| clamav \| \S+$")
            self.assertEqual(self.results(call, CLEAN),
                             "EC_AV_CLEAN |  | nil | OK")

    def test_scan_part(self):
        attachment = "msys.av.scan_part(last_part(msg), 'clamav')"
        self.assertRegex(
            self.results(attachment, INFECTED),
            rf"^EC_AV_INFECTED \| {cli.THREAT}\S* \| clamav \| \S+$")
        self.assertEqual(self.results(attachment, cli.mail(b"harmless")),
                         "EC_AV_CLEAN |  | nil | OK")
        self.assertRegex(self.results("msys.av.scan_part(msg)", INFECTED),
                         r"^EC_AV_PART_IS_CONTAINER \| ")

    def test_engines(self):
        self.assertEqual(
            self.results("0, msys.av.engines()[1], #msys.av.engines(), nil",
                         CLEAN), "EC_AV_CLEAN | clamav | 1 | nil")


if __name__ == "__main__":
    unittest.main()
