#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""SMTP sessions per second of one Postfix with each of these behind it, round
by round in turn:

accept-all     milter_floor, which looks at nothing: what no milter can beat
clamav-milter  with clamd
assayd         the clamav engine, as it is by default
assayd parts   likewise with mime_decompose, so that known parts are not
               scanned again

All on the same signatures (conf/demo-signatures) and the same mails: of ten,
six small texts, three of 20 KB with an attachment, one with the test virus. A
session is one mail. In the first mix no body comes twice, so no cache helps;
in the second all bodies are of twenty mails, under headers that never come
again. Each service is a port of its own of the same Postfix, which throws away
what it accepts. What is refused is never queued, so a milter that looks may
come out ahead of one that accepts all.

Prints medians and their ratios, and the slowest and the fastest round; beside
them the CPU time of the milter side for a session, which other work on the
machine hardly changes. It asserts no time; it fails when an answer is not the
right one.
"""

import argparse
import base64
import functools
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
POSTFIX = SOURCE / "tests/system/support/private_postfix.sh"
SIGNATURES = SOURCE / "conf/demo-signatures"
SKIP = 77
PATIENCE_S = 60
# The test file of the antivirus makers, never in one piece in our files.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$"
         b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
MIX_SMALL, MIX_LARGE = 6, 3  # of ten; the rest are infected
MARKER = b"UNIQUE0000000000"  # what differs; in base64, too, where it stands
KNOWN_BODIES = 20
MAILS_A_SECOND = 1000  # that are made beforehand; more are made when needed

CONFIG = """
Milter_Listener {{
    Listen = "unix:{folder}/{name}.sock"
    file_mode = 0666
}}
clamav {{}}
antivirus "av1" {{
    timeout = 60
    file_base = "{folder}/{name}.tmp"
    mime_decompose = {decompose}
    clamav "clamav1" {{ signatures = "{signatures}" }}
}}
"""


class Failure(Exception):
    """Something that has to be so is not."""


# ---- mails ------------------------------------------------------------------


def words(rng, size):
    text = []
    while size > 0:
        line = " ".join(rng.choice(("mail", "signature", "invoice", "meeting",
                                    "the", "and", "scanner", "report"))
                        for _ in range(10))
        text.append(line)
        size -= len(line) + 2
    return MARKER + b"\r\n" + "\r\n".join(text).encode()


def base64_lines(data):
    """The first line is the marker."""
    text = base64.b64encode(data)
    return b"\r\n".join([MARKER] + [text[i:i + 76]
                                    for i in range(0, len(text), 76)])


def multipart(text, attachment):
    return (b"Content-Type: multipart/mixed; boundary=\"bound\"\r\n\r\n"
            b"--bound\r\nContent-Type: text/plain\r\n\r\n" + text +
            b"\r\n--bound\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=\"a.bin\"\r\n\r\n" +
            base64_lines(attachment) + b"\r\n--bound--\r\n")


@functools.cache
def body(kind, number):
    """What follows the first headers."""
    rng = random.Random(f"{kind}{number}")
    if kind == "small":
        return b"\r\n" + words(rng, 2000) + b"\r\n"
    if kind == "large":
        return multipart(words(rng, 3000), rng.randbytes(12000))
    return multipart(words(rng, 1000), EICAR)


def kind_of(number):
    place = number % 10
    if place < MIX_SMALL:
        return "small"
    return "large" if place < MIX_SMALL + MIX_LARGE else "infected"


class Mails:
    """Numbered mails; many threads. Those of a slot are made before it."""

    def __init__(self, is_unique):
        self.is_unique = is_unique
        self.number = 0
        self.ready = []
        self.lock = threading.Lock()

    def make(self):
        self.number += 1
        number = self.number
        token = b"%016d" % number if self.is_unique else MARKER
        header = (f"From: a@example.com\r\nTo: b@example.org\r\n"
                  f"Subject: bench\r\nMIME-Version: 1.0\r\n"
                  f"Message-Id: <{number}.{time.monotonic_ns()}@example.com>"
                  "\r\n").encode()
        kind = kind_of(number)
        text = body(kind, number % KNOWN_BODIES).replace(MARKER, token)
        return kind, header + text + b".\r\n"

    def prepare(self, count):
        while len(self.ready) < count:
            self.ready.append(self.make())

    def take(self):
        with self.lock:
            return self.ready.pop() if self.ready else self.make()


# ---- the client -------------------------------------------------------------


class Session:
    """One mail in one SMTP session, with as few round trips as PIPELINING
    allows."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port),
                                               timeout=PATIENCE_S)
        self.file = self.socket.makefile("rb")

    def reply(self):
        """Code and text of the last line."""
        while True:
            line = self.file.readline()
            if len(line) < 4:
                raise Failure("Postfix closed the connection")
            if line[3:4] != b"-":
                return int(line[:3]), line.decode("ascii", "replace").strip()

    def play(self, mail):
        self.reply()
        self.socket.sendall(b"EHLO client.test\r\n")
        self.reply()
        self.socket.sendall(b"MAIL FROM:<a@example.com>\r\n"
                            b"RCPT TO:<b@example.org>\r\nDATA\r\n")
        for want in (250, 250, 354):
            code, text = self.reply()
            if code != want:
                raise Failure(f"an envelope got {text!r}")
        self.socket.sendall(mail)
        result = self.reply()
        self.socket.sendall(b"QUIT\r\n")
        self.reply()
        return result

    def close(self):
        self.file.close()
        self.socket.close()


