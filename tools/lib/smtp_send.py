#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Send one mail over SMTP and show the dialogue.

usage: smtp_send.py PORT MAIL WANTED

Connects to PORT of this machine, prints each command and the answer to it,
and exits 0 if the code that answers the end of the mail begins with WANTED,
such as 250 or 5.
"""

import pathlib
import smtplib
import sys

SENDER = "sender@example.com"
RECIPIENT = "recipient@example.org"


def show(command, reply):
    """Print a command and its answer; returns the code."""
    code, text = reply
    first = (text.decode("ascii", "replace").splitlines() or [""])[0]
    print(f"    > {command}\n    < {code} {first}")
    return code


def send(port, mail):
    """The code that answered the mail."""
    data = mail.read_bytes()
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        show("EHLO client.example.com", smtp.ehlo("client.example.com"))
        code = show(f"MAIL FROM:<{SENDER}>", smtp.mail(SENDER))
        if code == 250:
            code = show(f"RCPT TO:<{RECIPIENT}>", smtp.rcpt(RECIPIENT))
        if code == 250:
            code = show(f"DATA, {len(data)} bytes of {mail.name}",
                        smtp.data(data))
    return code


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: smtp_send.py PORT MAIL WANTED")
    port, mail, wanted = sys.argv[1:]
    try:
        code = send(int(port), pathlib.Path(mail))
    except (OSError, smtplib.SMTPException) as error:
        sys.exit(f"    the connection failed: {error}")
    if not str(code).startswith(wanted):
        sys.exit(f"    the answer was {code}, expected {wanted}")


if __name__ == "__main__":
    main()
