# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Mail of every day, in the structures of well known mail programs and
gateways, with the oddities that real mail has."""
import base64
import io
import random
import zipfile

from variants import b64, hex_qp, mixed, tnef, uu

MAILS = {}
RNG = random.Random(23)
PNG = b"\x89PNG\r\n\x1a\n" + RNG.randbytes(900)
PDF = b"%PDF-1.4\n" + RNG.randbytes(3000) + b"\n%%EOF\n"
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as archive:
    archive.writestr("a.csv", RNG.randbytes(900))
ZIP = ZIP.getvalue()
HELLO = b"Hello,\r\n\r\nsee you on Monday.\r\n\r\nRegards\r\n"
HTML = (b"<html><body><p style=\"color:red\">Hello</p>"
        b"<a href=\"http://example.org/?a=1&b=20\">x</a></body></html>\r\n")


def head(mailer, extra=b"", mime=True):
    return (b"Received: from a.example.org by b.example.net; "
            b"Mon, 2 Nov 2026 10:00:00 +0000\r\n"
            b"From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\n"
            b"To: k@example.net\r\nSubject: Meeting\r\n"
            b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n"
            b"Message-ID: <2@example.org>\r\nX-Mailer: " + mailer + b"\r\n" +
            (b"MIME-Version: 1.0\r\n" if mime else b"") + extra)


def text(body=HELLO, params=b"; charset=utf-8", kind=b"plain", enc=b""):
    return (b"Content-Type: text/" + kind + params + b"\r\n" + enc + b"\r\n" +
            body)


def attach(data, kind, name, enc=b"base64"):
    return (b"Content-Type: " + kind + b"; name=\"" + name + b"\"\r\n"
            b"Content-Transfer-Encoding: " + enc + b"\r\n"
            b"Content-Disposition: attachment; filename=\"" + name +
            b"\"\r\n\r\n" + b64(data))


def multi(mailer, parts, boundary, kind=b"mixed", params=b"", preamble=b"",
          epilogue=b"", extra=b"", quote=b"\"", end=True):
    return (head(mailer, extra) + b"Content-Type: multipart/" + kind +
            b"; " + params + b"boundary=" + quote + boundary + quote +
            b"\r\n\r\n" + preamble + mixed(parts, boundary, end=end) +
            epilogue)


def inner(parts, boundary, kind, params=b""):
    return (b"Content-Type: multipart/" + kind + b"; " + params +
            b"boundary=\"" + boundary + b"\"\r\n\r\n" +
            mixed(parts, boundary) + b"\r\n")


def qp(body):
    out = bytearray()
    for byte in body:
        if byte in (13, 10) or 32 <= byte < 127 and byte != 61:
            out.append(byte)
        else:
            out += b"=%02X" % byte
    return bytes(out)


QP = b"Content-Transfer-Encoding: quoted-printable\r\n"
B64 = b"Content-Transfer-Encoding: base64\r\n"
EIGHT = b"Content-Transfer-Encoding: 8bit\r\n"
GERMAN = "Grüße aus Köln, schöne Tage!\r\n".encode()
BOTH = [text(), text(qp(HTML), kind=b"html", enc=QP)]
PREAMBLE = b"This is a multi-part message in MIME format.\r\n"
FOOTER = (b"_______________________________________________\r\n"
          b"list mailing list\r\nlist@lists.example.org\r\n"
          b"http://lists.example.org/mailman/listinfo/list\r\n")
MIXED_PARTS = [text(), attach(PDF, b"application/pdf", b"plan.pdf")]


def add(name, mail):
    MAILS[name] = mail


# ---- single parts ------------------------------------------------------------

add("plain-without-mime", head(b"mail", mime=False) + b"\r\n" + HELLO)
add("plain-ascii", head(b"mutt") + text(params=b"; charset=us-ascii"))
add("plain-flowed", head(b"Thunderbird") +
    text(b"A flowed line \r\nof text.\r\n-- \r\nJ\r\n",
         b"; charset=UTF-8; format=flowed", enc=EIGHT))
add("plain-8bit", head(b"mutt") + text(GERMAN, enc=EIGHT))
add("plain-8bit-undeclared", head(b"old") + text(GERMAN, b""))
add("plain-qp", head(b"KMail") + text(qp(GERMAN), enc=QP))
add("plain-qp-soft-breaks", head(b"Apple Mail") +
    text(b"A line that goes on=\r\n and on=\r\n and ends.\r\n", enc=QP))
add("plain-base64", head(b"Android") + text(b64(GERMAN), enc=B64))
add("plain-base64-long-lines", head(b"php") +
    text(base64.b64encode(HELLO * 30) + b"\r\n", enc=B64))
add("plain-iso-2022-jp", head(b"Becky!") +
    text("会議のお知らせ\r\n".encode("iso-2022-jp"), b"; charset=iso-2022-jp"))
add("plain-shift-jis-base64", head(b"Outlook") +
    text(b64("会議です\r\n".encode("shift_jis")), b"; charset=shift_jis",
         enc=B64))
add("plain-koi8", head(b"The Bat!") +
    text("Привет\r\n".encode("koi8-r"), b"; charset=koi8-r", enc=EIGHT))
add("plain-gb2312", head(b"Foxmail") +
    text(b64("你好\r\n".encode("gb2312")), b"; charset=gb2312", enc=B64))
add("plain-very-long-line", head(b"cron") + text(b"word " * 4000 + b"\r\n"))
add("plain-empty-body", head(b"fax") + text(b""))
add("plain-only-headers", head(b"probe").rstrip(b"\r\n") + b"\r\n")
add("plain-lf", (head(b"cron") + text()).replace(b"\r\n", b"\n"))
add("plain-signature", head(b"pine") + text(HELLO + b"-- \r\nJ\r\n--\r\nK\r\n"))
add("plain-dashes", head(b"cvs") +
    text(b"--- a.c\r\n+++ b.c\r\n@@ -1 +1 @@\r\n-x\r\n+y\r\n--\r\n2.30\r\n"))
add("plain-pgp-inline", head(b"enigmail") +
    text(b"-----BEGIN PGP MESSAGE-----\r\nVersion: GnuPG v2\r\n\r\n" +
         b64(RNG.randbytes(600), 64) + b"=abcd\r\n"
         b"-----END PGP MESSAGE-----\r\n"))
add("plain-begin-in-prose", head(b"mutt") +
    text(b"We\r\nbegin 100 days from now\r\nto\r\nend\r\nit.\r\n"))
add("plain-quoted-reply", head(b"mutt") +
    text(b"> Hello\r\n>> Content-Type: text/plain\r\nyes\r\n"))
add("plain-config-lines", head(b"cron") +
    text(b"name: value\r\nother: 1\r\n\r\nkey = value\r\n"))
add("html-only", head(b"newsletter") + text(HTML, kind=b"html"))
add("html-only-qp", head(b"MailChimp") + text(qp(HTML), kind=b"html", enc=QP))
add("html-8bit", head(b"php") +
    text(b"<p>" + GERMAN + b"</p>", kind=b"html", enc=EIGHT))
add("pdf-only", head(b"scanner") +
    attach(PDF, b"application/pdf", b"scan.pdf"))
add("image-only", head(b"mms") + attach(PNG, b"image/png", b"a.png"))
add("encoding-upper-case", head(b"Lotus") +
    text(b64(HELLO), enc=b"Content-transfer-encoding: BASE64\r\n"))
add("headers-8bit", head(b"old", b"X-Note: " + GERMAN) + text())
add("headers-folded", head(b"exim", b"References: <1@x>\r\n <2@x>\r\n\t<3@x>"
                           b"\r\n") + text())
add("headers-twice", head(b"relay", b"MIME-Version: 1.0\r\n") + text())
add("type-twice-the-same", head(b"gateway", b"Content-Type: text/plain; "
                                b"charset=utf-8\r\n") + text())
add("encoding-twice-the-same",
    head(b"php") + text(b64(HELLO), enc=B64 + B64))

# ---- alternative and related -----------------------------------------------

add("outlook-alternative",
    multi(b"Microsoft Outlook 16.0", BOTH, b"----=_NextPart_000_0001_01D9",
          b"alternative", preamble=PREAMBLE + b"\r\n"))
add("gmail-alternative",
    multi(b"gmail", BOTH, b"000000000000a1b2c305f0", b"alternative"))
add("apple-alternative",
    multi(b"Apple Mail (16.0)", BOTH,
          b"Apple-Mail=_8E2A7F5A-0E2D-4C55-8F02-33AC0C1A4D5E",
          b"alternative", params=b"\r\n\t"))
add("thunderbird-alternative",
    multi(b"Thunderbird 115", BOTH, b"------------0A0B0C", b"alternative",
          preamble=PREAMBLE))
add("roundcube-alternative",
    multi(b"Roundcube", BOTH, b"=_5d41402abc4b2a76b9719d911017c592",
          b"alternative"))
add("unquoted-boundary",
    multi(b"java", BOTH, b"----=_Part_12_345.678", b"alternative", quote=b""))
add("related-inline-image",
    multi(b"Outlook", [inner(BOTH, b"=_alt", b"alternative"),
                       b"Content-ID: <i1>\r\n" +
                       attach(PNG, b"image/png", b"image001.png")],
          b"=_rel", b"related", params=b"type=\"multipart/alternative\"; "))
add("mixed-related-alternative",
    multi(b"Outlook", [inner([inner(BOTH, b"a3", b"alternative"),
                              attach(PNG, b"image/png", b"i.png")],
                             b"a2", b"related"),
                       attach(PDF, b"application/pdf", b"a.pdf")], b"a1"))
add("notes-boundaries",
    multi(b"Lotus Notes", [inner(BOTH, b"=_alternative 0041", b"alternative")],
          b"=_mixed 0041"))
add("empty-alternative-text",
    multi(b"newsletter", [text(b""), BOTH[1]], b"n1", b"alternative"))
add("calendar-invitation",
    multi(b"Exchange", [text(), text(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
                                     b"END:VCALENDAR\r\n",
                                     b"; method=REQUEST; charset=utf-8",
                                     b"calendar")], b"c1", b"alternative"))
add("vcard", multi(b"Thunderbird", [text(), text(b"BEGIN:VCARD\r\nEND:VCARD"
                                                 b"\r\n", b"", b"x-vcard")],
                   b"v1"))

# ---- mixed -----------------------------------------------------------------

add("mixed-pdf", multi(b"mutt", MIXED_PARTS, b"bound"))
add("mixed-lf", multi(b"mutt", MIXED_PARTS, b"bound").replace(b"\r\n", b"\n"))
add("mixed-three-files",
    multi(b"KMail", MIXED_PARTS + [attach(ZIP, b"application/zip", b"a.zip"),
                                   attach(PNG, b"image/png", b"a b.png")],
          b"nextPart1"))
add("mixed-name-2231", multi(b"Thunderbird", [
    text(), b"Content-Type: application/pdf;\r\n name*0=\"a very long n\";"
    b"\r\n name*1=\"ame.pdf\"\r\n" + B64 +
    b"Content-Disposition: attachment;\r\n filename*=utf-8''Gr%C3%BC.pdf\r\n"
    b"\r\n" + b64(PDF)], b"b2"))
add("mixed-name-encoded-word", multi(b"Outlook", [
    text(), attach(PDF, b"application/pdf", b"=?utf-8?B?R3LDvC5wZGY=?=")],
          b"b3"))
add("mixed-text-attachment",
    multi(b"mutt", [text(), b"Content-Disposition: attachment; filename=a.txt"
                    b"\r\n" + text()], b"b4"))
add("mixed-missing-final", multi(b"php", MIXED_PARTS, b"b5", end=False))
add("mixed-list-footer", multi(b"mailman", MIXED_PARTS, b"b6",
                               epilogue=b"\r\n" + FOOTER))
add("mixed-footer-part",
    multi(b"mailman", MIXED_PARTS + [text(FOOTER, b"; charset=us-ascii")],
          b"===============1234567890=="))
add("mixed-parts-without-headers",
    multi(b"metamail", [b"\r\n" + HELLO, b"\r\n" + HELLO], b"b7"))
add("mixed-single-part", multi(b"Exchange", [text()], b"b8"))
add("mixed-empty-part", multi(b"Exchange", [text(), text(b"")], b"b9"))
add("mixed-long-preamble",
    multi(b"old", MIXED_PARTS, b"ba",
          preamble=b"This is a MIME encoded message. If you see this text,\r\n"
                   b"then your mail reader does not know MIME.\r\n\r\n"))
add("base64-list-footer", head(b"list") +
    text(b64(HELLO) + FOOTER, enc=B64))
add("winmail-dat",
    multi(b"Outlook", [text(), attach(tnef(PNG), b"application/ms-tnef",
                                      b"winmail.dat")], b"bb"))
add("uuencoded-attachment", head(b"mailx", mime=False) + b"\r\n" + HELLO +
    uu(PDF, begin=b"begin 644 plan.pdf"))

# ---- messages, reports, signatures --------------------------------------------

FORWARDED = head(b"mutt") + text()
RFC822 = b"Content-Type: message/rfc822\r\n"
add("forwarded-message",
    multi(b"mutt", [text(), RFC822 + b"\r\n" + FORWARDED], b"d1"))
add("forwarded-multipart",
    multi(b"mutt", [text(), RFC822 + b"Content-Disposition: attachment\r\n"
                    b"\r\n" + multi(b"x", MIXED_PARTS, b"e1")], b"d2"))
add("forwarded-in-base64",
    multi(b"phone", [text(), RFC822 + B64 + b"\r\n" + b64(FORWARDED)], b"d3"))
add("forwarded-inline",
    head(b"Outlook") + text(b"FYI\r\n\r\n-----Original Message-----\r\n"
                            b"From: A\r\nSent: Monday\r\nSubject: x\r\n\r\n" +
                            HELLO))
add("digest", multi(b"mailman", [b"\r\n" + FORWARDED, b"\r\n" + FORWARDED],
                    b"d4", b"digest"))
add("delivery-status",
    multi(b"Postfix", [text(), b"Content-Type: message/delivery-status\r\n\r\n"
                       b"Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822;"
                       b" k@x\r\nAction: failed\r\nStatus: 5.1.1\r\n",
                       RFC822 + b"\r\n" + FORWARDED], b"A1B2.1/mx.example.org",
          b"report", params=b"report-type=delivery-status; ",
          preamble=b"This is a MIME-encapsulated message.\r\n\r\n"))
add("delivery-status-headers",
    multi(b"Exim", [text(), b"Content-Type: message/delivery-status\r\n\r\n"
                    b"Reporting-MTA: dns; a\r\n",
                    b"Content-Type: text/rfc822-headers\r\n\r\n" +
                    head(b"x", mime=False)], b"17-ex", b"report"))
add("read-receipt",
    multi(b"Exchange", [text(), b"Content-Type: "
                        b"message/disposition-notification\r\n\r\n"
                        b"Final-Recipient: rfc822;k@x\r\nDisposition: "
                        b"manual-action/MDN-sent-manually; displayed\r\n"],
          b"d5", b"report"))
add("bounce-qmail", head(b"qmail", mime=False) +
    b"\r\nHi. This is the qmail-send program.\r\n\r\n<k@x>:\r\nno mailbox\r\n"
    b"\r\n--- Below this line is a copy of the message.\r\n\r\n" +
    head(b"x", mime=False) + b"\r\n" + HELLO)
add("signed-pgp",
    multi(b"mutt", [text(qp(HELLO), enc=QP),
                    b"Content-Type: application/pgp-signature; "
                    b"name=\"signature.asc\"\r\n\r\n-----BEGIN PGP SIGNATURE"
                    b"-----\r\n\r\n" + b64(RNG.randbytes(200), 64) +
                    b"=abcd\r\n-----END PGP SIGNATURE-----\r\n"], b"s1",
          b"signed", params=b"micalg=pgp-sha512; protocol=\""
                            b"application/pgp-signature\"; "))
add("signed-smime",
    multi(b"Outlook", [text(), attach(RNG.randbytes(900), b"application/"
                                      b"pkcs7-signature", b"smime.p7s")],
          b"----s2", b"signed",
          preamble=b"This is an S/MIME signed message\r\n\r\n"))
add("encrypted-pgp",
    multi(b"mutt", [b"Content-Type: application/pgp-encrypted\r\n\r\n"
                    b"Version: 1\r\n", b"Content-Type: application/"
                    b"octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n" +
                    b64(RNG.randbytes(300), 64) + b"-----END PGP MESSAGE-----"
                    b"\r\n"], b"s3", b"encrypted"))
add("smime-encrypted", head(b"Outlook") +
    attach(RNG.randbytes(2000), b"application/pkcs7-mime", b"smime.p7m"))
add("appledouble",
    multi(b"Apple Mail", [inner([attach(RNG.randbytes(90), b"application/"
                                        b"applefile", b"a.pdf"),
                                 attach(PDF, b"application/pdf", b"a.pdf")],
                                b"f2", b"appledouble")], b"f1"))
add("dmarc-report",
    multi(b"google", [attach(ZIP, b"application/zip", b"g!x!1!2.zip")], b"g1"))
add("abuse-report",
    multi(b"arf", [text(), b"Content-Type: message/feedback-report\r\n\r\n"
                   b"Feedback-Type: abuse\r\nVersion: 1\r\n",
                   RFC822 + b"\r\n" + FORWARDED], b"h1", b"report"))
add("many-images",
    multi(b"phone", [text()] + [attach(RNG.randbytes(300), b"image/jpeg",
                                       b"IMG_%d.jpg" % i) for i in range(40)],
          b"i1"))
add("qp-attachment",
    multi(b"mutt", [text(), b"Content-Type: text/csv; name=a.csv\r\n" + QP +
                    b"\r\n" + qp(b"a;b;=c\r\n1;2;3\r\n")], b"j1"))
add("qp-all-escaped",
    multi(b"php", [text(hex_qp(GERMAN), enc=QP)], b"j2"))