def send(port, mail):
    session = Session(port)
    try:
        return session.play(mail)
    finally:
        session.close()


class Load:
    """Sessions on one port by several clients, for a while."""

    def __init__(self, service, mails, concurrency):
        self.service = service
        self.mails = mails
        self.count = 0
        self.failures = []
        self.lock = threading.Lock()
        self.end = 0.0
        self.threads = [threading.Thread(target=self.work, daemon=True)
                        for _ in range(concurrency)]

    def is_right(self, kind, code):
        is_refused = kind == "infected" and self.service.looks
        return code == (550 if is_refused else 250)

    def work(self):
        while time.monotonic() < self.end and not self.failures:
            kind, mail = self.mails.take()
            try:
                code, text = send(self.service.port, mail)
                wrong = None if self.is_right(kind, code) else \
                    f"{self.service.name}: a {kind} mail got {text!r}"
            except (Failure, OSError) as error:
                wrong = f"{self.service.name}: {error}"
            with self.lock:
                self.count += 1
                if wrong:
                    self.failures.append(wrong)

    def run(self, seconds):
        """Sessions per second, and sessions."""
        start = time.monotonic()
        self.end = start + seconds
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise Failure(self.failures[0])
        return self.count / (time.monotonic() - start), self.count


# ---- servers ----------------------------------------------------------------


