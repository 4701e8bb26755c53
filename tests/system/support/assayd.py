# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What tests of the process assayd share: checks that say what they saw, a
configuration, assayd as a context, an MTA that speaks the milter protocol,
and the running of test functions."""

import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ASSAYD = pathlib.Path(os.environ["ASSAY_BUILD"]) / "bin/assayd"
ASSAY = ASSAYD.with_name("assay")
LUA = (ASSAYD.parents[1] / "lib/assay/languages/lua.so").exists()
PATIENCE_S = 60
EX_USAGE = 64
EX_CONFIG = 78


class Failure(Exception):
    """A check that did not hold."""


def check(what, got, want):
    if got != want:
        raise Failure(f"{what}: got {got!r}, want {want!r}")


def check_in(what, part, whole):
    if part not in whole:
        raise Failure(f"{what}: no {part!r} in {whole!r}")


def wait_for(what, condition):
    """The first true value of condition()."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failure(f"{what}: not within {PATIENCE_S} s")


def configure(folder, text):
    path = folder / "assay.conf"
    path.write_text(text.replace("SOCKET", f"unix:{folder}/s"),
                    encoding="ascii")
    return path


def script(name, more=""):
    """A policy of one Lua script."""
    return (f'scriptlet "scriptlet" {{ {more}\n'
            f'script "{name}" {{ source = "{name}" }} }}\n')


LISTENER = 'Milter_Listener { Listen = "SOCKET" }\n'


def run(*arguments, **options):
    """Runs assayd to its end."""
    return subprocess.run([ASSAYD, *map(str, arguments)], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE_S, check=False, **options)


class Assayd:
    """assayd in the foreground, as a context."""

    def __init__(self, folder, *arguments, text=LISTENER, program=ASSAYD,
                 **options):
        self.log = folder / "log"
        with self.log.open("w") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                [program, "-v", "-c", configure(folder, text), *arguments],
                stdin=subprocess.DEVNULL, stderr=log, **options)

    def __enter__(self):
        self.wait_log("assayd.ready")
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait_log(self, text, count=1):
        wait_for(text, lambda: self.log.read_text().count(text) >= count or
                 self.process.poll() is not None)
        check_in("log", text, self.log.read_text())

    def stop(self, number=signal.SIGTERM, patience_s=PATIENCE_S):
        self.process.send_signal(number)
        status = self.process.wait(patience_s)
        check_in("log", "assayd.stop", self.log.read_text())
        for word in ("Sanitizer", "runtime error"):
            check(f"{word} in the log", word in self.log.read_text(), False)
        return status


# SMFIP_*: all, and those of them by which connect, helo, mail and rcpt need
# not be answered. For an MTA that does not offer these libmilter answers.
ALL_STEPS = 0x1fffff
SILENT_STEPS = 0xf000


class Mta:
    """The MTA side of the milter protocol."""

    def __init__(self, folder, steps=ALL_STEPS & ~SILENT_STEPS):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(f"{folder}/s")
        reply = self.call(b"O", struct.pack(">III", 6, 0x1ff, steps))[1]
        self.steps, = struct.unpack(">I", reply[8:12])

    def send(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def read(self, size):
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                raise Failure("assayd closed the connection")
            data += chunk
        return data

    def call(self, command, data=b""):
        """The reply: its letter and its data."""
        self.send(command, data)
        size, = struct.unpack(">I", self.read(4))
        reply = self.read(size)
        return reply[:1], reply[1:]

    def connect(self):
        return self.call(b"C", b"client.test\0004" + struct.pack(">H", 25) +
                         b"192.0.2.1\0")

    def message(self, body):
        check("mail", self.call(b"M", b"<a@example.com>\0")[0], b"c")
        check("rcpt", self.call(b"R", b"<b@example.org>\0")[0], b"c")
        self.send(b"L", b"Subject\0 test\0")
        self.send(b"N")
        self.send(b"B", body)
        return self.call(b"E")

    def close(self):
        self.socket.close()


def run_tests(namespace):
    """Runs the functions test_* of a module, or those the command line names,
    each with a folder of its own; the exit status."""
    failed = 0
    tests = [value for name, value in sorted(namespace.items())
             if name.startswith("test_") and
             (len(sys.argv) < 2 or name in sys.argv[1:])]
    for test in tests:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-assayd."))
        try:
            test(folder)
            print(f"ok {test.__name__}", flush=True)
        except (Failure, OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED {test.__name__}: {error}")
            if (folder / "log").exists():
                print((folder / "log").read_text()[-3000:], flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0
