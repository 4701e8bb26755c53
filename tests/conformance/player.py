# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The program clamd_player as an object."""

import collections
import os
import pathlib
import re
import subprocess
import threading

BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
PROGRAM = BUILD / "tests" / "clamd_player"

WORD = re.compile(r'"([^"]*)"|(\S+)')

NONE, ENGINE, TIMEOUT, OVERLOAD, TEMPORARY, DESCRIPTORS, MEMORY = range(7)
CANARY, UNAVAILABLE = 7, 8
LIMIT, OVERSIZE, ENCRYPTED = 64, 65, 66

Finding = collections.namedtuple(
    "Finding", "found reason limits seen code info")


class Player:
    """One run; answers arrive in the background."""

    def __init__(self, addresses, mode="shared", threads=8, timeout_ms=10000,
                 sessions=10):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [PROGRAM, mode, str(threads), str(timeout_ms), str(sessions),
             *addresses], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.findings = {}
        self.keepers = []
        self.answers = collections.deque()
        self.log = []
        self.leaks = None
        self.arrived = threading.Condition()
        self.count = 0
        self.threads = [threading.Thread(target=self.read_answers),
                        threading.Thread(target=self.read_log)]
        for thread in self.threads:
            thread.start()

    def read_answers(self):
        for line in self.process.stdout:
            words = [quoted or bare for quoted, bare in
                     WORD.findall(line.decode("latin-1"))]
            with self.arrived:
                if words[0] == "scan":
                    self.findings[words[1]] = Finding(
                        words[2], int(words[3]), int(words[4]), int(words[5]),
                        words[6], words[7])
                elif words[0] == "keeper":
                    self.keepers.append(words)
                elif words[0] == "leaks":
                    self.leaks = [int(word) for word in words[1:]]
                else:
                    self.answers.append(words)
                self.arrived.notify_all()

    def read_log(self):
        for line in self.process.stderr:
            with self.arrived:
                self.log.append(line.decode("latin-1").rstrip("\n"))
                self.arrived.notify_all()

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def submit(self, content, kind="file", timeout_ms=10000, name=None):
        """Hand a content in; its name is the key of its finding."""
        self.count += 1
        name = name or f"n{self.count}"
        self.write(f"scan {name} {kind} {timeout_ms} {len(content)}\n"
                   .encode() + content)
        return name

    def wait(self, what, condition, patience_s=120):
        with self.arrived:
            if not self.arrived.wait_for(condition, patience_s):
                raise AssertionError(f"{what}: not within {patience_s} s: "
                                     + "; ".join(self.log[-20:]))

    def finding(self, name):
        self.wait(name, lambda: name in self.findings)
        return self.findings[name]

    def scan(self, content, **options):
        return self.finding(self.submit(content, **options))

    def ask(self, command):
        """epoch, version, probe or refresh: the words behind it."""
        self.write(command.encode() + b"\n")
        self.wait(command, lambda: self.answers)
        answer = self.answers.popleft()
        assert answer[0] == command, answer
        return answer[1:]

    def end(self):
        """Close, and say what leaked."""
        self.process.stdin.close()
        for thread in self.threads:
            thread.join()
        status = self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        assert status == 0, (status, self.log[-20:])
        return self.leaks
