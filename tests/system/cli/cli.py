# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What the tests of the command line share: a folder of its own for each
test, a configuration, mails, and a way to run the program."""

import email.message
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
ASSAY = BUILD / "bin" / "assay"

# The EICAR test file, put together here so that no file of ours holds it.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}" +
         "$EICAR-STANDARD-ANTIVIRUS-" + "TEST-FILE!$H+H*").encode()
THREAT = "Eicar-Test-Signature"

# Longest time a run may take; only a hang ever does.
PATIENCE_S = 600


def mail(attachment=None, **headers):
    """The bytes of a mail."""
    message = email.message.EmailMessage()
    message["From"] = headers.get("sender", "alice@a.example")
    message["To"] = headers.get("to", "bob@b.example")
    message["Subject"] = headers.get("subject", "greetings")
    message.set_content("Hello,\nall is well.\n")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application",
                               subtype="octet-stream", filename="a.bin")
    return bytes(message)


class CliTest(unittest.TestCase):
    """A test with its working directory and a configuration in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="assay-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.put("db/test.ndb",
                 f"{THREAT}:0:*:{EICAR.hex()}\n".encode())
        self.configure()

    def put(self, name, data):
        """Write a file below the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def configure(self, options="", engine_options="", rest=""):
        """Write assay.conf with one scope, one engine, and more."""
        self.put("assay.conf", (
            "clamav { }\n"
            f"antivirus \"av\" {{\n{options}\n"
            f"  clamav \"clamav1\" {{ signatures = \"db\" {engine_options} }}\n"
            f"}}\n{rest}\n").encode())

    def run_assay(self, *words, stdin=b"", status=None):
        """Run a command in the folder; check its exit status."""
        run = subprocess.run([ASSAY, *words], cwd=self.folder, input=stdin,
                             capture_output=True, timeout=PATIENCE_S,
                             check=False)
        run.out = run.stdout.decode()
        run.err = run.stderr.decode()
        if status is not None:
            self.assertEqual(run.returncode, status, run.out + run.err)
        return run

    def scan(self, *words, stdin=b"", status=None):
        """assay scan with the configuration of the test."""
        return self.run_assay("scan", "-c", "assay.conf", *words, stdin=stdin,
                              status=status)
