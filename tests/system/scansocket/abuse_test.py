#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Clients of the scan socket that misbehave, several at once, beside one that
does not; how many there may be; start and stop."""

import os
import pathlib
import signal
import sys
import tempfile
import threading

import scan_client as base
from assayd import (EX_CONFIG, Assayd, Mta, check, check_in, configure, run,
                    run_tests, wait_for)
from scan_client import (EICAR, FOUND, OK, chunk, connect, instream, parse,
                         read_all, read_until, request, scan, send_all,
                         send_descriptors, talk)

PAUSE_S = 0.002  # of those that would else take all of the processor
REFUSED = b"Too many connections. ERROR"


def serve(folder, options=""):
    return Assayd(folder, text=base.listener(options) + base.engine(folder))


def drip(folder, stop):
    """A byte of a stream, now and then."""
    with connect(folder) as client:
        client.sendall(b"zINSTREAM\0" + b"\0\xff\xff\xff")
        while not stop.wait(0.02):
            send_all(client, b"x")


def flood(folder, stop):
    """Streams without an end."""
    data = chunk(b"x" * 65536)
    while not stop.wait(PAUSE_S):
        with connect(folder) as client:
            client.sendall(b"zINSTREAM\0")
            for _ in range(100):
                if stop.is_set():
                    break
                send_all(client, data)


def disconnect(folder, stop):
    """Gone in the middle of everything."""
    data = b"zIDSESSION\0" + instream(EICAR) + b"zVERSION\0"
    at = 0
    while not stop.wait(PAUSE_S):
        with connect(folder) as client:
            send_all(client, data[:at % len(data)])
        with connect(folder) as client:
            send_all(client, request()[:at % 80])
        at += 1


def announce(folder, stop):
    """4 GB that never come."""
    while not stop.wait(PAUSE_S):
        talk(folder, b"zINSTREAM\0\xff\xff\xff\xff")
        talk(folder, request(where="body=inline 4294967295"))


def never_read(folder, stop):
    """Commands by the thousand, and no reply is read."""
    with connect(folder) as client:
        client.setblocking(False)
        sent = b"zIDSESSION\0"
        while not stop.wait(0.001):
            try:
                client.send(sent + b"zSTATS\0" * 500)
                sent = b""
            except BlockingIOError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return


def descriptors(folder, stop):
    """Too many of them, in the wrong places. Those in flight count for all
    processes of the user, so each is waited for."""
    with tempfile.TemporaryFile() as file:
        fds = [file.fileno()]
        while not stop.wait(PAUSE_S):
            for data, count in ((b"zFILDES\0\0", 100), (b"zPING\0", 1),
                                (b"assay/1 scan\nx\n", 30), (b"x\n", 1)):
                talk(folder, data, fds * count)
            with connect(folder) as client:
                for _ in range(20):  # one after the other, beside one byte
                    try:
                        send_descriptors(client, b"z", fds)
                    except OSError:
                        break
                send_all(client, b"\0")
                read_all(client)


def garbage(folder, stop):
    number = 0
    while not stop.wait(PAUSE_S):
        number = (number * 1103515245 + 12345) % (1 << 31)
        talk(folder, number.to_bytes(4, "big") * 50 + b"\n\0")


ABUSES = (drip, flood, disconnect, announce, never_read, descriptors, garbage)


def files_of_clients(assayd):
    """Those that were sent; scanner processes have memfds and sockets."""
    found = []
    folder = pathlib.Path(f"/proc/{assayd.process.pid}/fd")
    for path in folder.iterdir():
        try:
            found.append(os.readlink(path))
        except FileNotFoundError:
            pass
    return [name for name in found
            if name.startswith(tempfile.gettempdir()) and "deleted" in name]


def test_normal_client_beside_the_others(folder):
    """It gets its answers while all of them are at it, and nothing of theirs is
    left behind."""
    with serve(folder, "read_timeout = 2 timeout = 3 max_size = 10000000 "
               "max_connections = 5000") as assayd:
        check("first", scan(folder, EICAR), FOUND)
        stop = threading.Event()
        threads = [threading.Thread(target=abuse, args=(folder, stop))
                   for abuse in ABUSES]
        for thread in threads:
            thread.start()
        try:
            for number in range(50):
                check("infected", scan(folder, EICAR), FOUND)
                check("clean", scan(folder, b"%d" % number), OK)
                first, values = parse(talk(folder, request("scan",
                                                           body=EICAR)))
                check("assay", first, "assay/1 ok")
                check("assay", values["status"], ["infected"])
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        wait_for("connections end", lambda: b"live 1 " in
                 talk(folder, b"zSTATS\0"))
        wait_for("descriptors are closed",
                 lambda: not files_of_clients(assayd))
        check_in("memory", b"pools_used 0.000M", talk(folder, b"zSTATS\0"))
        check("stop", assayd.stop(), 0)


def test_one_client_too_many(folder):
    """It is told so in its own protocol, and hung up on beyond a few more."""
    with serve(folder, "max_connections = 3") as assayd:
        clients = [connect(folder) for _ in range(3)]
        for client in clients:
            client.sendall(b"zIDSESSION\0zPING\0")
            check("first ones", read_until(client, b"\0"), b"1: PONG\0")
        check("clamd", talk(folder, b"zPING\0"), REFUSED + b"\0")
        check("clamd, LF", talk(folder, b"PING\n"), REFUSED + b"\n")
        check("stream", talk(folder, instream(b"x" * 100000)),
              REFUSED + b"\0")
        check("assay", talk(folder, request()),
              b"assay/1 error Too many connections\nend\n")
        more = [connect(folder) for _ in range(16)]
        last = connect(folder)
        check("beyond", read_all(last), b"")
        check_in("log", "scan.refused", assayd.log.read_text())
        for client in [*more, last]:
            client.close()
        for client in clients:
            client.sendall(instream(EICAR))
            check_in("served", FOUND, read_until(client, b"\0"))
            client.close()
        wait_for("place", lambda: talk(folder, b"zPING\0") == b"PONG\0")
        check("stop", assayd.stop(), 0)


def test_stop_finishes_what_was_begun(folder):
    """Idle clients go at once, a request has its answer, a stalled one ends with
    a second signal, and the socket is gone."""
    with serve(folder) as assayd:
        idle, busy, session = (connect(folder) for _ in range(3))
        session.sendall(b"zIDSESSION\0zPING\0")
        read_until(session, b"\0")
        busy.sendall(instream(EICAR)[:-4])
        wait_for("busy", lambda: b"live 4  idle 2 " in
                 talk(folder, b"zSTATS\0"))
        assayd.process.send_signal(signal.SIGTERM)
        check("idle", read_all(idle), b"")
        check("session", read_all(session), b"")
        check("socket", (folder / "s").exists(), False)
        busy.sendall(chunk(b""))
        check("busy", read_all(busy), FOUND + b"\0")
        check("status", assayd.process.wait(base.PATIENCE_S), 0)
        for client in (idle, busy, session):
            client.close()


def test_stop_does_not_wait_for_ever(folder):
    with serve(folder) as assayd, connect(folder) as stalled, \
            connect(folder) as assay:
        stalled.sendall(b"zINSTREAM\0\0")
        assay.sendall(b"assay/1 check\n")
        wait_for("busy", lambda: b"live 3  idle 0 " in
                 talk(folder, b"zSTATS\0"))
        assayd.process.send_signal(signal.SIGTERM)
        wait_for("drain", lambda: not (folder / "s").exists())
        check("status", assayd.stop(), 0)
        check("nothing was said", read_all(stalled), b"")
        check("assay", read_all(assay),
              b"assay/1 error the server stops\nend\n")


def test_stale_socket_and_one_in_use(folder):
    text = base.listener()
    with Assayd(folder, text=text) as first:
        done = run("-c", folder / "assay.conf")
        check("second", done.returncode, 1)
        check_in("why", "another server listens on", done.stderr)
        check("first", talk(folder, b"zPING\0"), b"PONG\0")
        first.process.kill()
        first.process.wait()
    check("left behind", (folder / "s").exists(), True)
    with Assayd(folder, text=text) as second:
        check("mode", oct((folder / "s").stat().st_mode & 0o777), "0o660")
        check("second", talk(folder, b"zPING\0"), b"PONG\0")
        check("stop", second.stop(), 0)
    check("removed", (folder / "s").exists(), False)


def test_one_listener_is_needed(folder):
    """Of either kind; and both go together."""
    done = run("-c", configure(folder, "clamav {}\n"))
    check("none", done.returncode, EX_CONFIG)
    check_in("why", "no stanza Milter_Listener and no Scan_Listener",
             done.stderr)
    inner = pathlib.Path(folder) / "scan"
    inner.mkdir()
    text = (f'Milter_Listener {{ Listen = "SOCKET" }}\n'
            f'Scan_Listener "a" {{ Listen = "unix:{inner}/s" '
            'file_mode = 0600 }\n')
    with Assayd(folder, text=text) as assayd:
        mta = Mta(folder)
        check("milter", mta.connect()[0], b"c")
        check("scan socket", talk(inner, b"zPING\0"), b"PONG\0")
        check("mode", oct((inner / "s").stat().st_mode & 0o777), "0o600")
        mta.close()
        check("stop", assayd.stop(), 0)


def test_wrong_settings_have_a_place(folder):
    cases = [('Scan_Listener { Listen = "SOCKET" }', "needs an instance name"),
             ('Scan_Listener "a" { }', "Listen"),
             ('Scan_Listener "a" { Listen = "tcp:1" }', "neither unix:/path"),
             (base.listener("max_connections = 0"), "max_connections"),
             (base.listener('content = "virus"'), "content"),
             (base.listener() * 2, "named 'scan' already")]
    for text, wanted in cases:
        done = run("-c", configure(folder, text))
        check(f"status: {done.stderr}", done.returncode, EX_CONFIG)
        check_in("why", wanted, done.stderr)


def test_reload_keeps_the_socket(folder):
    text = base.listener() + base.engine(folder)
    with Assayd(folder, text=text) as assayd, connect(folder) as client:
        client.sendall(b"zIDSESSION\0zPING\0")
        read_until(client, b"\0")
        configure(folder, text.replace('"scan"', '"other"'))
        assayd.process.send_signal(signal.SIGUSR1)
        assayd.wait_log("assayd.reload ")
        check_in("log", "host.needs_restart stanza=Scan_Listener",
                 assayd.log.read_text())
        client.sendall(instream(EICAR))
        check("session", read_until(client, b"\0"), b"2: " + FOUND + b"\0")
        check("new client", scan(folder, EICAR), FOUND)
        check("stop", assayd.stop(), 0)


if __name__ == "__main__":
    if not base.CLAMAV:
        print("skipped: built without the engine clamav")
        sys.exit(base.SKIPPED)
    sys.exit(run_tests(globals()))
