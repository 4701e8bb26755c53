# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Load on assayd, and its accounts.

Several MTAs send numbered mails at once and write down each answer. No mail
may be lost: every mail that was sent has an answer, no infected one is ever
accepted and no clean one refused for good, and whatever was put off gets its
right answer in the end.
"""

import collections
import os
import socket
import struct
import threading
import time

from assayd import PATIENCE_S, Failure, Mta, check, wait_for
from mail_samples import THREAT, numbered

CLIENTS = 8
MAILS_A_CONNECTION = 5
BODY_CHUNK = 65535

# Longer runs: how many times as much as in the short one.
SCALE = float(os.environ.get("ASSAY_CHAOS_SCALE", "1"))

ACCEPTED, REJECTED, TEMPFAILED = "accepted", "rejected", "tempfailed"
# assayd hung up on a mail that it had begun; the MTA puts it off.
HUNG_UP = "hung up"

# SMFIR_*: the answers that end a step; all others only change the mail or say
# that assayd is alive.
FINAL = {b"c": ACCEPTED, b"a": ACCEPTED, b"t": TEMPFAILED, b"r": REJECTED,
         b"f": TEMPFAILED, b"4": TEMPFAILED}


class Refused(Exception):
    """assayd took no mail: nobody there, hung up, or too many connections."""


class Client(Mta):
    """An MTA that sends mails and tells what became of them."""

    def answer(self, command, data=b""):
        """What the step came to, and the text."""
        letter, text = self.call(command, data)
        while letter not in FINAL and letter not in (b"y", b"d"):
            size, = struct.unpack(">I", self.read(4))
            reply = self.read(size)
            letter, text = reply[:1], reply[1:]
        if letter == b"d":
            raise Failure(f"a mail was thrown away: {text!r}")
        if letter != b"y":
            return FINAL[letter], letter + text
        return (TEMPFAILED if text[:1] == b"4" else REJECTED), text

    def envelope(self):
        """@return None to go on, or the answer that ended it."""
        for command, data in ((b"M", b"<a@example.com>\0"),
                              (b"R", b"<b@example.org>\0")):
            result, text = self.answer(command, data)
            if result != ACCEPTED:
                return result, text
        return None

    def play(self, mail):
        """@return the answer and its text."""
        refused = self.envelope()
        if refused:
            return refused
        for name, value in mail.headers:
            self.send(b"L", name + b"\0" + value + b"\0")
        self.send(b"N")
        for i in range(0, len(mail.body), BODY_CHUNK):
            self.send(b"B", mail.body[i:i + BODY_CHUNK])
        return self.answer(b"E")


def dial(folder):
    """A client that may send mails."""
    client = None
    try:
        client = Client(folder)
        result, text = client.answer(
            b"C", b"client.test\0004" + struct.pack(">H", 25) +
            b"192.0.2.1\0")
        if result == ACCEPTED:
            return client
        reason = repr(text)
    except (Failure, OSError) as error:
        reason = str(error)
    if client:
        client.close()
    raise Refused(reason)


def send_one(folder, mail):
    """The answer to one mail over a connection of its own."""
    client = dial(folder)
    try:
        return client.play(mail)
    finally:
        client.close()


def right_answer(mail):
    return REJECTED if mail.infected else ACCEPTED


class Load:
    """Mails of ascending numbers from CLIENTS clients; a context."""

    def __init__(self, folder, kind=None, clients=CLIENTS, right=right_answer,
                 hang_up_allowed=False):
        self.folder = folder
        self.kind = kind  # a function of the number, or None
        self.right = right
        self.hang_up_allowed = hang_up_allowed
        self.lock = threading.Lock()
        self.next = 0                            # lock
        self.refused = 0                         # lock
        self.answers = collections.defaultdict(list)  # lock; number: (what,
        self.wrong = []                          # lock             text)
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._work, daemon=True)
                        for _ in range(clients)]

    # ---- clients ---------------------------------------------------------

    def mail(self, number):
        return numbered(number, self.kind and self.kind(number))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def stop(self):
        """No new mails; those begun get their answers."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)
        check("clients that hang",
              sum(thread.is_alive() for thread in self.threads), 0)

    def _take(self):
        with self.lock:
            self.next += 1
            return self.mail(self.next - 1)

    def _note(self, mail, result, text=b""):
        """Every answer to every try is looked at here."""
        with self.lock:
            self.answers[mail.number].append((result, text))
            if result == ACCEPTED and mail.infected:
                self.wrong.append(f"{mail.kind} {mail.number} accepted")
            if result == REJECTED and not mail.infected and \
                    self.right(mail) != REJECTED:
                self.wrong.append(
                    f"{mail.kind} {mail.number} rejected: {text!r}")
            if result == REJECTED and mail.infected and THREAT not in text:
                self.wrong.append(
                    f"{mail.kind} {mail.number} without the name: {text!r}")
            if result == HUNG_UP and not self.hang_up_allowed:
                self.wrong.append(f"{mail.kind} {mail.number}: hung up")

    def _play(self, client, mail):
        """@return whether the connection may go on"""
        try:
            result, text = client.play(mail)
        except (Failure, OSError) as error:
            self._note(mail, HUNG_UP, str(error).encode())
            return False
        self._note(mail, result, text)
        return not text.startswith(b"421")

    def _work(self):
        while not self.stopping.is_set():
            try:
                client = dial(self.folder)
            except Refused:
                with self.lock:
                    self.refused += 1
                time.sleep(0.05)
                continue
            for _ in range(MAILS_A_CONNECTION):
                if self.stopping.is_set() or \
                        not self._play(client, self._take()):
                    break
            client.close()

    # ---- accounts --------------------------------------------------------

    def count(self, result=None):
        """Answers so far."""
        with self.lock:
            return sum(result in (None, what)
                       for answers in self.answers.values()
                       for what, _ in answers)

    def texts(self, result):
        with self.lock:
            return collections.Counter(
                text for answers in self.answers.values()
                for what, text in answers if what == result)

    def wait_more(self, count, result=None):
        """Until there are so many more answers than now."""
        goal = self.count(result) + max(1, int(count * SCALE))
        wait_for(f"{count} more answers {result or ''}",
                 lambda: self.count(result) >= goal)

    def _retry(self, mail):
        """Until the mail gets the right answer."""
        end = time.monotonic() + PATIENCE_S
        while self.answers[mail.number][-1][0] in (TEMPFAILED, HUNG_UP) and \
                time.monotonic() < end:
            try:
                self._note(mail, *send_one(self.folder, mail))
            except (Refused, Failure, OSError):
                time.sleep(0.05)
        last = self.answers[mail.number][-1]
        if last[0] != self.right(mail):
            self.wrong.append(f"{mail.kind} {mail.number} in the end: {last}")

    def settle(self):
        """Stops, sends once more what was put off, and checks the accounts.
        @return how many answers of each sort the first tries got"""
        self.stop()
        check("mails without an answer",
              [n for n in range(self.next) if n not in self.answers], [])
        first = collections.Counter(
            answers[0][0] for answers in self.answers.values())
        check("accounts", sum(first.values()), self.next)
        for number in range(self.next):
            self._retry(self.mail(number))
            if len(self.wrong) > 20:
                break
        check("wrong answers", self.wrong[:20], [])
        return first


def dead_socket(path):
    """Whether nobody listens there."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return True
    return False
