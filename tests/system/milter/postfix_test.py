#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assayd behind a real Postfix.

What passes is delivered byte for byte, what is infected is refused with the
name of the threat, and without assayd nothing is accepted.
"""

import os
import pathlib
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
POSTFIX = SOURCE / "tests/system/support/private_postfix.sh"
SKIP = 77
PATIENCE_S = 60

# The test file of the antivirus makers, never in one piece in our files.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$"
         b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
THREAT = "Eicar-Test-Signature"

CLEAN = b"\r\n".join([
    b"X-No-Space:value",
    b"X-Two-Spaces:  value",
    b"X-Tab:\tvalue",
    b"X-Empty:",
    b"X-Folded: one",
    b"\ttwo",
    b"   three ",
    b"X-Percent: 100%s",
    b"Subject: =?utf-8?q?caf=C3=A9?=",
    b"From: a@example.com",
    b"Date: Sat, 21 Nov 2026 12:00:00 +0000",
    b"Message-Id: <1@example.com>",
    b"",
    b"one",
    b".",
    b"..two",
    b"trailing blanks  ",
    b"x" * 900,
    b"last line",
    b"",
])
INFECTED = b"Subject: infected\r\n\r\n" + EICAR + b"\r\n"


class Failure(Exception):
    """A check that did not hold."""


def check(what, got, want):
    if got != want:
        raise Failure(f"{what}: got {got!r}, want {want!r}")


def wait_for(what, condition):
    """The first true value of condition()."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise Failure(f"{what}: not within {PATIENCE_S} s")


def postfix(*arguments):
    done = subprocess.run([POSTFIX, *map(str, arguments)],
                          stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.strip()


class Assayd:
    """assayd with one antivirus scope, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = folder / "milter.sock"
        self.log = folder / "assayd.log"
        self.process = None
        (folder / "db").mkdir()
        (folder / "db/test.ndb").write_text(
            f"{THREAT}:0:*:{EICAR.hex()}\n", encoding="ascii")
        (folder / "assay.conf").write_text(
            f"""Milter_Listener {{
                Listen = "unix:{self.socket}"
                file_mode = 0666
            }}
            clamav {{}}
            antivirus "antivirus1" {{
                clamav "clamav1" {{ signatures = "{folder}/db" }}
            }}
            """, encoding="ascii")

    def start(self):
        with self.log.open("w") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                [BUILD / "bin/assayd", "-v", "-c", self.folder / "assay.conf"],
                stdin=subprocess.DEVNULL, stderr=log)
        wait_for("assayd.ready", lambda: self.process.poll() is not None or
                 "assayd.ready" in self.log.read_text())
        check("assayd started", self.process.poll(), None)

    def end(self, number):
        """Exit status after a signal."""
        if self.process is None:
            return None
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        self.process = None
        return status


def send(port, data):
    """Code and text of the first step that was refused, else of the last."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_S) as smtp:
        smtp.ehlo("client.test")
        code, text = smtp.mail("a@example.com")
        if code == 250:
            code, text = smtp.rcpt("b@example.org")
        if code == 250:
            code, text = smtp.data(data)
    return code, text.decode("ascii", "replace")


def delivered(folder, start):
    """The mail whose header begins with start, as smtp-sink got it."""
    for path in (folder / "postfix/sink").iterdir():
        data = path.read_bytes()
        at = data.find(start)
        # smtp-sink writes LF, and a line end of its own behind the mail.
        if at >= 0 and data.endswith(b"last line\n\n"):
            return data[at:-1].replace(b"\n", b"\r\n")
    return None


def scenario(folder, assayd, port):
    assayd.start()
    check("clean", send(port, CLEAN)[0], 250)
    start = CLEAN.split(b"\r\n", 1)[0]
    check("delivered", wait_for("delivery", lambda: delivered(folder, start)),
          CLEAN)

    code, text = send(port, INFECTED)
    check("infected", code, 550)
    check("names the threat", THREAT in text, True)
    check("a message without queue id in the log",
          " id= " in assayd.log.read_text(), False)

    check("killed", assayd.end(signal.SIGKILL), -signal.SIGKILL)
    code, text = send(port, CLEAN)
    check(f"without assayd ({text})", code, 451)

    assayd.start()  # over the socket file that was left behind
    check("back", send(port, CLEAN)[0], 250)
    check("stopped", assayd.end(signal.SIGTERM), 0)
    check("socket removed", assayd.socket.exists(), False)


def main():
    missing, why = postfix("missing")
    if missing == 0:
        print(f"skipped: {why}")
        return SKIP
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-postfix."))
    folder.chmod(0o755)  # the user postfix opens the socket
    assayd = Assayd(folder)
    try:
        status, text = postfix("start", folder / "postfix",
                               f"unix:{assayd.socket}")
        check(f"postfix started ({text})", status, 0)
        scenario(folder, assayd, int(postfix("port", folder / "postfix")[1]))
    except (Failure, OSError, smtplib.SMTPException) as error:
        print(f"FAILED: {error}")
        for log in (assayd.log, folder / "postfix/maillog"):
            if log.exists():
                print(f"--- {log.name}\n{log.read_text()[-4000:]}")
        return 1
    finally:
        assayd.end(signal.SIGKILL)
        postfix("stop", folder / "postfix")
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
