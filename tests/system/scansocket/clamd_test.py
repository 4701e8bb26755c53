#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""The clamd protocol of the scan socket: commands, framing, sessions,
descriptors, verdicts, and what is refused."""

import base64
import os
import socket
import sys
import tempfile
import time

import scan_client as base
from assayd import Assayd, check, check_in, run_tests, wait_for
from scan_client import (CLEAN_MAIL, EICAR, FOUND, OK, chunk, connect,
                         infected_mail, instream, read_all, read_until,
                         scan, send_descriptors, talk)

STRAY = b"PROTOCOL ERROR: ancillary data sent without FILDES. ERROR"
NO_FILE = b": Assay opens no files of its clients: use INSTREAM or FILDES ERROR"


def serve(folder, options="", scope=""):
    return Assayd(folder, text=base.listener(options) +
                  base.engine(folder, options=scope))


def test_commands(folder):
    """Each in the framing that asks for it."""
    unavailable = b"COMMAND UNAVAILABLE"
    cases = [(b"PING", b"PONG", True)]
    cases += [(word, unavailable, True)
              for word in (b"RELOAD", b"SHUTDOWN", b"QUIT", b"SELFCHECK",
                           b"DETSTATS", b"DETSTATSCLEAR")]
    cases += [(word + b" /x: OK y", b"/x: OK y" + NO_FILE, plain)
              for word, plain in ((b"SCAN", True), (b"CONTSCAN", True),
                                  (b"MULTISCAN", True),
                                  (b"ALLMATCHSCAN", False))]
    cases += [(word, b"UNKNOWN COMMAND", True)
              for word in (b"", b"ping", b"PINGPING", b"STREAM", b"SESSION",
                           b"RAWSCAN /x", b"END", b"PING x", b"SCAN",
                           b"GET / HTTP/1.1", b"\xff" * 100)]
    with serve(folder) as assayd:
        for command, answer, plain in cases:
            check(command, talk(folder, b"z" + command + b"\0"),
                  answer + b"\0")
            check(command, talk(folder, b"n" + command + b"\n"),
                  answer + b"\n")
            wanted = answer if plain else b"UNKNOWN COMMAND"
            for end in (b"\n", b"\r\n"):
                check(command, talk(folder, command + end), wanted + b"\n")
        check("control characters", talk(folder, b"zSCAN /a\nb\x7f\0"),
              b"/a?b?" + NO_FILE + b"\0")
        check("stop", assayd.stop(), 0)


def test_version_and_stats_are_true(folder):
    with serve(folder) as assayd:
        version = talk(folder, b"zVERSION\0")
        check("name", version[:6], b"Assay ")
        check_in("epoch", b"/clamav-", version)
        both = talk(folder, b"nVERSIONCOMMANDS\n")
        check_in("version", version[:-1] + b"| COMMANDS: ", both)
        for word in (b"PING", b"INSTREAM", b"FILDES", b"IDSESSION"):
            check_in("commands", b" " + word, both)
        for word in (b"SCAN ", b"SHUTDOWN", b"RELOAD"):
            check(word, word in both, False)
        with connect(folder):
            wait_for("threads", lambda: b"THREADS: live 2  idle 1 max 100 " in
                     talk(folder, b"zSTATS\0"))
        stats = talk(folder, b"zSTATS\0")
        check_in("state", b"STATE: VALID PRIMARY\n", stats)
        check("end", stats[-5:], b"\nEND\0")
        check("not old", talk(folder, b"STATS\n"), b"UNKNOWN COMMAND\n")
        check("stop", assayd.stop(), 0)


def test_verdicts_of_streams(folder):
    """OK is only what was inspected in full."""
    locked = base.encrypted_zip()
    front = b"From x\nX-Envelope-From: <a>\nX-Envelope-To: b\n"
    attached = (b"From: a\r\nContent-Type: application/zip\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n")
    with serve(folder) as assayd:
        for data in (b"", b"x", CLEAN_MAIL, front + b"To: a\n\nhi\n", b"\0" * 99,
                     b"From x\n", b"X-Envelope-To: a\n", b"\n", b"zPING\0"):
            check(data, scan(folder, data), OK)
        for data in (EICAR, infected_mail(), infected_mail(b"\n"),
                     front + infected_mail(b"\n"), b"\r\n" + infected_mail(),
                     b"x" * 300000 + EICAR):
            check(data[:40], scan(folder, data), FOUND)
        for data in (locked, attached + base64.encodebytes(locked)):
            result = scan(folder, data)
            check_in("why", b"stream: unscannable (encrypted)", result)
            check("status", result[-6:], b" ERROR")
        check_in("log", 'scan.request listener="scan" peer="uid=',
                 assayd.log.read_text())
        check("stop", assayd.stop(), 0)


def test_nothing_hides_behind_a_guess(folder):
    """What begins like a mail and is none is found all the same: a scope that
    takes mails apart does not look at their headers."""
    header = b"X-Data: " + EICAR + b"\r\n\r\nhello\r\n"
    with serve(folder, scope=base.DECOMPOSE) as assayd:
        check("in a header", scan(folder, header), FOUND)
        check("no header", scan(folder, b"option: " + EICAR), FOUND)
        check("in front", scan(folder, b"X-Envelope-From: " + EICAR +
                               b"\nTo: a\n\nhello\n"), FOUND)
        check("stop", assayd.stop(), 0)


def test_listener_for_mail(folder):
    """Its guess counts where it is good, and only there."""
    header = b"X-Data: " + EICAR + b"\r\n\r\nhello\r\n"
    with serve(folder, 'content = "mail"', base.DECOMPOSE) as assayd:
        check("as a mail", scan(folder, header), OK)
        check("mail", scan(folder, infected_mail()), FOUND)
        check("blank first", scan(folder, b" " + header), FOUND)
        check("no mail", scan(folder, b"MZ" + EICAR), FOUND)
        check("stop", assayd.stop(), 0)


def test_any_split(folder):
    """A stream and a session, cut at each byte."""
    stream = instream(EICAR[:30], EICAR[30:])
    session = (b"zIDSESSION\0" + instream(EICAR) + b"nPING\n" +
               instream(b"x", command=b"nINSTREAM\n") + b"zEND\0")
    answers = (FOUND + b"\0", b"1: " + FOUND + b"\0" + b"2: PONG\n" + b"3: " +
               OK + b"\n")
    with serve(folder) as assayd:
        for data, answer in zip((stream, session), answers):
            for at in range(1, len(data)):
                with connect(folder) as client:
                    client.sendall(data[:at])
                    client.sendall(data[at:])
                    check(f"split at {at}", read_all(client), answer)
            with connect(folder) as client:
                for byte in data:
                    client.sendall(bytes([byte]))
                check("bytes", read_all(client), answer)
        check("stop", assayd.stop(), 0)


def test_client_that_goes_away(folder):
    """At each byte: no answer, and the next client has its own."""
    data = b"zIDSESSION\0" + instream(EICAR) + b"zPING\0"
    with serve(folder) as assayd:
        for at in range(len(data)):
            with connect(folder) as client:
                client.sendall(data[:at])
                client.shutdown(socket.SHUT_WR)
                check(f"cut at {at}", read_all(client) in
                      (b"", b"1: " + FOUND + b"\0"), True)
            with connect(folder) as client:
                client.sendall(data[:at])
        check("next", scan(folder, EICAR), FOUND)
        check("stop", assayd.stop(), 0)


def test_session(folder):
    """Answers carry numbers in the order of the commands; what is invalid ends
    the session."""
    with serve(folder) as assayd:
        with connect(folder) as client:
            client.sendall(b"nIDSESSION\n")
            for number in range(1, 300):
                client.sendall(b"zPING\0")
                check("answer", read_until(client, b"\0"),
                      b"%d: PONG\0" % number)
            client.sendall(b"zSCAN /x\0")
            check("path", read_until(client, b"\0"),
                  b"300: /x" + NO_FILE + b"\0")
            client.sendall(b"zEND\0")
            check("end", read_all(client), b"")
        for command in (b"zRELOAD\0", b"zCONTSCAN /x\0", b"zFOO\0",
                        b"zIDSESSION\0"):
            check(command, talk(folder, b"zIDSESSION\0" + command),
                  b"1: Command invalid inside IDSESSION. ERROR\0")
        check("plain", talk(folder, b"zIDSESSION\0PING\n"),
              b"1: Only nCMDS\\n and zCMDS\\0 are accepted inside IDSESSION. "
              b"ERROR\n")
        check("many", talk(folder, b"zIDSESSION\0" + b"zPING\0" * 2000 +
                           b"zEND\0").count(b": PONG\0"), 2000)
        check("one outside", talk(folder, b"zPING\0zPING\0"), b"PONG\0")
        check("stop", assayd.stop(), 0)


def test_descriptors(folder):
    """A file by its descriptor, wherever it stands, and nothing else."""
    with serve(folder) as assayd, tempfile.TemporaryFile() as file:
        file.write(EICAR)
        file.flush()
        fd = file.fileno()
        answer = talk(folder, b"zFILDES\0\0", [fd])
        check("name", answer[:3], b"fd[")
        check("verdict", answer.partition(b": ")[2], FOUND[8:] + b"\0")
        check_in("plain", FOUND[8:] + b"\n", talk(folder, b"FILDES\n\0", [fd]))
        for first in range(len(b"zFILDES\0") + 1):
            with connect(folder) as client:
                if first:
                    client.sendall(b"zFILDES\0"[:first])
                send_descriptors(client, b"zFILDES\0\0"[first:], [fd])
                check_in(f"from byte {first}", FOUND[8:], read_all(client))
        with connect(folder) as client:  # several in a session
            client.sendall(b"zIDSESSION\0")
            for _ in range(20):
                client.sendall(b"zFILDES\0")
                send_descriptors(client, b"\0", [fd])
            client.sendall(b"zEND\0")
            answers = read_all(client)
            check("answers", answers.count(FOUND[8:] + b"\0"), 20)
            check_in("number", b"\x0020: fd[", answers)
        check("none", talk(folder, b"zFILDES\0\0"),
              b"No file descriptor received. ERROR\0")
        check("two", talk(folder, b"zFILDES\0\0", [fd, fd]), STRAY + b"\0")
        check("many", talk(folder, b"zFILDES\0\0", [fd] * 200), STRAY + b"\0")
        check("with PING", talk(folder, b"zPING\0", [fd]), STRAY + b"\0")
        check("with a stream", talk(folder, instream(b"x"), [fd]),
              STRAY + b"\0")
        check("stop", assayd.stop(), 0)


def test_descriptors_that_are_no_files(folder):
    reader, writer = os.pipe()
    with serve(folder) as assayd, connect(folder) as client, open(
            "/dev/zero", "rb") as device, tempfile.TemporaryFile() as empty:
        for fd in (reader, writer, client.fileno(), device.fileno(),
                   os.open("/", os.O_RDONLY), os.open("/etc/passwd", os.O_PATH)):
            check_in("refused", b" ERROR\0", talk(folder, b"zFILDES\0\0", [fd]))
        check_in("empty", b"]: OK\0",
                 talk(folder, b"zFILDES\0\0", [empty.fileno()]))
        check("stop", assayd.stop(), 0)


def test_file_that_is_cut_meanwhile(folder):
    """No signal, no verdict about half of it; assayd lives."""
    with serve(folder) as assayd, tempfile.TemporaryFile() as file:
        for _ in range(30):
            file.truncate(8 << 20)
            with connect(folder) as client:
                send_descriptors(client, b"zFILDES\0\0", [file.fileno()])
                file.truncate(0)
                answer = read_all(client)
                check(answer, answer.endswith((b": OK\0", b" ERROR\0")), True)
        check("stop", assayd.stop(), 0)


def test_limits(folder):
    """Over max_size at once, whatever was announced; max_memory for all."""
    over = b"stream: larger than max_size ERROR\0"
    with serve(folder, "max_size = 100000 max_memory = 300000") as assayd:
        check("fits", scan(folder, b"x" * 100000), OK)
        check("one more", talk(folder, instream(b"x" * 100001)), over)
        check("cumulative", talk(folder, instream(*[b"x" * 1000] * 101)), over)
        check("4 GB", talk(folder, b"zINSTREAM\0\xff\xff\xff\xff" + b"x" * 999),
              over)
        check("and in a session", talk(
            folder, b"zIDSESSION\0zINSTREAM\0\xff\xff\xff\xff"), b"1: " + over)
        with tempfile.TemporaryFile() as file:
            file.truncate(100001)
            check_in("file", b"larger than 100000 bytes ERROR",
                     talk(folder, b"zFILDES\0\0", [file.fileno()]))
        clients = [connect(folder) for _ in range(3)]
        for client in clients:
            client.sendall(b"zINSTREAM\0" + chunk(b"x" * 90000))
        wait = time.monotonic() + base.PATIENCE_S
        while b"pools_used 0.2" not in talk(folder, b"zSTATS\0"):
            check("in time", time.monotonic() < wait, True)
        answer = scan(folder, b"x" * 90000)
        check_in("all together", b"max_memory ERROR", answer)
        for client in clients:
            client.close()
        while scan(folder, b"x" * 90000) != OK:
            check("in time", time.monotonic() < wait, True)
        check("long command", talk(folder, b"z" + b"x" * 9000),
              b"COMMAND TOO LONG. ERROR\0")
        check("stop", assayd.stop(), 0)


def test_slow_clients_are_told(folder):
    """With LF, whatever the command ended with: in it, in a chunk. One that says
    nothing has no protocol to be told in."""
    slow = b"COMMAND READ TIMED OUT\n"
    with serve(folder, "read_timeout = 1 timeout = 2") as assayd:
        clients = []
        for data in (b"", b"zPI", b"zINSTREAM\0\0", b"zINSTREAM\0\0\0\0\2x",
                     b"zFILDES\0", b"zIDSESSION\0", b"PING"):
            client = connect(folder)
            client.sendall(data)
            clients.append((data, client))
        for data, client in clients:
            check(data, read_all(client), slow if data else b"")
            client.close()
        with connect(folder) as client:  # a drip has its end, too
            client.sendall(b"zINSTREAM\0\0\0\xff\xff")
            end = time.monotonic() + base.PATIENCE_S
            client.settimeout(0.1)
            answer = b""
            while not answer and time.monotonic() < end:
                base.send_all(client, b"x")
                try:
                    answer = client.recv(100)
                except socket.timeout:
                    pass
            check("drip", answer, slow)
        check("stop", assayd.stop(), 0)


def test_no_engine_is_an_error(folder):
    with Assayd(folder, text=base.listener()) as assayd:
        for data in (b"", b"x", CLEAN_MAIL):
            answer = scan(folder, data)
            check(data, answer, b"stream: no-engine: no such engine ERROR")
        check("version", talk(folder, b"zVERSION\0").count(b"/"), 0)
        check("stop", assayd.stop(), 0)


def test_tcp(folder):
    port = base.free_port()
    text = (f'Scan_Listener "tcp" {{ Listen = "inet:{port}@127.0.0.1" }}\n' +
            base.listener("read_timeout = 5") + base.engine(folder))
    with Assayd(folder, text=text) as assayd:
        check("stream", scan(port, EICAR), FOUND)
        check("unix as well", scan(folder, EICAR), FOUND)
        check("too large", talk(port, b"zINSTREAM\0\xff\xff\xff\xff" +
                                b"x" * 500000),
              b"stream: larger than max_size ERROR\0")
        check("no descriptors here", talk(port, b"zFILDES\0\0"),
              b"No file descriptor received. ERROR\0")
        check_in("peer", 'peer="address=127.0.0.1 port=',
                 assayd.log.read_text())
        check_in("ready", f"inet:{port}@127.0.0.1", assayd.log.read_text())
        check("stop", assayd.stop(), 0)


def test_ipv6(folder):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as probe:
            port = probe.getsockname()[1]
    except OSError:
        return  # not on this machine
    text = f'Scan_Listener "tcp" {{ Listen = "inet6:{port}@[::1]" }}\n'
    with Assayd(folder, text=text) as assayd:
        with socket.create_connection(("::1", port), base.PATIENCE_S) as client:
            client.sendall(b"zPING\0")
            check("answer", read_all(client), b"PONG\0")
        check_in("ready", f'listen="inet6:{port}@[::1]"',
                 assayd.log.read_text())
        check("stop", assayd.stop(), 0)


if __name__ == "__main__":
    if not base.CLAMAV:
        print("skipped: built without the engine clamav")
        sys.exit(base.SKIPPED)
    sys.exit(run_tests(globals()))
