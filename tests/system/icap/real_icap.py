# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Debian's c-icap with its virus_scan service, for tests. It asks a clamd: its
own use of libclamav knows no other folder than the system's."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

PATIENCE_S = 60
PROGRAM = shutil.which("c-icap")
MODULES = next((str(path) for path in
                pathlib.Path("/usr/lib").glob("*/c_icap")), None)
SHARE = "/usr/share/c_icap"
CONFIG = """\
Port 127.0.0.1:{port}
PidFile {folder}/pid
CommandsSocket {folder}/ctl
ServerLog {folder}/server.log
AccessLog {folder}/access.log
TmpDir {folder}/tmp
ModulesDir {modules}
ServicesDir {modules}
TemplateDir {share}/templates/
LoadMagicFile /etc/c-icap/c-icap.magic
StartServers 1
MaxServers 1
ThreadsPerChild 16
MinSpareThreads 1
MaxSpareThreads 16
MaxRequestsPerChild 0
Timeout 60
MaxKeepAliveRequests 1000
KeepAliveTimeout 60
Service antivirus_module virus_scan.so
ServiceAlias avscan virus_scan?{arguments}
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE
virus_scan.MaxObjectSize 50M
Module common clamd_mod.so
clamd_mod.ClamdSocket {clamd}
virus_scan.DefaultEngine clamd
"""


def need():
    """Ends the test as skipped where c-icap is not installed."""
    if not PROGRAM or not MODULES or \
            not (pathlib.Path(MODULES) / "virus_scan.so").exists():
        print("c-icap and libc-icap-mod-virus-scan are not installed")
        sys.exit(77)


class RealIcap:
    """One c-icap; .url is that of its service."""

    def __init__(self, folder, clamd, allow_204=True):
        self.folder = pathlib.Path(folder)
        (self.folder / "tmp").mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"icap://{self.address}/avscan"
        self.config = self.folder / "c-icap.conf"
        self.config.write_text(CONFIG.format(
            port=self.port, folder=self.folder, modules=MODULES, share=SHARE,
            clamd=clamd, arguments="allow204=%s&sizelimit=off&mode=simple" %
            ("on" if allow_204 else "off")))
        self.process = None

    def start(self):
        """Start and wait until it answers."""
        # pylint: disable=consider-using-with
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [PROGRAM, "-f", self.config, "-N"], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
                env={"LD_LIBRARY_PATH": str(pathlib.Path(MODULES)),
                     "PATH": "/usr/bin:/bin"})
        end = time.monotonic() + PATIENCE_S
        while not re.match(r"ICAP/1\.0 200", self.options()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError("c-icap does not start: " +
                                     (self.folder / "output").read_text())
            time.sleep(0.05)
        return self

    def options(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port),
                                          PATIENCE_S) as client:
                client.sendall(f"OPTIONS {self.url} ICAP/1.0\r\n"
                               f"Host: {self.address}\r\n"
                               "Encapsulated: null-body=0\r\n\r\n".encode())
                return client.recv(4096).decode("latin-1")
        except OSError:
            return ""

    def kill(self):
        """kill -9, it and its children, and nothing of them is left."""
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        for shared in set(re.findall(r"/dev/shm/c-icap-\S+", maps)):
            pathlib.Path(shared).unlink(missing_ok=True)

    def stop(self):
        """It and its children are gone; it waits for its connections."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
