#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The process assayd: how it starts, refuses to, serves strangers and many
clients at once, and stops.

Each test is a function test_*; it gets a folder of its own.
"""

import concurrent.futures
import os
import pathlib
import pwd
import random
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from assayd import (  # noqa: E402
    ALL_STEPS, ASSAY, ASSAYD, EX_CONFIG, EX_USAGE, LISTENER, LUA, PATIENCE_S,
    SILENT_STEPS, Assayd, Failure, Mta, check, check_in, configure, run,
    run_tests, script, wait_for)


# ---- start ----------------------------------------------------------------


def test_command_line(folder):
    done = run("--version")
    check("status", (done.returncode, done.stderr), (0, ""))
    check_in("version", "assayd ", done.stdout)
    check("help", run("--help").returncode, 0)
    for arguments in (["--nonsense"], ["extra"], ["--log", "nowhere"]):
        done = run(*arguments)
        check(str(arguments), done.returncode, EX_USAGE)
        check(str(arguments), done.stderr.count("\n"), 2)
        check_in(str(arguments), "\nsee assayd --help\n", done.stderr)
    done = run("-c", folder / "missing.conf")
    check("no file", done.returncode, EX_CONFIG)
    check_in("no file", "missing.conf", done.stderr)


def test_wrong_configurations(folder):
    cases = [
        ("", "there is no stanza Milter_Listener"),
        ("Milter_Listener {}", "1:1: error: option 'Listen' is required"),
        (LISTENER * 2, "2:1: error: 'Milter_Listener' may stand here only"),
        ('Milter_Listener { Listen "SOCKET" { } }', "1:19: error: 'Listen'"),
        (LISTENER + "nonsense {}", "assay.conf:2:1"),
        ('Milter_Listener { Listen = "SOCKET" file_mod = 1 }', "file_mode"),
        ('Milter_Listener { Listen = "SOCKET" timeout = 0 }', "timeout"),
    ]
    for text, wanted in cases:
        done = run("-c", configure(folder, text))
        check(f"status of {text!r}: {done.stderr}", done.returncode, EX_CONFIG)
        check_in(repr(text), wanted, done.stderr)
        check("socket", (folder / "s").exists(), False)


def test_wrong_addresses_have_a_place(folder):
    """The same finding from assayd and from assay check."""
    port = "the port must be a number from 1 to 65535"
    cases = [("tcp:1", "neither unix:/path"), ("unix:s", "absolute path"),
             ("inet:0", port), ("inet:99999", port), ("inet:abc", port),
             ("inet:1@::1", "inet6:PORT@[ADDRESS]")]
    for address, wanted in cases:
        path = configure(folder, f'Milter_Listener {{ Listen = "{address}" }}')
        caret = "\n" + " " * 27 + "^" + "~" * (len(address) + 1) + "\n"
        checked = subprocess.run([ASSAY, "check", "-c", path], text=True,
                                 capture_output=True, timeout=PATIENCE_S,
                                 check=False)
        check(f"check of {address}", checked.returncode, 1)
        for done in (checked, run("-c", path)):
            check_in(address, f"{path}:1:28: error: 'Listen': ", done.stderr)
            check_in(address, wanted, done.stderr)
            check_in(address, caret, done.stderr)
        check(f"start with {address}", done.returncode, EX_CONFIG)


def test_engine_that_cannot_open(folder):
    """A signature folder that is missing or empty: assayd does not start."""
    text = LISTENER + f"""clamav {{}}
    antivirus "a" {{ clamav "c" {{ signatures = "{folder}/db" }} }}"""
    for make in (lambda: None, (folder / "db").mkdir):
        make()
        done = run("-c", configure(folder, text))
        check(f"status: {done.stderr}", done.returncode, 1)
        check_in("reason", str(folder / "db"), done.stderr)
        check("socket", (folder / "s").exists(), False)


def test_socket_in_use(folder):
    with Assayd(folder) as first:
        done = run("-c", folder / "assay.conf")
        check("second", done.returncode, 1)
        check_in("second", "another server listens on", done.stderr)
        mta = Mta(folder)
        check("first", mta.connect()[0], b"c")
        mta.close()
        check("stop", first.stop(), 0)


def test_listen_spellings(folder):
    """The address with and without a sign."""
    for text in (LISTENER, 'Milter_Listener { Listen "SOCKET" }'):
        with Assayd(folder, text=text) as assayd:
            mta = Mta(folder)
            check(text, mta.connect()[0], b"c")
            mta.close()
            check("stop", assayd.stop(), 0)


def test_file_mode(folder):
    text = 'Milter_Listener { Listen = "SOCKET" file_mode = 0640 }'
    with Assayd(folder, text=text) as assayd:
        check("mode", oct((folder / "s").stat().st_mode & 0o777), "0o640")
        check("stop", assayd.stop(), 0)


def test_daemon(folder):
    pid_file = folder / "pid"
    log = folder / "log"
    with log.open("w") as stderr:
        status = subprocess.call(
            [ASSAYD, "--daemon", "--log", "stderr", "--pid-file", pid_file,
             "-c", configure(folder, LISTENER)],
            stdin=subprocess.DEVNULL, stderr=stderr, timeout=PATIENCE_S)
    pid = int(pid_file.read_text())
    try:
        check("started", status, 0)
        check_in("log", "assayd.ready", log.read_text())
        mta = Mta(folder)
        check("serves", mta.connect()[0], b"c")
        mta.close()
        check("second", run("--daemon", "--pid-file", pid_file, "-c",
                            folder / "assay.conf").returncode, 1)
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for("end", lambda: not pid_file.exists() and
             not (folder / "s").exists())
    check_in("log", "assayd.stop", log.read_text())


def test_daemon_that_cannot_start(folder):
    done = run("--daemon", "-c", configure(folder, "nonsense {}"))
    check("status", done.returncode, EX_CONFIG)
    check_in("reason", "nonsense", done.stderr)


def test_user(folder):
    if os.geteuid() != 0:
        return
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with Assayd(folder, "--user", "nobody") as assayd:
        status = pathlib.Path(f"/proc/{assayd.process.pid}/status").read_text()
        check_in("uid", f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t", status)
        check("stop", assayd.stop(), 0)
    check("unknown", run("--user", "no-such-user", "-c",
                         folder / "assay.conf").returncode, 1)


def test_systemd_is_told(folder):
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.settimeout(PATIENCE_S)
        notify.bind(str(path))
        environment = dict(os.environ, NOTIFY_SOCKET=str(path))
        with Assayd(folder, env=environment) as assayd:
            check("start", notify.recv(100), b"READY=1")
            check("stop", assayd.stop(), 0)
            check("stop", notify.recv(100), b"STOPPING=1")


# ---- strangers and crowds -------------------------------------------------


def stranger(folder, data):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{folder}/s")
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # hung up on, which is fine


def test_strangers_do_no_harm(folder):
    chance = random.Random(1)
    lines = [b"zPING\0", b"EHLO client.test\r\nMAIL FROM:<a@b>\r\n",
             b"GET / HTTP/1.0\r\n\r\n", b"", b"\0", b"\0\0\0\1", b"\xff" * 64,
             b"\0\0\0\1O", b"\0\0\0\rO" + b"\0" * 12, b"\0\0\0\1E" * 50,
             b"\0\0\0\1Q", b"\0\0\0\1A\0\0\0\1E"]
    negotiated = b"\0\0\0\rO" + struct.pack(">III", 6, 0x1ff, 0x1fffff)
    lines += [negotiated + bytes(chance.randrange(256) for _ in range(200))
              for _ in range(20)]
    for letters in ("CHMRLNBEAQ", "MRLNBE", "RE", "BE", "E", "NE", "AAE"):
        lines.append(negotiated + b"".join(
            b"\0\0\0\3" + c.encode() + b"x\0" for c in letters))
    with Assayd(folder) as assayd:
        for line in lines:
            stranger(folder, line)
        mta = Mta(folder)
        check("connect", mta.connect()[0], b"c")
        check("message", mta.message(b"hello\r\n")[0], b"c")
        mta.close()
        check("stop", assayd.stop(), 0)


def test_next_client_over_the_same_connection(folder):
    """What Sendmail does: QUIT_NC, then CONNECT without a negotiation."""
    with Assayd(folder) as assayd:
        mta = Mta(folder)
        for _ in range(3):
            check("connect", mta.connect()[0], b"c")
            check("message", mta.message(b"hello\r\n")[0], b"c")
            mta.send(b"K")
        mta.close()
        size = len(b"Subject: test\r\n\r\nhello\r\n")
        check("size", assayd.log.read_text().count(f" size={size} "), 3)
        check("stop", assayd.stop(), 0)


def try_connect(folder):
    """Is there room for one more connection?"""
    mta = Mta(folder)
    letter = mta.connect()[0]
    mta.close()
    return letter == b"c"


def test_connection_limit(folder):
    text = 'Milter_Listener { Listen = "SOCKET" max_connections = 2 }'
    with Assayd(folder, text=text) as assayd:
        mtas = [Mta(folder) for _ in range(3)]
        letter, reply = mtas[2].connect()
        check("over the limit", (letter, reply[:3]), (b"y", b"421"))
        mtas.pop().close()
        mtas.pop(0).close()
        wait_for("room for one", lambda: try_connect(folder))
        for mta in mtas:
            mta.close()
        check("stop", assayd.stop(), 0)


def talk(folder, messages):
    mta = Mta(folder)
    check("connect", mta.connect()[0], b"c")
    for i in range(messages):
        if i % 5 == 4:
            check("mail", mta.call(b"M", b"<a@example.com>\0")[0], b"c")
            mta.send(b"A")
        check("message", mta.message(b"hello %d\r\n" % i)[0], b"c")
    mta.close()


def test_many_clients_and_reloads(folder):
    clients, messages, reloads = 8, 25, 5
    with Assayd(folder) as assayd:
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            jobs = [pool.submit(talk, folder, messages)
                    for _ in range(clients)]
            for i in range(reloads):
                assayd.process.send_signal(signal.SIGUSR1)
                assayd.wait_log("assayd.reload ", i + 1)
            for job in jobs:
                job.result()
        check("messages", assayd.log.read_text().count("message.done"),
              clients * messages)
        check("stop", assayd.stop(), 0)


# ---- stop -----------------------------------------------------------------


def test_signals_that_stop(folder):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Assayd(folder) as assayd:
            idle = Mta(folder)
            idle.connect()
            check(str(number), assayd.stop(number), 0)
            check("socket", (folder / "s").exists(), False)
            idle.close()


def test_steps_without_a_callout_are_not_waited_for(folder):
    with Assayd(folder):
        mta = Mta(folder, ALL_STEPS)
        check("steps", mta.steps & SILENT_STEPS, SILENT_STEPS)
        mta.send(b"C", b"client.test\0004" + struct.pack(">H", 25) +
                 b"192.0.2.1\0")
        mta.send(b"H", b"client.test\0")
        for _ in range(2):
            mta.send(b"M", b"<a@example.com>\0")
            mta.send(b"R", b"<b@example.org>\0")
            mta.send(b"L", b"Subject\0 test\0")
            mta.send(b"N")
            mta.send(b"B", b"hello\r\n")
            check("eom", mta.call(b"E")[0], b"c")
        mta.close()


def test_stop_at_the_very_start(folder):
    """A signal while libmilter starts its threads must not reach them."""
    for _ in range(10):
        with Assayd(folder) as assayd:
            check("status", assayd.stop(), 0)
            check_in("log", "assayd.stop reason=Terminated",
                     assayd.log.read_text())


def talk_until_refused(folder):
    """Messages that were begun and answered; every one must be both."""
    mta = Mta(folder)
    done = 0
    mta.connect()
    while True:
        try:
            letter, _ = mta.call(b"M", b"<a@example.com>\0")
        except (Failure, OSError):
            break  # assayd is gone, between two messages
        if letter != b"c":
            break
        check("rcpt", mta.call(b"R", b"<b@example.org>\0")[0], b"c")
        mta.send(b"N")
        mta.send(b"B", b"hello\r\n")
        letter, reply = mta.call(b"E")
        if letter == b"y":  # begun while assayd stops: it is not taken
            check("end", reply[:3], b"421")
            break
        check("end", letter, b"c")
        done += 1
    mta.close()
    return done


def test_stop_under_load_answers_what_was_begun(folder):
    clients = 8
    with Assayd(folder) as assayd:
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            jobs = [pool.submit(talk_until_refused, folder)
                    for _ in range(clients)]
            assayd.wait_log("message.done", 200)
            check("stop", assayd.stop(), 0)
            done = sum(job.result() for job in jobs)
        check("messages", assayd.log.read_text().count("message.done"), done)


def test_second_signal_ends_the_drain(folder):
    with Assayd(folder) as assayd:
        mta = Mta(folder)
        mta.connect()
        mta.call(b"M", b"<a@example.com>\0")
        assayd.process.send_signal(signal.SIGTERM)
        assayd.wait_log("assayd.stop")
        wait_for("socket removed", lambda: not (folder / "s").exists())
        check("stop", assayd.stop(), 0)
        check_in("log", "assayd.drain messages=1", assayd.log.read_text())
        mta.close()


def test_discarded_message_does_not_delay_a_stop(folder):
    """A recipient that ends the message: the drain has nothing to wait for."""
    if not LUA:
        return
    (folder / "rcpt.lua").write_text("""
