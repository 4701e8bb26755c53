# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""A real clamd with a signature folder of a few bytes, for tests."""

import hashlib
import io
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/bin:/sbin:/bin")
PATIENCE_S = 120
THREAT = "Eicar-Test-Signature"
EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" +
         b"$EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*")


def need():
    """Ends the test as skipped where there is no clamd."""
    if not CLAMD:
        print("clamd is not installed (Debian package clamav-daemon)")
        sys.exit(77)


def daily(number):
    """An unsigned daily database (.cud) of that version."""
    head = b"ClamAV-VDB:07 Nov 2026 10-00 +0000:%d:1:90:X:X:x:%d" % (
        number, int(time.time()))
    signatures = b"Assay.Test:0:*:aabbccddeeff00112233445566\n"
    info_file = head + b"\ndaily.ndb:%d:%s\n" % (
        len(signatures), hashlib.sha256(signatures).hexdigest().encode())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in (("COPYING", b"none\n"), ("daily.info", info_file),
                           ("daily.ndb", signatures)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return head.ljust(512) + out.getvalue()


class RealClamd:
    """One process; .path is its socket, .address its TCP address."""

    def __init__(self, folder, **options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        (self.folder / "db").mkdir(exist_ok=True)
        (self.folder / "db" / "test.ndb").write_bytes(
            f"{THREAT}:0:*:{EICAR.hex()}\n".encode())
        self.put_daily(1)
        self.path = str(self.folder / "s")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.options = {"StreamMaxLength": "1M", "AlertExceedsMax": "yes",
                        "MaxThreads": 10, "MaxQueue": 100, **options}
        self.process = None

    def put_daily(self, number):
        (self.folder / "db" / "daily.cud").write_bytes(daily(number))

    def start(self):
        """Start and wait until it answers."""
        pathlib.Path(self.path).unlink(missing_ok=True)
        config = self.folder / "clamd.conf"
        config.write_text("".join(f"{key} {value}\n" for key, value in {
            "Foreground": "yes", "DatabaseDirectory": self.folder / "db",
            "TemporaryDirectory": self.folder / "tmp",
            "LocalSocket": self.path, "TCPSocket": self.port,
            "TCPAddr": "127.0.0.1", "LogFile": self.folder / "log",
            "LogFileUnlock": "yes", **self.options}.items()))
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [CLAMD, "-c", config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError("clamd does not start: " +
                                     (self.folder / "log").read_text())
            time.sleep(0.05)
        return self

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(self.path)
            client.sendall(b"z" + command + b"\0")
            return client.recv(1000).rstrip(b"\0").decode()

    def answers(self):
        try:
            return self.ask(b"PING") == "PONG"
        except OSError:
            return False

    def reload(self, number):
        """New signatures; returns when they are loaded."""
        self.put_daily(number)
        self.ask(b"RELOAD")
        end = time.monotonic() + PATIENCE_S
        while f"/{number}/" not in self.ask(b"VERSION"):
            if time.monotonic() > end:
                raise AssertionError("clamd does not reload")
            time.sleep(0.05)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """kill -9, and gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)
