#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""rspamd's own antivirus module, pointed at the scan socket: a threat is its
symbol, a clean mail has none, and so has one that could not be scanned, which
is rspamd's way with every answer that it does not know; assayd's log has it."""

import base64
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import scan_client as base
from assayd import (Assayd, Failure, PATIENCE_S, check, check_in, run_tests,
                    wait_for)
from scan_client import CLEAN_MAIL

RSPAMD = shutil.which("rspamd", path=os.environ["PATH"] + ":/usr/sbin")
START_S = 240  # it compiles all its expressions first, on a busy machine

CONFIG = """
options {{
  pidfile = "{folder}/pid"; filters = ""; local_addrs = [];
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
modules {{ path = "$PLUGINSDIR"; }}
metric "default" {{ actions {{ reject = 15; }} }}
antivirus {{
  assay {{
    type = "clamav"; symbol = "ASSAY_VIRUS"; servers = "127.0.0.1:{scan}";
    scan_mime_parts = false; log_clean = true; max_size = 20000000;
  }}
}}
"""


class Rspamd:
    """A daemon of our own, with one worker, as a context."""

    def __init__(self, folder, scan):
        self.folder, self.port = folder, base.free_port()
        config = pathlib.Path(folder) / "rspamd.conf"
        config.write_text(CONFIG.format(folder=folder, port=self.port,
                                        scan=scan))
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [RSPAMD, "-i", "-f", "-c", config, f"--var=DBDIR={folder}",
             f"--var=RUNDIR={folder}", f"--var=LOGDIR={folder}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=folder)

    def __enter__(self):
        end = time.monotonic() + START_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure("rspamd does not start: " +
                              (self.folder / "rspamd.log").read_text()[-2000:])
            time.sleep(0.05)
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def call(self, method, path, body=None):
        client = http.client.HTTPConnection("127.0.0.1", self.port,
                                            timeout=PATIENCE_S)
        try:
            client.request(method, path, body)
            return client.getresponse().read()
        finally:
            client.close()

    def answers(self):
        try:
            return self.call("GET", "/ping").strip() == b"pong"
        except OSError:
            return False

    def symbols(self, mail):
        return json.loads(self.call("POST", "/checkv2", mail))["symbols"]


def test_symbols(folder):
    port = base.free_port()
    text = (f'Scan_Listener "rspamd" {{ Listen = "inet:{port}@127.0.0.1" '
            'content = "mail" }\n' + base.engine(folder))
    locked = (b"From: a@example.com\r\nSubject: x\r\n"
              b"Content-Type: application/zip\r\n"
              b"Content-Transfer-Encoding: base64\r\n\r\n" +
              base64.encodebytes(base.encrypted_zip()))
    with Assayd(folder, text=text) as assayd, Rspamd(folder, port) as rspamd:
        found = rspamd.symbols(base.infected_mail())
        check_in("infected", "ASSAY_VIRUS", found)
        check("name", found["ASSAY_VIRUS"]["options"], [base.THREAT.decode()])
        check("clean", "ASSAY_VIRUS" in rspamd.symbols(CLEAN_MAIL), False)
        rspamd.symbols(locked)
        wait_for("log", lambda: "status=unscannable reason=encrypted" in
                 assayd.log.read_text())
        check("scans", assayd.log.read_text().count("scan.request"), 3)
        check("stop", assayd.stop(), 0)


if __name__ == "__main__":
    if not RSPAMD or not base.CLAMAV:
        print("skipped: rspamd is not installed, or no engine clamav")
        sys.exit(base.SKIPPED)
    sys.exit(run_tests(globals()))
