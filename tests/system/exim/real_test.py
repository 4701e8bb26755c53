#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Debian's Exim and assayd, in the three ways of docs/EXIM.md."""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(os.environ["ASSAY_SOURCE"]) / "tests/system"
sys.path[:0] = [str(TESTS / "support"), str(TESTS)]
# pylint: disable=wrong-import-position
import exim  # noqa: E402
from assayd import (ASSAYD, PATIENCE_S, Failure, check, check_in,  # noqa: E402
                    run_tests, wait_for)
from clamav_samples import mail as mail_of, marked_encrypted, zipped  # noqa: E402

SKIP = 77
# The test file of the antivirus makers, never in one piece in our files.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$"
         b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
THREAT = "Eicar-Test-Signature"
NAME = THREAT + ".UNOFFICIAL"  # libclamav adds it to signatures of others
UNCHECKED = "451 4.3.0 Could not check the message, try again later"
STORED = "alice@msi.local"
SNIPPETS = exim.snippets()

CONFIGURATION = """
Scan_Listener "exim" {{
  Listen = "unix:{folder}/scan.sock"
  file_mode = 0666
}}
Scan_Listener "clamd" {{
  Listen = "inet:{port}@127.0.0.1"
  content = mail
}}
maildir "maildir1" {{
  basedir = "{folder}/stored"
  dirmode = 775
  filemode = 664
  domains = ( "msi.local" )
}}
clamav {{}}
antivirus "antivirus1" {{
  clamav "clamav1" {{ signatures = "{folder}/db" }}
}}
scriptlet "scriptlet" {{
  script "exim" {{ source = "exim" }}
}}
"""


class Assayd:
    """assayd with an antivirus scope, a script and both kinds of sockets."""

    def __init__(self, folder):
        self.folder = folder
        self.port = exim.free_port()
        self.log = folder / "assayd.log"
        self.process = None
        (folder / "db").mkdir()
        (folder / "db/test.ndb").write_text(f"{THREAT}:0:*:{EICAR.hex()}\n")
        (folder / "exim.lua").write_bytes(
            (TESTS / "exim/policy/exim.lua").read_bytes())
        for name in ("tmp", "new", "cur"):
            (folder / "stored/msi.local/alice" / name).mkdir(parents=True)
        (folder / "assay.conf").write_text(
            CONFIGURATION.format(folder=folder, port=self.port))
        exim.configure(f"socket = {folder}/scan.sock")

    def __enter__(self):
        with self.log.open("a") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                [ASSAYD, "-v", "-c", self.folder / "assay.conf"],
                stdin=subprocess.DEVNULL, stderr=log)
        ready = self.log.read_text().count("assayd.ready") + 1
        wait_for("assayd.ready", lambda: self.process.poll() is not None or
                 self.log.read_text().count("assayd.ready") >= ready)
        if self.process.poll() is not None:
            raise Failure(f"assayd ended: {self.log.read_text()}")
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(PATIENCE_S)
        if kind is not None:
            print("--- the log of assayd", self.log.read_text()[-3000:],
                  sep="\n")

    def stored(self):
        new = self.folder / "stored/msi.local/alice/new"
        return [path.read_bytes() for path in sorted(new.iterdir())]

    def callers(self):
        """Connections to the socket that exist, taken or waiting."""
        path = f"{self.folder}/scan.sock"
        lines = pathlib.Path("/proc/net/unix").read_text().splitlines()
        # The first one is the listening socket.
        return sum(line.endswith(path) for line in lines) - 1


def mail(subject, *headers, body=b"body\r\n"):
    lines = [f"Subject: {subject}", "From: a@example.com",
             f"Message-Id: <{subject.replace(' ', '-')}@example.com>",
             "Date: Sat, 21 Nov 2026 12:00:00 +0000", *headers]
    return "".join(line + "\r\n" for line in lines).encode() + b"\r\n" + body


INFECTED = mail("infected", body=EICAR + b"\r\n")
ENCRYPTED = mail_of([("a.zip", marked_encrypted(zipped([("a", b"nothing")])))])


# ---- local_scan ---------------------------------------------------------------

def answers(host):
    """What the policy says is what the client is told."""
    check("clean", host.send(mail("clean"))[:7], "250 OK ")
    check_in("delivered", b"\n\nbody\n", host.mail("Subject: clean"))
    check_in("infected", "550 5.7.1 ", host.send(INFECTED))
    check_in("infected", THREAT, host.send(INFECTED))
    # Exim has one code for all refusals of local_scan().
    check("rejected", host.send(mail("do reject")),
          "550 5.7.7 Not wanted, 100% sure")
    check_in("log", "assay: action=reject code=554 ", host.log())
    check("put off", host.send(mail("do tempfail")), "451 4.2.0 Not now")
    check("by -bs", host.local(mail("do reject")),
          "550 5.7.7 Not wanted, 100% sure")
    check_in("by -bs", "250 OK id=", host.local(mail("from within")))
    host.mail("Subject: from within")
    status, text = host.sendmail(mail("do reject"))
    check_in("from the command line", "5.7.7 Not wanted, 100% sure", text)
    check("from the command line", status != 0, True)


