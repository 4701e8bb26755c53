# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The program scorer_player as an object."""

import collections
import json
import os
import pathlib
import subprocess
import threading

BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
PROGRAM = BUILD / "tests" / "scorer_player"
SCORERS = BUILD / "lib" / "assay" / "scorers"

PATIENCE_S = 120
FAST_MS = 20000  # nothing waits that long unless it hangs

Subject = collections.namedtuple(
    "Subject", "data recipients helo sender address host queue_id",
    defaults=(("to@example.com",), "mx.example.org", "from@example.org",
              "192.0.2.1", "mx.example.org", "Q1"))


class Refused(Exception):
    """The configuration, or the instance, was refused."""


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


class Scorer:
    """One instance of a module; answers arrive in the background."""

    def __init__(self, name, config="", threads=8, timeout_ms=10000,
                 concurrency=8):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [PROGRAM, SCORERS / f"{name}.so", str(threads), str(timeout_ms),
             str(concurrency), config], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.answers = {}
        self.log = []
        self.leaks = self.refused = None
        self.arrived = threading.Condition()
        self.count = 0
        self.threads = [threading.Thread(target=self.read_answers),
                        threading.Thread(target=self.read_log)]
        for thread in self.threads:
            thread.start()

    def read_answers(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            with self.arrived:
                if "leaks" in answer:
                    self.leaks = answer["leaks"]
                elif "refused" in answer:
                    self.refused = answer["refused"]
                else:
                    self.answers[answer["id"]] = answer
                self.arrived.notify_all()

    def read_log(self):
        for line in self.process.stderr:
            with self.arrived:
                self.log.append(line.decode("latin-1").rstrip("\n"))
                self.arrived.notify_all()

    # -- commands -----------------------------------------------------------

    def submit(self, verb, fields=(), timeout_ms=FAST_MS):
        """Hand a command in; its id is the key of its answer."""
        self.count += 1
        name = f"n{self.count}"
        data = f"{verb} {name} {timeout_ms} {len(fields)}\n".encode()
        for field in map(as_bytes, fields):
            data += b"%d\n%s" % (len(field), field)
        self.process.stdin.write(data)
        self.process.stdin.flush()
        return name

    def submit_score(self, subject, timeout_ms=FAST_MS):
        if not isinstance(subject, Subject):
            subject = Subject(subject)
        return self.submit("score", [
            subject.helo, subject.sender, subject.address, subject.host,
            subject.queue_id, subject.data, *subject.recipients], timeout_ms)

    def answer(self, name):
        with self.arrived:
            if not self.arrived.wait_for(lambda: name in self.answers,
                                         PATIENCE_S):
                raise AssertionError(f"no answer within {PATIENCE_S} s: "
                                     + "; ".join(self.log[-20:]))
            return self.answers[name]

    def wait_log(self, text):
        with self.arrived:
            if not self.arrived.wait_for(
                    lambda: any(text in line for line in self.log),
                    PATIENCE_S):
                raise AssertionError(f"{text} is not logged: {self.log}")

    def score(self, subject, timeout_ms=FAST_MS):
        """Score a Subject, or the bytes of a message."""
        return self.answer(self.submit_score(subject, timeout_ms))

    def analyze(self, text, timeout_ms=FAST_MS):
        return self.answer(self.submit("analyze", [text], timeout_ms))

    def address(self, address, timeout_ms=FAST_MS):
        return self.answer(self.submit("address", [address], timeout_ms))

    def version(self, timeout_ms=FAST_MS):
        return self.answer(self.submit("version", [], timeout_ms))

    def start(self, timeout_ms=FAST_MS):
        return self.answer(self.submit("start", [], timeout_ms))

    def end(self):
        """Close, and say what leaked."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        for thread in self.threads:
            thread.join()
        status = self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        assert status == 0, (status, self.log[-20:])
        if self.refused:
            raise Refused(*self.refused)
        return self.leaks


def refusal(name, config):
    """Why a configuration is refused: code and text; None when it is not."""
    try:
        Scorer(name, config).end()
    except Refused as refused:
        return refused.args
    return None
