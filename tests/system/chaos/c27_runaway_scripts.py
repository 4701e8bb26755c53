#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C27: a script that fails, spins, eats memory, leaves coroutines behind, asks
for the end of the process or for what it must not have. That mail is put off
and the others flow; with a better script it is accepted."""

import signal
import sys

import chaos  # first: it finds the others
import mail_samples
from assayd import LUA, Assayd, check, run_tests, script
from mail_load import ACCEPTED, TEMPFAILED, Load

# What the script does, by the header X-Do of a mail.
DEEDS = """
local deeds = {}

function deeds.fail() error("broken") end
function deeds.fail_without_text() error(nil) end
function deeds.fail_with_table() error(setmetatable({}, {
    __tostring = function() error("again") end })) end
function deeds.spin() while true do end end
function deeds.spin_protected()
    while true do pcall(function() while true do end end) end
end
function deeds.spin_in_coroutine()
    coroutine.wrap(function() while true do end end)()
end
function deeds.spin_in_metamethod()
    local t = setmetatable({}, { __index = function(t, k)
        while true do end end })
    return t.x
end
function deeds.match() return (("a"):rep(200000)):find((".-"):rep(30) .. "b") end
function deeds.hog() return string.rep("x", 1e9) end
function deeds.grow()
    local t = {}
    while true do t[#t + 1] = ("x"):rep(100000) .. #t end
end
function deeds.recurse() local function f() return 1 + f() end return f() end
function deeds.exit() os.exit() end
function deeds.abandon()  -- harmless: only the coroutine is never resumed
    local kept = {}
    for i = 1, 100 do
        kept[i] = coroutine.create(function() coroutine.yield() end)
        coroutine.resume(kept[i])
    end
end
function deeds.reach()    -- harmless when nothing can be reached
    for _, name in ipairs { "io", "debug", "package", "loadfile",
                            "dofile" } do
        if _G[name] ~= nil then error("reached " .. name) end
    end
    for _, name in ipairs { "execute", "exit", "remove", "rename", "getenv",
                            "tmpname", "setlocale" } do
        if os[name] ~= nil then error("reached os." .. name) end
    end
    local ok, made = pcall(load, "\\27Lua byte code")
    if ok and made then error("byte code loaded") end
    for _, name in ipairs { "io", "debug", "package" } do
        local ok, got = pcall(require, name)
        if ok and type(got) == "table" then error("required " .. name) end
    end
end

return deeds
"""
HARMLESS = {"abandon", "reach"}
HARMFUL = ["fail", "fail_without_text", "fail_with_table", "spin",
           "spin_protected", "spin_in_coroutine", "spin_in_metamethod",
           "match", "hog", "grow", "recurse", "exit"]

POLICY = """
require("msys.core")
require("msys.extended.message")
local deeds = (function() %s end)()
local mod = {}
function mod:validate_data_spool(msg)
    local name = msg:header("X-Do")[1]
    if name then deeds[name]() end
    return msys.core.VALIDATE_CONT
end
msys.registerModule("policy", mod)
"""
BETTER = POLICY.replace("deeds[name]()", "print(name)")

# One content in this many comes with a deed.
DEED_EACH = 5


def kind(number):
    content = number // mail_samples.TWINS
    if content % DEED_EACH != 3:
        return None
    deeds = HARMFUL + sorted(HARMLESS)
    return "do " + deeds[content // DEED_EACH % len(deeds)]


for deed in HARMFUL + sorted(HARMLESS):
    mail_samples.OTHER_KINDS["do " + deed] = \
        lambda deed=deed: mail_samples.plain_with("X-Do", deed)


def check_firsts(load):
    """Each deed was done, and only the harmful ones cost their mail."""
    done = set()
    for number, answers in load.answers.items():
        name = (kind(number) or "do nothing").removeprefix("do ")
        harmful = name in HARMFUL
        done.add(name)
        check(f"{name}: {answers[0]}", answers[0][0] == TEMPFAILED, harmful)
        if harmful:
            check("code", answers[0][1][:3], b"421")
    check("deeds", done - {"nothing"}, set(HARMFUL) | HARMLESS)


def test_c27_runaway_scripts(folder):
    if not LUA:
        return
    base = chaos.folder_in(folder)
    source = folder / "policy.lua"
    source.write_text(POLICY % DEEDS)
    text = chaos.configuration(base, rest=script(
        "policy", "time_limit = 50  memory_limit = 8388608"))
    with Assayd(folder, text=text) as assayd, Load(folder, kind) as load:
        load.wait_more(120, TEMPFAILED)
        load.wait_more(200, ACCEPTED)
        load.stop()
        check_firsts(load)
        chaos.wait_recovered(folder)
        source.write_text(BETTER % DEEDS)
        assayd.process.send_signal(signal.SIGUSR1)
        assayd.wait_log("assayd.reload ")
        print(f"  {dict(load.settle())}")
        chaos.check_clean_end(assayd, folder, base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
