#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Make a small mailbox of realistic mails: demo_mail.py FOLDER.

Writes one .eml file for each mail, clean-*.eml and infected-*.eml, with fixed
dates and boundaries, so that two runs write the same bytes. Attachments (an
image, a PDF, zip archives) are made here from nothing. The infected ones carry
the EICAR test file: harmless, known to every scanner, and put together only
when this program runs, so that no file of the source tree is taken for it.
"""

import email.message
import email.policy
import io
import pathlib
import struct
import sys
import zipfile
import zlib

POLICY = email.policy.SMTP
DATE = "Mon, 05 Jan 2026 09:{:02d}:00 +0100"
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$"
         + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*")


def png(width, height):
    """A PNG picture: a blue gradient."""
    def chunk(kind, data):
        body = kind + data
        return (struct.pack(">I", len(data)) + body
                + struct.pack(">I", zlib.crc32(body)))
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 200))
                         for x in range(width))
        for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def pdf(line):
    """A PDF of one page with one line of text."""
    text = f"BT /F1 18 Tf 72 720 Td ({line}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table
            + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
            % (size, len(out)))


def archive(members):
    """A zip archive of {name: bytes}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 0, 0)), data,
                            zipfile.ZIP_DEFLATED)
    return out.getvalue()


class Mailbox:
    """Mails by file name, in the order they were made."""

    def __init__(self):
        self.mails = {}

    def mail(self, name, sender, subject, text):
        """A new mail with a plain text body."""
        message = email.message.EmailMessage(policy=POLICY)
        number = len(self.mails) + 1
        message["From"] = sender
        message["To"] = "Grace Hopper <grace@example.org>"
        message["Subject"] = subject
        message["Date"] = DATE.format(number)
        message["Message-ID"] = f"<demo-{number}@example.com>"
        message.set_content(text)
        self.mails[name] = message
        return message

    def write(self, folder):
        """One file for each mail, with the line ends of SMTP."""
        for name, message in self.mails.items():
            for index, part in enumerate(message.walk()):
                if part.is_multipart() and part.get_boundary() is None \
                        and part.get_content_maintype() == "multipart":
                    part.set_boundary(f"=_demo_{name}_{index}")
            (folder / f"{name}.eml").write_bytes(message.as_bytes())


def add_clean(box):
    box.mail("clean-plain", "Ada Lovelace <ada@example.com>",
             "Notes on the engine",
             "Dear Grace,\n\nthe second draft of the notes is done; I send it"
             " with the next post.\n\nYours,\nAda\n")

    message = box.mail("clean-html-picture", "News <news@example.com>",
                       "Grüße aus Zürich: our winter letter",
                       "This letter is best read in a program that shows"
                       " pictures.\n")
    message.add_alternative(
        "<html><body><h1>Grüße aus Zürich</h1>\n"
        "<p>The lake froze this morning.</p>\n"
        '<img src="cid:lake@example.com" alt="the lake"></body></html>\n',
        subtype="html")
    message.get_payload()[1].add_related(
        png(64, 48), "image", "png", cid="<lake@example.com>",
        filename="lake.png", disposition="inline")

    message = box.mail("clean-pdf", "Billing <billing@example.com>",
                       "Invoice 2026-0117", "Please find the invoice"
                       " attached.\n")
    message.add_attachment(pdf("Invoice 2026-0117: 420.00 EUR"),
                           "application", "pdf", filename="invoice.pdf")

    message = box.mail("clean-zip", "Alan Turing <alan@example.com>",
                       "The tables you asked for", "Three tables, zipped.\n")
    message.add_attachment(
        archive({f"table-{n}.csv": "x,square\n" + "".join(
            f"{x},{x * x}\n" for x in range(40 * n)) for n in (1, 2, 3)}),
        "application", "zip", filename="tables.zip")

    message = box.mail("clean-nested", "Help desk <help@example.com>",
                       "Fwd: printer on the second floor",
                       "See the mail below; can you have a look?\n")
    message.add_attachment(box.mails["clean-pdf"])


def add_infected(box):
    message = box.mail("infected-attached", "Shop <shop@example.net>",
                       "Your order has shipped", "The delivery note is"
                       " attached.\n")
    message.add_attachment(EICAR, "application", "octet-stream",
                           filename="note.com")

    message = box.mail("infected-zip", "Scanner <scanner@example.net>",
                       "Scan of your document", "Open the archive to see the"
                       " scan.\n")
    message.add_attachment(
        archive({"readme.txt": b"Double-click the other file.\n",
                 "scan.pdf.com": EICAR}),
        "application", "zip", filename="scan.zip")

    message = box.mail("infected-nested", "Bob <bob@example.net>",
                       "Fwd: Your order has shipped", "Is this one real?\n")
    message.add_attachment(box.mails["infected-attached"])


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: demo_mail.py FOLDER")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    box = Mailbox()
    add_clean(box)
    add_infected(box)
    box.write(folder)


if __name__ == "__main__":
    main()
