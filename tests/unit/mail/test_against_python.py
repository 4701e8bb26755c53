#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Mails without oddities have the same leaves here and in Python's email
package: type, file name, decoded bytes. The mails are made at random, from a
fixed seed, in both line end styles."""

import email
import email.policy
import os
import random
import subprocess
import sys
import tempfile
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

MAILS = 150
LEAVES = os.path.join(os.environ["ASSAY_BUILD"], "tests", "mail_leaves")
NAMES = ["a.txt", "two words.pdf", "Grüße.doc", "semi;colon.zip",
         "long-" + "x" * 90 + ".exe", "引用.png", 'quo"te.bin']
WORDS = ["plain", "Grüße", "--", "From here", ".", "trailing ", "=3D", "x" * 90]


def leaf(rng):
    if rng.random() < 0.5:
        text = "\n".join(rng.choices(WORDS, k=rng.randrange(6)))
        charset = rng.choice(["utf-8", "us-ascii"])
        if charset == "us-ascii":
            text = text.encode("ascii", "replace").decode()
        part = MIMEText(text, rng.choice(["plain", "html"]), charset)
        if rng.random() < 0.3:
            recode_quoted_printable(part, text)
    else:
        part = MIMEApplication(rng.randbytes(rng.randrange(400)))
    if rng.random() < 0.6:
        name = rng.choice(NAMES)
        if not name.isascii():
            name = ("utf-8", "", name)
        part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def recode_quoted_printable(part, text):
    charset = email.charset.Charset("utf-8")
    charset.body_encoding = email.charset.QP
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, charset)


def tree(rng, depth):
    kind = rng.random()
    if depth == 0 or kind < 0.4:
        return leaf(rng)
    if kind < 0.5:
        return MIMEMessage(tree(rng, depth - 1))
    part = MIMEMultipart(rng.choice(["mixed", "alternative", "related"]))
    for _ in range(rng.randrange(1, 5)):
        part.attach(tree(rng, depth - 1))
    return part


def want(data):
    for part in email.message_from_bytes(data).walk():
        if not part.is_multipart():
            yield (part.get_content_type(), part.get_filename() or "",
                   part.get_payload(decode=True).hex())


def got(data, path):
    with open(path, "wb") as file:
        file.write(data)
    out = subprocess.run([LEAVES, path], check=True, capture_output=True)
    for line in out.stdout.decode().splitlines():
        yield tuple(line.split("\t"))


def main():
    rng = random.Random(2026)
    leaves = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mail.eml")
        for number in range(MAILS):
            mail = tree(rng, 4)
            mail["Subject"] = f"mail {number}"
            policy = email.policy.compat32.clone(
                linesep=rng.choice(["\n", "\r\n"]))
            data = mail.as_bytes(policy=policy)
            here, there = list(got(data, path)), list(want(data))
            if here != there:
                sys.stdout.buffer.write(data)
                print(f"mail {number}:\ngot  {here}\nwant {there}")
                return 1
            leaves += len(here)
    print(f"{MAILS} mails with {leaves} leaves are read alike")
    return 0 if leaves > MAILS else 1


sys.exit(main())
