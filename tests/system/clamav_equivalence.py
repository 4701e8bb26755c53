#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What clamscan detects, `assay scan` detects, under the same name.

Over Debian's clamav-testfiles and the EICAR test file, as they are and as
base64 attachments of mails, with a signature folder made of them here.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TEST_FILES = pathlib.Path("/usr/share/clamav-testfiles")
# In two pieces, so that no file of the source tree is a detection itself.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}"
         b"$EICAR-STANDARD-ANTIVIRUS-TEST" + b"-FILE!$H+H*")
SKIP = 77


def make_signatures(folder):
    folder.mkdir()
    threat = (TEST_FILES / "clam.exe").read_bytes()
    (folder / "clam.hdb").write_text(
        f"{hashlib.md5(threat).hexdigest()}:{len(threat)}:ClamAV-Test-File\n")
    (folder / "eicar.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")


def wrap(data, name):
    head = ("Received: from a.example by b.example\r\n"
            "From: a@example.org\r\nTo: b@example.org\r\n"
            "Subject: wrapped\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=\"cut-here\"\r\n\r\n"
            "--cut-here\r\nContent-Type: text/plain\r\n\r\nAttached.\r\n"
            "--cut-here\r\nContent-Type: application/octet-stream\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n")
    body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return head.encode() + body + b"--cut-here--\r\n"


def make_samples(folder):
    """Returns the paths: each test file, and each in a mail."""
    folder.mkdir()
    files = {path.name: path.read_bytes() for path in TEST_FILES.iterdir()}
    files["eicar.com"] = EICAR
    for name, data in files.items():
        (folder / name).write_bytes(data)
        (folder / (name + ".eml")).write_bytes(wrap(data, name))
    return sorted(folder.iterdir())


def clamscan(signatures, samples):
    """Names by path."""
    done = subprocess.run(
        ["clamscan", "--no-summary", "--infected", "--stdout",
         "--database", signatures, *samples],
        stdout=subprocess.PIPE, text=True, check=False)
    names = {}
    for line in done.stdout.splitlines():
        path, _, result = line.rpartition(": ")
        if result.endswith(" FOUND"):
            names[path] = result[:-len(" FOUND")]
    return names


def assay_scan(build, work, signatures, sample):
    """Names found in one file, and the lines of output. A file that looks
    like a mailbox gives several lines."""
    conf = work / "assay.conf"
    conf.write_text(
        'clamav { }\n'
        'antivirus "av" {\n'
        '    timeout = 120\n'
        # The files are no mails: a dot more at a line start matters to them.
        '    use_wire_rep = false\n'
        '    clamav "clamav1" {\n'
        f'        signatures = "{signatures}"\n'
        f'        temporary = "{work}"\n'
        '    }\n'
        '}\n')
    done = subprocess.run(
        [build / "bin" / "assay", "scan", "-c", conf, "--json", *sample],
        stdout=subprocess.PIPE, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if answer.get("status") == "infected":
            found.setdefault(answer["path"], set()).add(answer["info"])
    return found, done


def names_of(found, path):
    """Messages of a mailbox are named PATH and something behind it."""
    return set().union(*(names for key, names in found.items()
                         if key == path or (key.startswith(path) and
                                            not key[len(path)].isalnum() and
                                            key[len(path)] != ".")))


def compare(build, work):
    signatures = work / "db"
    make_signatures(signatures)
    samples = make_samples(work / "samples")
    want = clamscan(signatures, samples)
    found, done = assay_scan(build, work, signatures, samples)
    missed = 0
    for path, name in sorted(want.items()):
        got = names_of(found, path)
        if name not in got:
            print(f"missed: {path}: {name}; got {sorted(got)}")
            missed += 1
    print(f"clamscan detects {len(want)} of {len(samples)} files, "
          f"assay misses {missed} of them")
    # Most of the files, and their mails, are detections; and a program that
    # fails to run has not found them.
    if len(want) < len(samples) * 3 // 4 or done.returncode != 1:
        print(f"only {len(want)} detections, or exit status "
              f"{done.returncode} instead of 1")
        return 1
    return 1 if missed else 0


def main():
    build = pathlib.Path(os.environ["ASSAY_BUILD"])
    if not TEST_FILES.is_dir() or not shutil.which("clamscan"):
        print("skipped: needs the packages clamav and clamav-testfiles")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="assay-equivalence-") as work:
        return compare(build, pathlib.Path(work))


if __name__ == "__main__":
    sys.exit(main())
