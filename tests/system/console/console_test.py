#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""assayd and assay console: commands in batch, who may do what, and clients
that misbehave while mail is scanned.

Each test is a function test_*; it gets a folder of its own.
"""

import contextlib
import json
import os
import pathlib
import resource
import select
import socket
import stat
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from assayd import (  # noqa: E402
    ASSAY, LISTENER, PATIENCE_S, Assayd, Failure, Mta, check, check_in,
    run_tests, wait_for)

EX_USAGE = 64
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
NOBODY = 65534
SLOW_CLIENTS = 200
IDLE_CLIENTS = 1000


def config(folder, more=""):
    return (LISTENER + f'Control_Listener {{ Listen = "{folder}/c" {more} }}\n')


def console(folder, *words, stdin=None, status=0, **options):
    """The output of assay console."""
    run = subprocess.run([ASSAY, "console", "-s", f"{folder}/c", *words],
                         input=stdin, text=True, capture_output=True,
                         timeout=PATIENCE_S, check=False,
                         **({} if stdin is not None else
                            {"stdin": subprocess.DEVNULL}), **options)
    check(f"status of {words} ({run.stderr})", run.returncode, status)
    return run.stdout


def connect(folder):
    client = socket.socket(socket.AF_UNIX)
    client.connect(f"{folder}/c")  # waits while the backlog is full
    client.settimeout(PATIENCE_S)
    return client


# ---- commands -------------------------------------------------------------


def test_commands_in_batch(folder):
    with Assayd(folder, text=config(folder)) as assayd:
        check("pid", console(folder, "pid"), f"{assayd.process.pid}\n")
        check("lines", console(folder, stdin="pid\n\n  quit\nversion\n"),
              f"{assayd.process.pid}\n")
        check("json", json.loads(console(folder, "--json", "pid")),
              {"pid": assayd.process.pid})
        check_in("xml", f"<pid>{assayd.process.pid}</pid>",
                 console(folder, "xml", "pid"))
        check_in("hint", "did you mean 'pid'",
                 console(folder, "pdi", status=1))
        check_in("all lines run", "assay version",
                 console(folder, stdin="pdi\nversion\n", status=1))
        check("quoted", console(folder, "counter", "add", "/a b", status=1)
              .split(":")[0], "'/a b' is not the path of a counter")
        check("reopen", console(folder, "reopen logs"), "Logs reopened\n")


def test_socket_comes_from_the_configuration(folder):
    with Assayd(folder, text=config(folder)) as assayd:
        run = subprocess.run(
            [ASSAY, "console", "-c", folder / "assay.conf", "pid"], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
            check=True)
        check("pid", run.stdout, f"{assayd.process.pid}\n")


def test_nobody_answers(folder):
    console(folder, "pid", status=EX_UNAVAILABLE)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/c")
        server.listen()

        def talk_nonsense():
            client, _ = server.accept()
            with client:
                client.recv(100)
                client.sendall(b"220 hello\r\n\r\n")

        thread = threading.Thread(target=talk_nonsense)
        thread.start()
        console(folder, "pid", status=EX_SOFTWARE)
        thread.join()


def test_a_configuration_that_is_not_there(folder):
    run = subprocess.run([ASSAY, "console", "-c", folder / "none", "pid"],
                         capture_output=True, text=True, check=False)
    check("status", run.returncode, EX_USAGE)
    check("text", run.stderr, f"assay: cannot read {folder}/none: "
          "No such file or directory\n")


def test_answer_cannot_reach_the_terminal(folder):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/c")
        server.listen()

        def colour():
            client, _ = server.accept()
            with client:
                while not client.recv(100).endswith(b"\n"):
                    pass
                client.sendall(b"0 13\n\x1b[31m\xc2\x9b\x07a\tb\n\x7f")
                client.recv(100)  # until it has gone: nothing is lost

        thread = threading.Thread(target=colour)
        thread.start()
        check("shown", console(folder, "pid"), "?[31m??a\tb\n?")
        thread.join()


def test_shutdown_is_that_of_sigterm(folder):
    with Assayd(folder, text=config(folder)) as assayd:
        check("answer", console(folder, "shutdown"), "Shutting down\n")
        check("status", assayd.process.wait(PATIENCE_S), 0)
        log = assayd.log.read_text()
        check_in("log", "assayd.stop", log)
        check_in("log", 'console.command peer="uid=', log)
        check("socket", (folder / "c").exists(), False)


# ---- who and where --------------------------------------------------------


def test_socket_has_its_mode_and_replaces_a_stale_one(folder):
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{folder}/c")
    with Assayd(folder, text=config(folder, "file_mode = 0606")):
        mode = stat.S_IMODE((folder / "c").stat().st_mode)
        check("mode", oct(mode), "0o606")


def refusal(folder):
    """What assayd says when it does not start."""
    path = folder / "assay.conf"
    path.write_text(config(folder).replace("SOCKET", f"unix:{folder}/s"),
                    encoding="ascii")
    run = subprocess.run([ASSAY.with_name("assayd"), "-c", path], text=True,
                         stdin=subprocess.DEVNULL, capture_output=True,
                         timeout=PATIENCE_S, check=False)
    check("refused", run.returncode != 0, True)
    return run.stderr


def test_what_is_no_socket_or_in_use_is_left_alone(folder):
    link = folder / "c"
    link.symlink_to(folder / "elsewhere")
    check_in("link", "exists and is not a socket", refusal(folder))
    check("link", link.is_symlink(), True)
    link.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(link))
        other.listen()
        check_in("in use", "another server listens on", refusal(folder))


def test_others_may_only_look(folder):
    if os.geteuid() != 0:
        return
    os.chmod(folder, 0o755)
    with Assayd(folder, text=config(folder, "file_mode = 0666")) as assayd:
        def as_nobody(line):
            """The answer to a line of nobody."""
            script = ("import socket,sys,os;"
                      f"os.setgroups([]);os.setgid({NOBODY});"
                      f"os.setuid({NOBODY});"
                      "s=socket.socket(socket.AF_UNIX);"
                      f"s.connect('{folder}/c');"
                      f"s.sendall(b'{line}\\n');"
                      "s.shutdown(socket.SHUT_WR);"
                      "print(s.makefile().read(),end='')")
            return subprocess.run([sys.executable, "-c", script], text=True,
                                  stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=PATIENCE_S,
                                  check=True).stdout
        check_in("look", f"{assayd.process.pid}\n", as_nobody("pid"))
        for line in ("shutdown", "counter add /a"):
            check(line, as_nobody(line),
                  "1 32\nNot Authorized for this command\n")
        check_in("log", f'peer="uid={NOBODY} gid={NOBODY}',
                 assayd.log.read_text())


# ---- clients that misbehave -----------------------------------------------


class Mail(threading.Thread):
    """Sends mail all the time; each must be answered."""

    def __init__(self, folder):
        super().__init__()
        self.mta = Mta(folder)
        self.mta.connect()
        self.over = threading.Event()
        self.sent = 0
        self.trouble = None

    def run(self):
        try:
            while not self.over.is_set():
                answer = self.mta.message(b"hello\r\n")[0]
                if answer not in (b"c", b"a"):
                    raise Failure(f"a mail got {answer!r}")
                self.sent += 1
        except (OSError, Failure) as trouble:
            self.trouble = trouble

    def finish(self):
        self.over.set()
        self.join()
        self.mta.close()
        check("trouble with mail", self.trouble, None)
        check("mail was sent", self.sent > 0, True)


def is_hung_up(client):
    """Has the other side ended the connection, whatever is unread?"""
    poll = select.poll()
    poll.register(client, 0)
    return bool(poll.poll(0))


def test_c14_slow_and_greedy_clients(folder):
    """C14: they are let go, mail and the console go on."""
    with Assayd(folder, text=config(
            folder, "timeout = 2 max_clients = 256")) as assayd:
        mail = Mail(folder)
        mail.start()
        slow = [connect(folder) for _ in range(SLOW_CLIENTS)]
        greedy = connect(folder)
        deaf = connect(folder)
        try:
            chunk = b"x" * 1000000
            for _ in range(100):
                greedy.sendall(chunk)
            raise Failure("100 MB were taken for a line")
        except ConnectionError:
            pass
        deaf.settimeout(0)
        try:
            while True:
                deaf.send(b"help\n" * 1000)
        except BlockingIOError:
            pass
        check("console", console(folder, "pid"), f"{assayd.process.pid}\n")

        def drip():
            """One byte each; True when all have been let go."""
            gone = 0
            for client in slow:
                try:
                    client.send(b"v")
                except OSError:
                    gone += 1
            return gone == len(slow)

        wait_for("slow clients let go", drip)
        wait_for("deaf client let go", lambda: is_hung_up(deaf))
        check("console", console(folder, "pid"), f"{assayd.process.pid}\n")
        mail.finish()
        for client in (*slow, greedy, deaf):
            client.close()
        check("status", assayd.stop(), 0)


def cpu_ticks(pid):
    """CPU time of all threads."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
    return sum(map(int, words.split()[11:13]))


