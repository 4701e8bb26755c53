#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""C22: the log is on a full file system, its pipe is closed, or syslog is gone.
Mail flows as if nothing was, and a log that can be written again says how many
lines are missing."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import chaos  # first: it finds the others
from assayd import (ASSAYD, Assayd, check, check_in, configure, run_tests,
                    wait_for)
from c09_disk_full import empty, fill_bytes
from mail_load import SCALE, TEMPFAILED, Load

MAILS = int(100 * SCALE)


def flows(load):
    """As many mails as ever, and none put off for the log's sake."""
    load.wait_more(MAILS)
    first = load.settle()
    check("put off", first[TEMPFAILED], 0)
    print(f"  {dict(first)}")


def test_c22_log_on_a_full_disk(folder):
    base, logs = chaos.folder_in(folder), chaos.folder_in(folder, "logs")
    chaos.mount(logs, "size=1m")
    try:
        (folder / "log").symlink_to(logs / "log")
        with Assayd(folder, text=chaos.configuration(base)) as assayd:
            with Load(folder) as load:
                load.wait_more(20)
                fill_bytes(logs, 0)
                flows(load)
            empty(logs)
            with Load(folder) as load:
                flows(load)
            lost = re.search(r" warn log\.lost lines=(\d+)\n",
                             assayd.log.read_text())
            check("lost lines are counted",
                  bool(lost) and int(lost[1]) >= MAILS, True)
            chaos.check_clean_end(assayd, folder, base)
    finally:
        chaos.unmount(logs)


class Foreground:
    """assayd whose standard error and arguments are the test's affair."""

    def __init__(self, folder, stderr, *arguments):
        self.folder = folder
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [ASSAYD, "-v", "-c", folder / "assay.conf", *arguments],
            stdin=subprocess.DEVNULL, stderr=stderr)

    def __enter__(self):
        wait_for("socket", (self.folder / "s").exists)
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check("stop", self.process.wait(60), 0)
        check("socket", (self.folder / "s").exists(), False)


def test_c22_pipe_closed(folder):
    base = chaos.folder_in(folder)
    configure(folder, chaos.configuration(base))
    reader, writer = os.pipe()
    with Foreground(folder, writer) as assayd:
        os.close(writer)
        check_in("log", b"assayd.", os.read(reader, 65536))
        os.close(reader)
        with Load(folder) as load:
            flows(load)
        assayd.stop()


def own_devices(folder):
    """A /dev of this test, in which it may play syslog."""
    devices = chaos.folder_in(folder, "dev")
    chaos.mount(devices, "size=1m")
    for name in ("null", "zero", "random", "urandom"):
        (devices / name).touch()
        subprocess.run(["mount", "--bind", f"/dev/{name}", devices / name],
                       check=True)
    devices.chmod(0o755)
    subprocess.run(["mount", "--rbind", devices, "/dev"], check=True)


def give_devices_back(folder):
    chaos.unmount("/dev")
    chaos.unmount(folder / "dev")


def without_syslog(folder, base):
    configure(folder, chaos.configuration(base))
    path = pathlib.Path("/dev/log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.settimeout(60)
        syslog.bind(str(path))
        with Foreground(folder, subprocess.DEVNULL, "--log",
                        "syslog") as assayd:
            check_in("syslog", b"assayd", syslog.recv(8192))
            path.unlink()
            syslog.close()
            with Load(folder) as load:
                flows(load)
            assayd.stop()


def test_c22_syslog_gone(folder):
    base = chaos.folder_in(folder)
    own_devices(folder)
    try:
        without_syslog(folder, base)
    finally:
        give_devices_back(folder)


if __name__ == "__main__":
    chaos.in_mount_namespace()
    sys.exit(run_tests(globals()))
