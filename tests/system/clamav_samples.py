#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Write a signature folder and infected samples for the clamav engine.

usage: clamav_samples.py FOLDER

FOLDER/db/test.ndb   one signature of our own, and one for the EICAR test file
FOLDER/samples/      CONTAINER.VARIANT: each container (a bare file, a mail, a
                     zip, ...) with each variant of the threat inside:
    plain   as it is
    large   at the end of 200 kB that compress well
    many    behind 60 harmless members
    deep    in eight zips
FOLDER/special/      what single tests need

The threats are put together here, so that no file of the source tree holds
one in one piece.
"""

import base64
import binascii
import io
import os
import struct
import sys
import tarfile
import zipfile
import zlib

MARKER = b"assay test threat " + b"b7e1c0de" + b"5eed2f9a" + b"41d08c36"
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" +
         b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
PAYLOAD = b"harmless words\n" * 8 + MARKER + b"\nmore words\n"
DECOYS = 60


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def tar_gz(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def pdf(members):
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>",
    ]
    for _, data in members:
        packed = zlib.compress(data)
        objects.append(b"<< /Length " + str(len(packed)).encode() +
                       b" /Filter /FlateDecode >>\nstream\n" + packed +
                       b"\nendstream")
    text = b"%PDF-1.4\n"
    for number, body in enumerate(objects, 1):
        text += str(number).encode() + b" 0 obj\n" + body + b"\nendobj\n"
    return text + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


def attachment(name, data):
    if name.endswith(".eml"):
        return b"Content-Type: message/rfc822\r\n\r\n" + data
    return (b'Content-Type: application/octet-stream; name="' +
            name.encode() + b'"\r\n'
            b"Content-Transfer-Encoding: base64\r\n"
            b'Content-Disposition: attachment; filename="' + name.encode() +
            b'"\r\n\r\n' + base64.encodebytes(data).replace(b"\n", b"\r\n"))


def mail(members, boundary=b"inner"):
    text = [b"Received: from sender.example by mx.example\r\n"
            b"From: a@example.org\r\nTo: b@example.org\r\n"
            b"Subject: sample\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="' + boundary +
            b'"\r\n\r\n--' + boundary +
            b"\r\nContent-Type: text/plain\r\n\r\nSee the attachment.\r\n"]
    for name, data in members:
        text += [b"--", boundary, b"\r\n", attachment(name, data), b"\r\n"]
    return b"".join(text + [b"--", boundary, b"--\r\n"])


CONTAINERS = {
    "bare": lambda members: members[-1][1],
    "mail": mail,
    "mail_zip": lambda members: mail([("a.zip", zipped(members))]),
    "zip": zipped,
    "zip_zip": lambda members: zipped([("b.zip", zipped(members))]),
    "tgz": tar_gz,
    "pdf": pdf,
    "nested": lambda members: mail([("m.eml", mail(members))], b"outer"),
}


def deep():
    data = PAYLOAD
    for level in range(8):
        data = zipped([("level%d.zip" % level, data)])
    return data


def variants():
    decoys = [("decoy%d.txt" % n, b"decoy %d\n" % n * 4)
              for n in range(DECOYS)]
    yield "plain", [("a.bin", PAYLOAD)]
    yield "large", [("a.bin", b"hello world\n" * 17000 + PAYLOAD)]
    yield "many", decoys + [("a.bin", PAYLOAD)]
    yield "deep", [("a.zip", deep())]


def marked_encrypted(data):
    """Set the encryption bit in all headers of a zip."""
    data = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def one_encrypted(secret, members):
    """A zip whose first member is encrypted and whose others are not."""
    data = bytearray(zipped([("secret.txt", secret)] + members))
    data[data.find(b"PK\x03\x04") + 6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def special():
    large = b"hello world\n" * 17000 + PAYLOAD
    locked = marked_encrypted(zipped([("a.txt", b"nothing to see")]))
    yield "eicar", EICAR
    yield "mail_eicar", mail([("eicar.com", EICAR)])
    yield "clean", mail([("a.bin", b"nothing here"), ("a.zip", zipped(
        [("b.txt", b"nor here")]))])
    yield "encrypted", locked
    yield "mail_encrypted", mail([("a.zip", locked)])
    yield "encrypted_threat", one_encrypted(b"secret",
                                            [("a.bin", PAYLOAD)])
    yield "encrypted_large", one_encrypted(b"secret", [("a.bin", large)])
    yield "encrypted_deep", one_encrypted(b"secret", [("a.zip", deep())])
    yield "slow", mail([("d%d.txt" % n, b"decoy") for n in range(20000)])
    # A header that lies about the size of the member.
    lying = bytearray(zipped([("a.bin", large)]))
    at = lying.find(b"PK\x03\x04")
    struct.pack_into("<I", lying, at + 22, 10)
    at = lying.find(b"PK\x01\x02")
    struct.pack_into("<I", lying, at + 24, 10)
    yield "lying_zip", bytes(lying)


def write(folder, name, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    write(os.path.join(folder, "db"), "test.ndb", b"".join(
        name + b":0:*:" + binascii.hexlify(text) + b"\n"
        for name, text in ((b"Assay-Test", MARKER), (b"Eicar-Test", EICAR))))
    for variant, members in variants():
        for name, make in CONTAINERS.items():
            write(os.path.join(folder, "samples"), name + "." + variant,
                  make(members))
    for name, data in special():
        write(os.path.join(folder, "special"), name, data)


if __name__ == "__main__":
    main()
