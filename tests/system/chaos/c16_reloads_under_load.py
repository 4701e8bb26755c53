#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C16: the configuration reloaded 100 times under load, each time the other of
two, now and then a broken one. No mail is lost, each sees one generation from
its recipient to its end, and no descriptor or thread is left over."""

import os
import signal
import sys

import chaos  # first: it finds the others
from assayd import (  # noqa: E402
    LUA, Assayd, check, configure, run_tests, script, wait_for)
from mail_load import SCALE, Load

RELOADS = int(100 * SCALE)
BROKEN_EACH = 10

# A mail that meets both generations is refused, which is wrong for a clean
# one, and so is the text for an infected one.
POLICY = """
require("msys.core")
require("msys.extended.message")
local mod = {}
function mod:validate_rcptto(msg, str, ac, vctx)
    msg:context_set(msys.core.VCTX_MESS, "generation", "%(name)s")
    return msys.core.VALIDATE_CONT
end
function mod:validate_data_spool(msg, ac, vctx)
    if msg:context_get(msys.core.VCTX_MESS, "generation") ~= "%(name)s" then
        vctx:set_code(554, "5.6.0 two generations")
        return msys.core.VALIDATE_DONE
    end
    print("generation-%(name)s")
    return msys.core.VALIDATE_CONT
end
msys.registerModule("policy", mod)
"""


def configuration_of(folder, base, name):
    (folder / f"{name}.lua").write_text(POLICY % {"name": name})
    # Another time limit makes another engine instance.
    return chaos.configuration(
        base, f"timeout = {20 if name == 'a' else 30}",
        rest=script(name) if LUA else "")


def used(pid):
    """Descriptors and threads."""
    return (len(os.listdir(f"/proc/{pid}/fd")),
            len(os.listdir(f"/proc/{pid}/task")))


def reload_once(assayd, folder, text, event, counts):
    configure(folder, text)
    assayd.process.send_signal(signal.SIGUSR1)
    counts[event] = counts.get(event, 0) + 1
    assayd.wait_log(event, counts[event])


def reload_many(assayd, folder, texts):
    counts = {}
    for i in range(RELOADS):
        if i % BROKEN_EACH == BROKEN_EACH - 1:
            reload_once(assayd, folder, texts[0] + "nonsense {}",
                        "assayd.reload_failed ", counts)
        else:
            reload_once(assayd, folder, texts[i % 2], "assayd.reload ",
                        counts)
    return counts


def test_c16_reloads_under_load(folder):
    base = chaos.folder_in(folder)
    texts = [configuration_of(folder, base, name) for name in "ab"]
    with Assayd(folder, text=texts[0]) as assayd:
        with Load(folder) as load:
            load.wait_more(50)
            counts = reload_many(assayd, folder, texts)
            load.wait_more(50)
        first = load.settle()
        print(f"  {dict(first)}, {counts}")
        check("put off", first["tempfailed"], 0)
        check_end(assayd, folder, base)


def check_end(assayd, folder, base):
    log = assayd.log.read_text()
    for name in "ab" if LUA else "":
        check(f"mails of {name}", f"generation-{name}" in log, True)
    # One private folder: the instances of old generations are closed.
    wait_for("one engine instance", lambda: len(list(base.iterdir())) == 1)
    descriptors, threads = used(assayd.process.pid)
    print(f"  {descriptors} descriptors, {threads} threads at the end, "
          f"{chaos.resident_kb(assayd.process.pid)} KB")
    check("descriptors", descriptors < 60, True)
    check("threads", threads < 60, True)
    check("abandoned", "assayd.abandon" in log, False)
    chaos.check_clean_end(assayd, folder, base)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