def edits(host):
    text = mail("do edits", "X-Gone: 1", "X-Twice: old", "X-Twice: older",
                "x-gone: 2")
    check("edits", host.send(text)[:7], "250 OK ")
    head = host.mail("Subject: do edits").partition(b"\n\n")[0].decode()
    lines = head.splitlines()
    check("removed", [one for one in lines if "x-gone" in one.lower()], [])
    check("replaced", [one for one in lines if "X-Twice" in one],
          ["X-Twice: new"])
    check("appended", lines[-1], "X-Added: one")
    check_in("in front of Received", "X-First: two\nReceived: ", head)


def recipients(host, assayd):
    check("discarded", host.send(mail("do discard"))[:7], "250 OK ")
    host.wait_log("=> blackhole discarded by the policy of Assay")
    check("stored", host.send(mail("stored one"), STORED)[:7], "250 OK ")
    check("stored and not", host.send(mail("stored two"), STORED,
                                      "b@example.org")[:7], "250 OK ")
    check_in("the other", b"Envelope-to: b@example.org\n",
             host.mail("Subject: stored two"))
    check("stored", [one.count(b"Subject: stored") for one in assayd.stored()],
          [1, 1])
    (assayd.folder / "stored/msi.local/alice").rename(assayd.folder / "away")
    check("mailbox away", host.send(mail("unknown"), STORED),
          "550 5.1.1 There is no such mailbox")
    (assayd.folder / "away").rename(assayd.folder / "stored/msi.local/alice")
    check("refused alone", host.send(mail("refused"), "b@example.org",
                                     "nobody@example.org"),
          "550 5.1.1 No such user")
    options = exim.CONFIG.read_text()
    exim.configure(options, "on_refused = drop")
    check("refused and dropped", host.send(
        mail("dropped"), "b@example.org", "nobody@example.org")[:7], "250 OK ")
    check_in("the other", b"Envelope-to: b@example.org\n",
             host.mail("Subject: dropped"))
    exim.configure(options)
    check("mails", sum(b"Subject: do discard" in one or b"Subject: refused"
                       in one for one in host.mails()), 0)


def connection(host):
    """What the policy learns of the connection, and several mails on one."""
    check("with a user", host.send(mail("do variables"), user="alice")[:7],
          "250 OK ")
    text = host.mail("X-User: alice")
    check_in("protocol", b"X-Protocol: esmtpa\n", text)
    client = host.client()
    check("first", exim.transact(client, mail("do reject"))[:9], "550 5.7.7")
    check("second", exim.transact(client, mail("second"))[:7], "250 OK ")
    check("third", exim.transact(client, INFECTED)[:9], "550 5.7.1")
    check("empty", exim.transact(client, mail("empty", body=b""))[:7],
          "250 OK ")
    client.quit()
    host.mail("Subject: second")
    host.mail("Subject: empty")


def chunks(host):
    """BDAT: the spool file has CRLF then."""
    client = host.client()
    check_in("clean", "250", exim.chunked(
        client, mail("chunked", body=b".\r\n..\r\n" + b"x" * 5000 + b"\r\n"))[:3])
    check("infected", exim.chunked(client, INFECTED, 100)[:9], "550 5.7.1")
    client.quit()
    check_in("delivered", b"\n\n.\n..\nxxx", host.mail("Subject: chunked"))


def at_once(host):
    """Many connections at once, clean and infected."""
    def one(number):
        if number % 2:
            return number, host.send(INFECTED)
        return number, host.send(mail(f"number {number}."))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for number, text in pool.map(one, range(24)):
            check(f"mail {number} ({text})", text[:3],
                  "550" if number % 2 else "250")
    for number in range(0, 24, 2):
        host.mail(f"Subject: number {number}.")


