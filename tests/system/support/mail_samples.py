# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Numbered mails: one in ten content numbers carries the EICAR test file, in
one of six encodings; the others are ordinary."""

import dataclasses
import email.message
import email.policy
import functools
import gzip
import io
import quopri
import zipfile

# The test file of the antivirus makers, never in one piece in our files.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$"
         b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
THREAT = b"Eicar-Test-Signature"

# Of contents.
INFECTED_EACH = 10
# Mails of one content: the second may come from the cache, or while the first
# is being scanned.
TWINS = 2

MARK = b"NUMBER-OF-THE-MAIL"


@dataclasses.dataclass(frozen=True)
class Mail:
    """One mail as the milter protocol carries it."""
    number: int
    kind: str
    headers: tuple  # of (name, value); values as received
    body: bytes

    @property
    def infected(self):
        return self.kind.startswith("eicar")


def _zip(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", data)
    return out.getvalue()


def _message():
    message = email.message.EmailMessage(email.policy.SMTP)
    message["From"] = "a@example.com"
    message["To"] = "b@example.org"
    message["Subject"] = "mail " + MARK.decode()
    message.set_content("This is " + MARK.decode() + ".\n")
    return message


def _attach(data, name, **options):
    message = _message()
    message.add_attachment(data, maintype="application",
                           subtype="octet-stream", filename=name, **options)
    return message


def _quoted(data):
    """A text part of which each character is quoted."""
    message = _message()
    message.add_attachment("x", filename="a.txt", cte="quoted-printable")
    part = list(message.iter_attachments())[0]
    part.set_payload("".join(f"={byte:02X}" + "=\r\n" * (i % 20 == 19)
                             for i, byte in enumerate(data)))
    assert quopri.decodestring(part.get_payload()) == data
    return message


def _plain(data):
    message = _message()
    message.set_content("This is " + MARK.decode() + ".\n" + data.decode() +
                        "\n", cte="7bit")
    return message


def _nested(message):
    outer = _message()
    outer.add_attachment(message)
    return outer


FILLER = b"The quick brown fox jumps over the lazy dog.\n" * 40

EICAR_KINDS = {
    "eicar base64": lambda: _attach(EICAR, "a.com"),
    "eicar quoted-printable": lambda: _quoted(EICAR),
    "eicar zip": lambda: _attach(_zip(EICAR), "a.zip"),
    "eicar gz": lambda: _attach(gzip.compress(EICAR, mtime=0), "a.gz"),
    "eicar nested": lambda: _nested(_attach(EICAR, "a.com")),
    "eicar plain": lambda: _plain(EICAR),
}
CLEAN_KINDS = {
    "clean text": lambda: _plain(FILLER),
    "clean base64": lambda: _attach(bytes(range(256)) * 20, "a.bin"),
    "clean zip": lambda: _attach(_zip(FILLER), "a.zip"),
    "clean quoted-printable": lambda: _quoted(FILLER),
    "clean nested": lambda: _nested(_attach(FILLER, "a.txt")),
}


# What a test asks for by name: functions that make a message.
OTHER_KINDS = {}


def plain_with(name, value):
    """A clean mail with one more header field."""
    message = _message()
    message[name] = value
    return message


def large(data, more_bytes):
    """An attachment that is too large for the memory."""
    return _attach(data + bytes(more_bytes), "a.bin")


@functools.lru_cache(maxsize=None)
def _template(kind):
    make = EICAR_KINDS.get(kind) or CLEAN_KINDS.get(kind) or OTHER_KINDS[kind]
    return bytes(make()).partition(b"\r\n\r\n")


def kind_of(content):
    infected, encoding = content % INFECTED_EACH == 0, content // INFECTED_EACH
    kinds = list(EICAR_KINDS if infected else CLEAN_KINDS)
    return kinds[(encoding if infected else content) % len(kinds)]


def numbered(number, kind=None):
    """The mail of this number, always the same."""
    content = number // TWINS
    kind = kind or kind_of(content)
    header, _, body = _template(kind)
    mark = b"%d" % content
    fields = header.replace(MARK, mark).replace(b"\r\n ", b"\n ") \
        .replace(b"\r\n\t", b"\n\t").split(b"\r\n")
    return Mail(number, kind,
                tuple(tuple(field.split(b":", 1)) for field in fields),
                body.replace(MARK, mark))
