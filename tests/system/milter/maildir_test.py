#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Maildirs behind a real Postfix (MD-01, MD-04, MD-08).

Mail for a Maildir domain lands in new/ once, with LF line ends and the header
edits of policy, and is not relayed; other recipients of the same mail are
relayed; unknown and unsafe mailboxes are refused at RCPT TO; a mailbox that
cannot take a mail defers it for everybody.
"""

import pathlib
import shutil
import signal
import smtplib
import sys
import tempfile

import postfix_test as base
from postfix_test import Failure, check, wait_for

LOCAL = "alice@msi.local"
DOTTED = "alice@msi.local."  # Postfix delivers it as the one without
REMOTE = "b@example.org"


def mail(mark):
    """A clean mail that is told from others by a header."""
    return (f"X-Mark: {mark}\r\n".encode("ascii") + base.CLEAN)


class Maildirs(base.Assayd):
    """assayd with a Maildir domain and one mailbox in it."""

    def __init__(self, folder):
        super().__init__(folder)
        self.basedir = folder / "mail"
        self.mailbox = self.basedir / "msi.local/alice"
        for name in ("tmp", "new", "cur"):
            (self.mailbox / name).mkdir(parents=True)
        with (folder / "assay.conf").open("a") as conf:
            conf.write(f"""
            Virus_Headers = true
            maildir "maildir1" {{
                basedir = "{self.basedir}"
                dirmode = 775
                filemode = 664
                domains = ( "msi.local" )
            }}
            """)

    def new(self):
        """The mails in new/."""
        return [path.read_bytes()
                for path in sorted((self.mailbox / "new").iterdir())]

    def take(self):
        """The mails in new/, which is empty then; tmp/ must be."""
        mails = self.new()
        for path in (self.mailbox / "new").iterdir():
            path.unlink()
        check("left in tmp", list((self.mailbox / "tmp").iterdir()), [])
        return mails


class Client:
    """One SMTP connection with a mail begun."""

    def __init__(self, port):
        self.smtp = smtplib.SMTP("127.0.0.1", port,
                                 timeout=base.PATIENCE_S)
        self.smtp.ehlo("client.test")
        check("MAIL", self.smtp.mail("a@example.com")[0], 250)

    def rcpt(self, address):
        code, text = self.smtp.docmd("RCPT", f"TO:<{address}>")
        return code, text.decode("ascii", "replace")

    def data(self, data):
        code, text = self.smtp.data(data)
        return code, text.decode("ascii", "replace")

    def end(self):
        self.smtp.close()


def send(port, recipients, data):
    client = Client(port)
    try:
        for recipient in recipients:
            check(f"RCPT {recipient}", client.rcpt(recipient)[0], 250)
        return client.data(data)
    finally:
        client.end()


def relayed(folder, mark):
    """The recipients of each relayed mail of that mark."""
    found = []
    for path in (folder / "postfix/sink").iterdir():
        text = path.read_text("ascii", "replace")
        if f"X-Mark: {mark}\n" in text and "last line" in text:
            found.append([line.split("<")[1].split(">")[0]
                          for line in text.splitlines()
                          if line.startswith("X-Rcpt-Args:")])
    return found


def check_stored(text, mark):
    """A stored mail is the one that was sent, with what was put on top."""
    want = mail(mark).replace(b"\r\n", b"\n")
    check("CR in the mail", b"\r" in text, False)
    check("top", text.startswith(b"Return-Path: <a@example.com>\n"
                                 b"Delivered-To: alice@"), True)
    head, _, body = text.partition(b"\n\n")
    check("body", body, want.partition(b"\n\n")[2])
    check("mark", head.count(f"X-Mark: {mark}".encode()), 1)
    check("header of policy", head.count(b"\nX-Virus-Scanned: "), 1)


def refusals(port):
    """Acceptance test 16, and names that no mailbox can have."""
    client = Client(port)
    code, text = client.rcpt("nobody@msi.local")
    check(f"unknown ({text})", (code, text[:5]), (550, "5.1.1"))
    for address in ("../../etc/x@msi.local", '"a b"@msi.local',
                    '".."@msi.local', ".alice@msi.local"):
        code, text = client.rcpt(address)
        check(f"{address} ({text})", (code, text[:5]), (553, "5.1.3"))
    code, text = client.rcpt("nobody@msi.local.")
    check(f"unknown, with a dot ({text})", (code, text[:5]), (550, "5.1.1"))
    client.end()


def local_only(folder, assayd, port):
    check("local", send(port, [LOCAL], mail("local"))[0], 250)
    mails = assayd.take()
    check("stored", len(mails), 1)
    check_stored(mails[0], "local")
    check("once per mailbox",
          send(port, [LOCAL, "alice@MSI.Local", '"alice"@msi.local', DOTTED],
               mail("twice"))[0], 250)
    check("stored once", len(assayd.take()), 1)
    check("relayed", relayed(folder, "local") + relayed(folder, "twice"), [])


def mixed(folder, assayd, port, mark):
    check("mixed",
          send(port, [LOCAL, REMOTE, '"alice"@MSI.local', DOTTED],
               mail(mark))[0], 250)
    mails = assayd.take()
    check("stored", len(mails), 1)
    check_stored(mails[0], mark)
    wait_for("relayed", lambda: relayed(folder, mark))
    check("relayed once, to the other", relayed(folder, mark), [[REMOTE]])


def refused_mail(assayd, port):
    check("infected", send(port, [LOCAL], base.INFECTED)[0], 550)
    check("stored", assayd.take(), [])


def trouble(folder, assayd, port):
    """The mailbox is removed after RCPT TO: nobody gets the mail."""
    client = Client(port)
    check("RCPT", client.rcpt(LOCAL)[0], 250)
    check("RCPT", client.rcpt(REMOTE)[0], 250)
    away = folder / "away"
    assayd.mailbox.rename(away)
    code, text = client.data(mail("trouble"))
    client.end()
    check("without mailbox", (code, text[:36]),
          (451, "4.3.0 The mailbox cannot be used now"))
    away.rename(assayd.mailbox)
    check("stored", assayd.take(), [])
    mixed(folder, assayd, port, "after")
    check("relayed", relayed(folder, "trouble"), [])

    (assayd.mailbox / "new").rename(away)
    (assayd.mailbox / "new").symlink_to(away)
    client = Client(port)
    code, text = client.rcpt(LOCAL)
    client.end()
    check(f"link ({text})", (code, text[:5]), (451, "4.3.0"))
    (assayd.mailbox / "new").unlink()
    away.rename(assayd.mailbox / "new")


def scenario(folder, assayd, port):
    assayd.start()
    refusals(port)
    local_only(folder, assayd, port)
    mixed(folder, assayd, port, "mixed")
    refused_mail(assayd, port)
    trouble(folder, assayd, port)
    check("folders", sorted(path.name for path in assayd.basedir.iterdir()),
          ["msi.local"])
    check("stopped", assayd.end(signal.SIGTERM), 0)
    log = assayd.log.read_text()
    check("stored in the log", log.count(" message.stored "), 4)
    check("users in the log of what was stored",
          [line for line in log.splitlines()
           if " message.stored " in line and "alice" in line], [])
    check("action in the log", log.count("action=stored"), 2)


def main():
    missing, why = base.postfix("missing")
    if missing == 0:
        print(f"skipped: {why}")
        return base.SKIP
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-maildir."))
    folder.chmod(0o755)  # the user postfix opens the socket
    assayd = Maildirs(folder)
    try:
        status, text = base.postfix("start", folder / "postfix",
                                    f"unix:{assayd.socket}")
        check(f"postfix started ({text})", status, 0)
        scenario(folder, assayd,
                 int(base.postfix("port", folder / "postfix")[1]))
    except (Failure, OSError, smtplib.SMTPException) as error:
        print(f"FAILED: {error}")
        for log in (assayd.log, folder / "postfix/maillog"):
            if log.exists():
                print(f"--- {log.name}\n{log.read_text()[-4000:]}")
        return 1
    finally:
        assayd.end(signal.SIGKILL)
        base.postfix("stop", folder / "postfix")
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