def stopped_while_it_checks(host, assayd, timeout):
    """A mail that assayd has, and does not answer; the answer to it."""
    exim.configure(f"socket = {assayd.folder}/scan.sock",
                   f"timeout = {timeout}")
    wait_for("no callers", lambda: assayd.callers() == 0)
    assayd.process.send_signal(signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sent = pool.submit(host.send, mail("in the middle"))
        wait_for("a caller", lambda: assayd.callers() > 0)
        if timeout > 1:
            assayd.process.kill()
            assayd.process.wait()
        return sent.result(PATIENCE_S)


def failures(host, assayd):
    check("over the deadline", stopped_while_it_checks(host, assayd, 1),
          UNCHECKED)
    check_in("log", "assay: not checked: assayd did not answer in time",
             host.log())
    assayd.process.send_signal(signal.SIGCONT)
    check("killed", stopped_while_it_checks(host, assayd, 50), UNCHECKED)
    check_in("log", "assay: not checked: ", host.log())
    check("away", host.send(mail("away")), UNCHECKED)
    check_in("log", "assay: not checked: assayd at ", host.log())
    check("away, by -bs", host.local(mail("away")), UNCHECKED)
    exim.configure("timeout = soon")
    check("mistake in exim.conf", host.send(mail("mistake")), UNCHECKED)
    check_in("panic log", 'timeout: "soon" is not', host.log("panic"))
    check("mails", [one for one in host.mails()
                    if b"Subject: in the middle" in one or
                    b"Subject: away" in one or b"Subject: mistake" in one], [])


def test_local_scan(folder):
    main = SNIPPETS["local_scan"] + "spool_wireformat = true\n"
    with Assayd(folder) as assayd, exim.Exim(folder, main) as host:
        answers(host)
        edits(host)
        recipients(host, assayd)
        connection(host)
        chunks(host)
        at_once(host)
        check("panic log", host.panics(), [])
        failures(host, assayd)
        exim.configure(f"socket = {folder}/scan.sock")
        with assayd:
            check("back again", host.send(mail("back again"))[:7], "250 OK ")


# ---- functions in ACLs ----------------------------------------------------------

def test_functions_with_local_scan(folder):
    """Both together: the policy's own codes, edits, and one check."""
    main = (SNIPPETS["acl_main"] + SNIPPETS["local_scan"] +
            "split_spool_directory = true\n")
    with Assayd(folder) as assayd, \
            exim.Exim(folder, main, SNIPPETS["acl"]) as host:
        check("rejected", host.send(mail("do reject")),
              "554 5.7.7 Not wanted, 100% sure")
        check("put off", host.send(mail("do tempfail")), "450 4.2.0 Not now")
        check_in("infected", "550 5.7.1 ", host.send(INFECTED))
        check_in("log", f"rejected after DATA: assay: infected {NAME}",
                 host.log())
        check("discarded", host.send(mail("do discard"))[:7], "250 OK ")
        host.wait_log("=> blackhole")
        edits(host)
        chunks(host)
        check("stored", host.send(mail("stored one"), STORED)[:7], "250 OK ")
        check("stored", len(assayd.stored()), 1)
        check("stored and not", host.send(mail("stored two"), STORED,
                                          "b@example.org")[:7], "250 OK ")
        host.mail("Subject: stored two")
        check("stored", len(assayd.stored()), 2)
        # Each message was checked once, for all functions and local_scan().
        log = assayd.log.read_text()
        ids = re.findall(r" scan\.request .* id=\"([^\"]+)\"", log)
        check("checked", sorted(ids), sorted(set(ids)))
        check("requests", len(ids), 9)
        check("panic log", host.panics(), [])
        assayd.process.kill()
        assayd.process.wait()
        check_in("away", "451 ", host.send(mail("away")))
        check_in("panic log", "failed (1): assayd at ", host.log("panic"))


def test_functions_alone(folder):
    with Assayd(folder) as assayd, exim.Exim(
            folder, SNIPPETS["acl_main"], SNIPPETS["acl_verdict"]) as host:
        check("clean", host.send(mail("clean"))[:7], "250 OK ")
        check("infected", host.send(INFECTED),
              f"550 this message has a virus: {NAME}")
        check("encrypted", host.send(ENCRYPTED),
              "451 this message could not be checked")
        check("variable", host.send(mail("do variables"))[:7], "250 OK ")
        check_in("variable", b"X-Score: 7\n",
                 host.mail("Subject: do variables"))
        check("by -bs", host.local(INFECTED),
              f"550 this message has a virus: {NAME}")
        assayd.process.kill()
        assayd.process.wait()
        check_in("away", "451 ", host.send(mail("away")))


# ---- Exim's own client ------------------------------------------------------------

def test_clamd(folder):
    with Assayd(folder) as assayd:
        main = SNIPPETS["clamd_main"].replace("3311", str(assayd.port))
        with exim.Exim(folder, main, SNIPPETS["clamd"]) as host:
            check("clean", host.send(mail("clean"))[:7], "250 OK ")
            host.mail("Subject: clean")
            check("infected", host.send(INFECTED),
                  f"550 this message has a virus: {NAME}")
            check_in("encrypted", "451 ", host.send(ENCRYPTED))
            assayd.process.kill()
            assayd.process.wait()
            check_in("away", "451 ", host.send(mail("away")))
            check("mails", len(host.mails()), 1)


def main():
    status, why = exim.tool("missing")
    if status == 0:
        print(f"skipped: {why}")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="assay-exim.") as folder:
        status, why = exim.tool("get", exim.BUILD / "private-exim", folder)
    if status != 0:
        print(f"skipped: Debian's Exim cannot be had: {why}")
        return SKIP
    try:
        return run_tests({name: passable(test)
                          for name, test in globals().items()
                          if name.startswith("test_")})
    finally:
        exim.CONFIG.unlink(missing_ok=True)


def passable(test):
    """The test with a folder that Exim's user may pass."""
    def run(folder):
        folder.chmod(0o755)
        test(folder)
    run.__name__ = test.__name__
    return run


if __name__ == "__main__":
    sys.exit(main())