require("msys.core")
require("msys.extended.message")
local mod = {}
function mod:validate_rcptto(msg)
    msg:discard("dropped")
    return msys.core.VALIDATE_CONT
end
msys.registerModule("rcpt", mod)
""")
    with Assayd(folder, text=LISTENER + script("rcpt")) as assayd:
        mta = Mta(folder)
        mta.connect()
        check("mail", mta.call(b"M", b"<a@example.com>\0")[0], b"c")
        check("rcpt", mta.call(b"R", b"<b@example.org>\0")[0], b"d")
        check("stop", assayd.stop(), 0)
        check("waited", "assayd.drain" in assayd.log.read_text(), False)
        mta.close()


def test_reload_that_hangs_does_not_keep_the_process(folder):
    """A script that spins while it loads; SIGTERM ends assayd all the same."""
    if not LUA:
        return
    with Assayd(folder) as assayd:
        (folder / "spin.lua").write_text('print("spinning") while true do end')
        configure(folder, LISTENER + script("spin", "time_limit = 600000"))
        assayd.process.send_signal(signal.SIGUSR1)
        assayd.wait_log("spinning")
        check("stop", assayd.stop(), 0)
        check_in("log", 'assayd.abandon reason="a reload is still running"',
                 assayd.log.read_text())
        check("socket", (folder / "s").exists(), False)


def test_finding_of_a_reload_is_one_line(folder):
    with Assayd(folder) as assayd:
        path = configure(folder, LISTENER.replace("Listen =", "Lisen ="))
        assayd.process.send_signal(signal.SIGUSR1)
        assayd.wait_log("assayd.reload_failed")
        lines = [line for line in assayd.log.read_text().splitlines()
                 if "assayd.finding" in line and "Lisen" in line]
        check("lines", len(lines), 1)
        check_in("finding", f'assayd.finding text="{path}:1:19: error: ',
                 lines[0])
        check_in("finding", "hint=\"did you mean 'Listen'?\"", lines[0])
        check("stop", assayd.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