def console_ticks(pid):
    """CPU time of the console's threads; libmilter's accept is its own."""
    ticks = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name, words = (task / "stat").read_text().rsplit(")", 1)
        if name.endswith("(assay-console"):
            ticks += sum(map(int, words.split()[11:13]))
    return ticks


def test_c11_no_descriptors_and_idle_clients(folder):
    """C11: with 40 descriptors and 1,000 idle clients the console answers,
    it does not spin, and mail flows again when there are descriptors."""
    with Assayd(folder, text=config(folder)) as assayd:
        pid = assayd.process.pid
        idle = [connect(folder) for _ in range(IDLE_CLIENTS)]
        check("console", console(folder, "pid"), f"{pid}\n")
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (40, before[1]))
        # more mail than there are descriptors
        mail = [socket.socket(socket.AF_UNIX) for _ in range(60)]
        for client in mail:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # the backlog is full
                client.connect(f"{folder}/s")
        for _ in range(20):
            check("console", console(folder, "pid"), f"{pid}\n")
        for reason in ("max_clients", "no_descriptors"):
            check_in("log", f"reason={reason}", assayd.log.read_text())
        start = console_ticks(pid)
        threading.Event().wait(2)
        used = (console_ticks(pid) - start) / os.sysconf("SC_CLK_TCK")
        check(f"spins: {used} s of 2 s", used < 1, True)
        for client in mail:
            client.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        mta = Mta(folder)
        mta.connect()
        check("mail", mta.message(b"hello\r\n")[0] in (b"c", b"a"), True)
        mta.close()
        check("console", console(folder, "pid"), f"{pid}\n")
        for client in idle:
            client.close()
        check("status", assayd.stop(), 0)