class Server:
    """A process, and the socket by which one knows that it serves, or what it
    says in its log then."""

    def __init__(self, command, path, log, ready=None):
        self.log = open(log, "wb")  # pylint: disable=consider-using-with
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([str(word) for word in command],
                                        stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        end = time.monotonic() + PATIENCE_S
        while not (ready in log.read_text() if ready else path.exists()):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise Failure(f"{command[0]} does not start:\n" +
                              log.read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Service:
    """A milter, and the port of Postfix that asks it."""

    def __init__(self, name, path, servers, looks=True):
        self.name = name
        self.path = path
        self.servers = servers
        self.looks = looks  # else it accepts whatever comes
        self.port = None

    def has_ended(self):
        return any(server.process.poll() is not None
                   for server in self.servers)

    def cpu_seconds(self):
        roots = {server.process.pid for server in self.servers}
        return cpu_of_trees(roots)


def cpu_of_trees(roots):
    """CPU seconds of processes and of all below them, also of ended ones."""
    parents, times = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        times[int(entry.name)] = sum(int(field) for field in fields[11:15])
    total = 0
    for pid, ticks in times.items():
        at = pid
        while at in parents and at not in roots:
            at = parents[at]
        if at in roots:
            total += ticks
    return total / os.sysconf("SC_CLK_TCK")


def start_floor(build, folder):
    path = folder / "floor.sock"
    server = Server([build / "tests/milter_floor", path], path,
                    folder / "floor.log")
    path.chmod(0o666)
    return Service("accept-all", path, [server], looks=False)


def start_assayd(build, folder, name, key, decompose):
    path = folder / f"{key}.sock"
    config = folder / f"{key}.conf"
    (folder / f"{key}.tmp").mkdir()
    config.write_text(CONFIG.format(folder=folder, name=key,
                                    decompose=decompose,
                                    signatures=SIGNATURES))
    return Service(name, path,
                   [Server([build / "bin/assayd", "-c", config], path,
                           folder / f"{key}.log", "assayd.ready")])


def start_clamav_milter(folder):
    clamd = folder / "clamd.sock"
    path = folder / "clamav-milter.sock"
    (folder / "clamd.tmp").mkdir()
    (folder / "clamd.conf").write_text(
        f"LocalSocket {clamd}\nDatabaseDirectory {SIGNATURES}\n"
        f"TemporaryDirectory {folder}/clamd.tmp\nForeground yes\nUser root\n"
        "MaxThreads 10\n")
    (folder / "clamav-milter.conf").write_text(
        f"MilterSocket {path}\nMilterSocketMode 666\n"
        f"ClamdSocket unix:{clamd}\nForeground yes\nUser root\n"
        "OnInfected Reject\nMaxFileSize 100M\n")
    daemon = Server(["clamd", "-c", folder / "clamd.conf"], clamd,
                    folder / "clamd.log")
    try:
        milter = Server(
            ["clamav-milter", "-c", folder / "clamav-milter.conf"], path,
            folder / "clamav-milter.log")
    except Failure:
        daemon.stop()
        raise
    return Service("clamav-milter", path, [milter, daemon])


# ---- Postfix ----------------------------------------------------------------


def postfix(*arguments):
    try:
        done = subprocess.run([POSTFIX, *map(str, arguments)], text=True,
                              stdout=subprocess.PIPE, check=False,
                              timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"Postfix hangs: {arguments}") from error
    return done.returncode, done.stdout.strip()


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_for_service(service):
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            send(service.port, b"Subject: first\r\n\r\nfirst\r\n.\r\n")
            return
        except (Failure, OSError) as error:
            if time.monotonic() > end or service.has_ended():
                raise Failure(f"{service.name}: {error}") from error
            time.sleep(0.05)


def start_postfix(folder, services):
    """One smtpd service for each milter, on ports of their own."""
    folder.mkdir()
    with (folder / "services").open("w") as more:
        for service, port in zip(services[1:], free_ports(len(services) - 1)):
            service.port = port
            more.write(f"127.0.0.1:{port} inet n - n - - smtpd\n"
                       f"  -o smtpd_milters=unix:{service.path}\n")
    status, text = postfix("start", folder, f"unix:{services[0].path}",
                           "default_transport = discard:", "relayhost =",
                           "smtpd_client_connection_count_limit = 0")
    if status != 0:
        raise Failure(f"Postfix does not start: {text}")
    services[0].port = int(postfix("port", folder)[1])
    for service in services:
        wait_for_service(service)


def wait_for_queue(folder):
    """What was accepted is gone: it is not of the next slot."""
    end = time.monotonic() + PATIENCE_S
    queues = [folder / "spool" / name for name in ("incoming", "active")]
    while any(path.is_file() for queue in queues
              for path in queue.rglob("*")):
        if time.monotonic() > end:
            raise Failure("the queue of Postfix does not run empty")
        time.sleep(0.05)


# ---- rounds -----------------------------------------------------------------


def run_mix(folder, services, is_unique, args):
    """Of each the sessions per second and the CPU milliseconds per session, by
    round."""
    speeds = {service.name: [] for service in services}
    costs = {service.name: [] for service in services}
    mails = Mails(is_unique)
    for service in services:  # what is remembered is remembered before
        mails.prepare(KNOWN_BODIES)
        Load(service, mails, args.concurrency).run(min(args.seconds, 1))
    for _ in range(args.rounds):
        for service in services:
            wait_for_queue(folder / "postfix")
            mails.prepare(int(args.seconds * MAILS_A_SECOND))
            before = service.cpu_seconds()
            speed, count = Load(service, mails,
                                args.concurrency).run(args.seconds)
            speeds[service.name].append(speed)
            costs[service.name].append(
                1000 * (service.cpu_seconds() - before) / count)
    return speeds, costs


def medians(of_all):
    return {name: statistics.median(values)
            for name, values in of_all.items()}


def report(title, all_speeds, all_costs):
    speeds, costs = medians(all_speeds), medians(all_costs)
    print(f"\n{title}")
    print(f"{'':14} {'sessions/s':>11} {'of the rounds':>15} "
          f"{'to accept-all':>14} {'to clamav-milter':>17} "
          f"{'milter CPU ms':>14}")
    for name, speed in speeds.items():
        span = f"{min(all_speeds[name]):.1f}-{max(all_speeds[name]):.1f}"
        print(f"{name:14} {speed:11.1f} {span:>15} "
              f"{speed / speeds['accept-all']:14.2f} "
              f"{speed / speeds['clamav-milter']:17.2f} {costs[name]:14.2f}",
              flush=True)


def version_of(*command):
    done = subprocess.run([str(word) for word in command], text=True,
                          capture_output=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def build_type(build):
    """What was measured is worth little without optimisation."""
    found = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$",
                      (build / "CMakeCache.txt").read_text(), re.M)
    return found[1] if found and found[1] else "no build type"


def print_versions(folder, args):
    print(version_of(args.build / "bin/assayd", "--version") +
          f", {build_type(args.build)}")
    print("postfix " + version_of("postconf", "-c", folder / "postfix/etc",
                                  "-h", "mail_version"))
    print(version_of("clamd", "--version"))
    print(version_of("clamav-milter", "--version"))
    print(f"{os.cpu_count()} processors, {args.concurrency} clients, "
          f"{args.rounds} rounds of {args.seconds:g} s for each")


def run(folder, args):
    services = []
    try:
        services.append(start_floor(args.build, folder))
        services.append(start_clamav_milter(folder))
        services.append(start_assayd(args.build, folder, "assayd", "whole",
                                     0))
        services.append(start_assayd(args.build, folder, "assayd parts",
                                     "parts", 1))
        start_postfix(folder / "postfix", services)
        print_versions(folder, args)
        report("no body comes twice",
               *run_mix(folder, services, True, args))
        report(f"bodies of {KNOWN_BODIES} mails, new headers",
               *run_mix(folder, services, False, args))
    finally:
        for service in services:
            for server in service.servers:
                server.stop()
        postfix("stop", folder / "postfix")


def why_not():
    missing, why = postfix("missing")
    if missing == 0:
        return why
    for program in ("clamd", "clamav-milter"):
        if not shutil.which(program):
            return f"the program {program} is not installed"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default="build/bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5,
                        help="of one service in one round")
    parser.add_argument("--concurrency", type=int, default=8)
    args = parser.parse_args()
    why = why_not()
    if why:
        print(f"skipped: {why}")
        return SKIP
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-smtp-"))
    folder.chmod(0o755)  # the user postfix opens the sockets
    try:
        run(folder, args)
    except Failure as error:
        print(f"FAILED: {error}")
        for log in sorted(folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
