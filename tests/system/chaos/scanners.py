# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What the chaos tests of scanner processes share: which processes an assayd
has, what it says of them, and what must be left of them."""

import os
import pathlib
import re
import shutil
import signal
import threading
import time

import chaos  # first: it finds the others
from assayd import ASSAYD, PATIENCE_S, Assayd, Failure, wait_for
from mail_load import HUNG_UP
from mail_samples import EICAR, INFECTED_EACH, TWINS, Mail

MODULES = pathlib.Path(os.environ["ASSAY_BUILD"]) / "tests/chaos"
STOP = signal.SIGSTOP
# Generous: what the tests promise of time holds on a busy machine, too.
SLACK_S = 5


def is_sanitized():
    """Whether the build has a sanitizer, under which there is no limit of
    memory and everything takes longer."""
    cache = pathlib.Path(os.environ["ASSAY_BUILD"]) / "CMakeCache.txt"
    return bool(re.search(r"^ASSAY_SANITIZE:[A-Z]+=.", cache.read_text(),
                          re.MULTILINE))


# ---- processes -------------------------------------------------------------

def _stat(pid):
    """State, parent, session; None when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii",
                                                           errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[1]), int(fields[3])


def _all():
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = _stat(name)
            if stat:
                yield int(name), stat


def parent(pid):
    stat = _stat(pid)
    return stat[1] if stat else 0


def children(pid):
    """Those that run."""
    return [number for number, (state, parent, _) in _all()
            if parent == pid and state != "Z"]


def in_session(leader):
    """All processes that an assayd has started and that are still there, also
    those that have lost their parent; itself, too."""
    return [number for number, (state, _, session) in _all()
            if session == leader and state != "Z"]


def is_stopped(pid):
    stat = _stat(pid)
    return stat is not None and stat[0] == "T"


def stop(pid):
    """Until it does not run any more."""
    kill(pid, signal.SIGSTOP)
    wait_for("stopped", lambda: is_stopped(pid) or not is_there(pid))


def zombies(leader):
    return [number for number, (state, _, session) in _all()
            if session == leader and state == "Z"]


def is_there(pid):
    stat = _stat(pid)
    return stat is not None and stat[0] != "Z"


def kill(pid, number=signal.SIGKILL):
    """@return whether it was there"""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s(leader):
    """Processor time of all processes of a session so far, also of those that
    have ended."""
    total = 0
    for pid in in_session(leader) + zombies(leader):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Sending:
    """A mail that is sent while the test does something else; a context."""

    def __init__(self, client, mail):
        self.client = client
        self.mail = mail
        self.result = None
        self.seconds = None
        self.thread = threading.Thread(target=self._play, daemon=True)

    def _play(self):
        start = time.monotonic()
        try:
            self.result = self.client.play(self.mail)
        except (Failure, OSError) as error:
            self.result = (HUNG_UP, str(error).encode())
        self.seconds = time.monotonic() - start

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.thread.join(PATIENCE_S)

    def answer(self):
        self.thread.join(PATIENCE_S)
        if self.thread.is_alive():
            raise Failure("no answer")
        return self.result


def copy_of_assayd(folder):
    """Of which the parts can be taken away. @return the program"""
    build = pathlib.Path(os.environ["ASSAY_BUILD"])
    for part in ("bin", "lib", "libexec"):
        shutil.copytree(build / part, folder / "build" / part, symlinks=True)
    return folder / "build/bin/assayd"


# ---- assayd with scanners --------------------------------------------------

class Host(Assayd):
    """assayd as the leader of a session, which tells its processes from all
    others, also those it has lost."""

    def __init__(self, folder, text, **options):
        super().__init__(folder, text=text, start_new_session=True, **options)
        self.folder = folder

    @property
    def pid(self):
        return self.process.pid

    def __exit__(self, kind, value, trace):
        super().__exit__(kind, value, trace)
        for pid in in_session(self.pid):
            kill(pid)

    def scanner(self):
        """What the console says of the one scanner."""
        scanner, = chaos.console(self.folder, "scanner list")["scanners"]
        return scanner

    def template(self):
        """Its process id, once there is one."""
        return wait_for("template", lambda: self.scanner()["template"])

    def workers(self):
        template = self.scanner()["template"]
        return children(template) if template else []

    def busy(self):
        """How many workers scan."""
        scanner = self.scanner()
        return scanner["workers"] - scanner["idle"]

    def processes(self):
        """All but itself."""
        return [pid for pid in in_session(self.pid) if pid != self.pid]

    def kill_processes(self):
        for pid in self.processes():
            kill(pid)

    def wait_state(self, state):
        wait_for(state, lambda: self.scanner()["state"] == state)

    def check_end(self, base=None):
        """It stops well and leaves no process and no file."""
        chaos.check_clean_end(self, self.folder, base)
        wait_for("its processes end", lambda: not in_session(self.pid))


# Every content is scanned, and what was killed twice by a test is put off and
# not remembered.
EACH_SCANNED = ("cache_size = 0 clean_cache_size = 0 "
                "on_unscannable = tempfail")


def hostile_configuration(base, scope="", engine="", rest=""):
    """assayd with the engine that does what contents ask for. What is
    unscannable is put off, so that no clean mail is refused."""
    return (chaos.LISTENER + 'Control_Listener { Listen = "SOCKETc" }\n'
            f'Module_Path = "{MODULES}"\nhostile {{ }}\n'
            f'antivirus "av" {{ file_base = "{base}"\n'
            f'  on_unscannable = tempfail {scope}\n'
            f'  hostile "hostile1" {{ {engine} }}\n}}\n' + rest)


def deed_mail(deed="", mark="", infected=False):
    """A mail that asks for a deed; "" for none."""
    text = f"mail {mark}\r\n"
    if deed:
        text += f"DO: {deed}\r\n"
    if infected:
        text += EICAR.decode() + "\r\n"
    return Mail(0, "", ((b"Subject", b" x"),), text.encode())


def plain_kind(number):
    """Of mails that the engine which decodes nothing reads as they are."""
    return "eicar plain" if number // TWINS % INFECTED_EACH == 0 \
        else "clean text"