def test_c11_mail_when_descriptors_run_out(folder):
    """C11: clients that are too many are hung up on, the others are served,
    nobody turns in circles, and all is well again afterwards."""
    with Assayd(folder, text=config(folder)) as assayd:
        pid = assayd.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (80, before[1]))
        mtas, refused = [], 0
        for _ in range(100):
            try:
                mtas.append(Mta(folder))
            except (Failure, OSError):
                refused += 1
        check("some are served", len(mtas) > 10, True)
        check("some are not", refused > 10, True)
        check("console", console(folder, "pid"), f"{pid}\n")
        check_in("log", "milter.crowded", assayd.log.read_text())
        mtas[0].connect()
        check("mail", mtas[0].message(b"hello\r\n")[0], b"c")
        start = cpu_ticks(pid)
        threading.Event().wait(2)
        used = (cpu_ticks(pid) - start) / os.sysconf("SC_CLK_TCK")
        check(f"spins: {used} s of 2 s", used < 1, True)
        for mta in mtas:
            mta.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        mta = Mta(folder)
        mta.connect()
        check("mail", mta.message(b"hello\r\n")[0], b"c")
        mta.close()
        check_in("log", "milter.uncrowded", assayd.log.read_text())
        check("status", assayd.stop(), 0)


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * IDLE_CLIENTS and hard >= 2 * IDLE_CLIENTS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (2 * IDLE_CLIENTS, hard))
    return run_tests(globals())


if __name__ == "__main__":
    sys.exit(main())
