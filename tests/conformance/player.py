# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The programs clamd_player and icap_player as objects."""

import collections
import os
import pathlib
import re
import subprocess
import threading

BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])

WORD = re.compile(r'"([^"]*)"|(\S+)')

NONE, ENGINE, TIMEOUT, OVERLOAD, TEMPORARY, DESCRIPTORS, MEMORY = range(7)
CANARY, UNAVAILABLE = 7, 8
LIMIT, OVERSIZE, ENCRYPTED, MALFORMED, PARTIAL = 64, 65, 66, 67, 68

Finding = collections.namedtuple(
    "Finding", "found reason limits seen code info")


class Player:
    """One run; answers arrive in the background."""

    def __init__(self, addresses, mode="shared", threads=8, timeout_ms=10000,
                 sessions=10):
        self.begin("clamd_player", mode, threads, timeout_ms,
                   [str(sessions), *addresses])

    def begin(self, program, mode, threads, timeout_ms, words):
        # pylint: disable=consider-using-with, attribute-defined-outside-init
        self.process = subprocess.Popen(
            [BUILD / "tests" / program, mode, str(threads), str(timeout_ms),
             *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.findings = {}
        self.keepers = []
        self.answers = collections.deque()
        self.log = []
        self.leaks = None
        self.arrived = threading.Condition()
        self.count = 0
        # A test that fails does not end its players; they do not keep it.
        self.threads = [threading.Thread(target=self.read_answers, daemon=True),
                        threading.Thread(target=self.read_log, daemon=True)]
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


class IcapPlayer(Player):
    """The icap engine instead of clamav's client of clamd."""

    # pylint: disable=super-init-not-called
    def __init__(self, urls, mode="shared", threads=8, timeout_ms=10000,
                 config=""):
        servers = " ".join(f'"{url}"' for url in urls)
        self.begin("icap_player", mode, threads, timeout_ms,
                   [f"servers = ( {servers} )\n{config}\n"])
