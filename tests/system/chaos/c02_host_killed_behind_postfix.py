#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C2: assayd is killed while Postfix hands it mails. Clients are told to come
again; nothing is accepted that has no verdict; what was accepted is delivered,
once. A new assayd is at work within seconds."""

import os
import pathlib
import random
import shutil
import smtplib
import subprocess
import sys
import threading
import time

import chaos  # first: it finds the others
import scanners
from assayd import PATIENCE_S, check, run_tests, wait_for
from mail_load import SCALE
from mail_samples import EICAR

POSTFIX = pathlib.Path(os.environ["ASSAY_SOURCE"]) / \
    "tests/system/support/private_postfix.sh"
KILLS = int(10 * SCALE)
CLIENTS = 4
INFECTED_EACH = 5
BACK_S = 5 + scanners.SLACK_S
FILLER = b"The quick brown fox jumps over the lazy dog.\r\n" * 200


def postfix(*arguments):
    done = subprocess.run([POSTFIX, *map(str, arguments)],
                          stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.strip()


def mail(number):
    infected = number % INFECTED_EACH == 0
    return (b"Subject: number %d.\r\n\r\n" % number) + FILLER + \
        (EICAR + b"\r\n" if infected else b"")


class Clients:
    """Mails over SMTP, and what became of them; a context."""

    def __init__(self, port):
        self.port = port
        self.lock = threading.Lock()
        self.next = 0      # lock
        self.codes = {}    # lock; of each number
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._work, daemon=True)
                        for _ in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)

    def send(self, number):
        """The code of the step that ended it; 0: Postfix hung up."""
        try:
            with smtplib.SMTP("127.0.0.1", self.port,
                              timeout=PATIENCE_S) as smtp:
                smtp.ehlo("client.test")
                code, _ = smtp.mail("a@example.com")
                if code == 250:
                    code, _ = smtp.rcpt("b@example.org")
                if code == 250:
                    code, _ = smtp.data(mail(number))
                return code
        except smtplib.SMTPDataError as error:
            return error.smtp_code
        except smtplib.SMTPException:
            return 0

    def _work(self):
        while not self.stopping.is_set():
            with self.lock:
                number = self.next
                self.next += 1
            code = self.send(number)
            with self.lock:
                self.codes[number] = code

    def count(self, *codes):
        with self.lock:
            return sum(code in codes for code in self.codes.values())


def kill_and_start(folder, text, clients):
    """@return seconds until a mail was accepted again"""
    with scanners.Host(folder, text) as host:
        goal = clients.count(250) + 5
        wait_for("mails", lambda: clients.count(250) >= goal)
        time.sleep(random.uniform(0, 0.05))
        check("runs", host.process.poll(), None)
        scanners.kill(host.pid)
        host.process.wait()
        before = clients.count(451)
        wait_for("put off", lambda: clients.count(451) > before)
        wait_for("processes end", lambda: not scanners.in_session(host.pid))


def numbers_delivered(folder):
    numbers = []
    for path in (folder / "postfix/sink").iterdir():
        data = path.read_bytes()
        if b"number " in data:
            at = data.index(b"number ") + len(b"number ")
            numbers.append(int(data[at:data.index(b".", at)]))
    return sorted(numbers)


def check_accounts(folder, codes):
    wrong = {number: code for number, code in codes.items()
             if code not in (250, 451, 421, 503, 0) and
             (code != 550 or number % INFECTED_EACH)}
    check("wrong codes", wrong, {})
    accepted = sorted(number for number, code in codes.items() if code == 250)
    check("infected accepted",
          [number for number in accepted if number % INFECTED_EACH == 0], [])
    # A client whose connection broke after the end of its data knows nothing.
    unknown = [number for number, code in codes.items() if code == 0]
    check("lost connections", unknown, [])
    wait_for("delivery", lambda: len(numbers_delivered(folder)) >=
             len(accepted))
    check("delivered once each", numbers_delivered(folder), accepted)


def scenario(folder, text, port):
    with Clients(port) as clients:
        for _ in range(KILLS):
            kill_and_start(folder, text, clients)
        with scanners.Host(folder, text) as host:
            start, before = time.monotonic(), clients.count(250)
            wait_for("back", lambda: clients.count(250) > before)
            seconds = time.monotonic() - start
            check("back late", seconds < BACK_S, True)
            refused = clients.count(550)
            wait_for("infected refused", lambda: clients.count(550) > refused)
            clients.stop()
            print(f"  {len(clients.codes)} mails: {clients.count(250)} "
                  f"accepted, {clients.count(550)} refused, "
                  f"{clients.count(451)} put off; back after {seconds:.2f} s")
            check_accounts(folder, clients.codes)
            host.check_end()


def test_c2_killed(folder):
    folder.chmod(0o755)  # the user postfix opens the socket
    base = chaos.folder_in(folder)
    text = chaos.configuration(base).replace(
        'Listen = "SOCKET" }', 'Listen = "SOCKET" file_mode = 0666 }')
    try:
        status, why = postfix("start", folder / "postfix", f"unix:{folder}/s")
        check(f"postfix started ({why})", status, 0)
        scenario(folder, text, int(postfix("port", folder / "postfix")[1]))
        check("left behind", list(base.iterdir()), [])
    finally:
        postfix("stop", folder / "postfix")
        shutil.rmtree(folder / "postfix", ignore_errors=True)


if __name__ == "__main__":
    if postfix("missing")[0] == 0:
        print("skipped: " + postfix("missing")[1])
        sys.exit(chaos.SKIP)
    sys.exit(run_tests(globals()))
