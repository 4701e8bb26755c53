#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The clamav engine behind the walls of assay-scanner, by clamav_walls.c.

usage: clamav_walls.py same|memory

same: Debian's clamav-testfiles and the EICAR test file, as they are and as
attachments of mails, and documents in character sets for which the C library
loads code while they are scanned.
memory: an infected sample of each kind.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import clamav_equivalence as equivalence
import clamav_samples as samples

TEXT = "assay threat in a document 1f7a90c4"
SKIP = 77

# Each in the encoding its name says; the last three are loaded by libxml2.
CHARACTER_SETS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "shift_jis",
                  "euc_kr", "gb18030", "koi8-r", "cp1251", "big5")


def html(charset):
    text = (f"<html><head><meta http-equiv=\"Content-Type\" content=\""
            f"text/html; charset={charset}\"></head>"
            f"<body><p>{TEXT}</p></body></html>")
    return text.encode(charset)


def xml(charset):
    name = charset.replace("_", "-").upper()
    return (f"<?xml version=\"1.0\" encoding=\"{name}\"?>\n"
            f"<w:document xmlns:w=\"urn:x\"><w:t>{TEXT}</w:t>"
            "</w:document>\n").encode(charset)


def docx(charset):
    """A Word document whose parts are in charset."""
    kind = "application/vnd.openxmlformats-"
    types = (
        f"<?xml version=\"1.0\" encoding=\"{charset.upper()}\"?>\n"
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/"
        "content-types\"><Default Extension=\"xml\" "
        "ContentType=\"application/xml\"/><Override "
        "PartName=\"/word/document.xml\" "
        f"ContentType=\"{kind}officedocument.wordprocessingml.document.main"
        "+xml\"/></Types>").encode(charset)
    return samples.zipped([("[Content_Types].xml", types),
                           ("word/document.xml", xml(charset)),
                           ("docProps/app.xml", xml(charset)),
                           ("docProps/core.xml", xml(charset)),
                           ("word/a.bin", samples.PAYLOAD)])


def documents():
    for charset in CHARACTER_SETS:
        yield f"{charset}.html", html(charset)
        yield f"{charset}.docx", docx(charset)
        yield f"{charset}.zip", samples.zipped(
            [("a.html", html(charset)), ("a.xml", xml(charset)),
             ("a.bin", samples.PAYLOAD)])


def write_signatures(folder):
    equivalence.make_signatures(folder)
    (folder / "marker.ndb").write_text(
        f"Assay-Test:0:*:{samples.MARKER.hex()}\n"
        f"Assay-Html:3:*:{TEXT.encode().hex()}\n")


def write_same(folder):
    folder.mkdir()
    files = dict(documents())
    files["eicar.com"] = equivalence.EICAR
    for path in equivalence.TEST_FILES.iterdir():
        files[path.name] = path.read_bytes()
    for name, data in files.items():
        (folder / name).write_bytes(data)
        (folder / f"{name}.eml").write_bytes(equivalence.wrap(data, name))


def write_memory(folder):
    folder.mkdir()
    for name, make in samples.CONTAINERS.items():
        suffix = ".eml" if name in ("mail", "mail_zip", "nested") else ""
        (folder / f"{name}{suffix}").write_bytes(
            make([("a.bin", samples.PAYLOAD)]))
    (folder / "utf-16.html").write_bytes(html("utf-16"))
    for name in ("clam.ole.doc", "clam.exe.html", "clam.7z", "clam.cab"):
        (folder / name).write_bytes(
            (equivalence.TEST_FILES / name).read_bytes())


def main():
    build = pathlib.Path(os.environ["ASSAY_BUILD"])
    group = sys.argv[1]
    if not equivalence.TEST_FILES.is_dir():
        print("skipped: needs the package clamav-testfiles")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="assay-walls-") as work:
        work = pathlib.Path(work)
        write_signatures(work / "db")
        {"same": write_same, "memory": write_memory}[group](work / group)
        return subprocess.run([build / "tests" / "clamav_walls", work, group],
                              check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
