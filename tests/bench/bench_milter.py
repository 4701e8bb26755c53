#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""Messages per second through a milter: assayd against a milter that does
nothing (milter_floor) and against clamav-milter with clamd, on the same
signatures and messages, round by round in turn.

Prints the median of each and the ratios; against the floor also that of the
CPU time that a message costs server and load together, which says on a busy
machine what the ratio is on a quiet one. It asserts no time; it fails when a
server does not answer every message, or lets the infected one pass.
"""

import argparse
import base64
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MARKER = "UNIQUE0000000000"  # the load replaces it: such a mail is always new
PATIENCE_S = 60
EICAR = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS"
         + "-TEST-FILE!$H+H*")

POLICY = """
require("msys.core")
require("msys.av")
local mod = {}
function mod:validate_data(msg, accept, vctx)
    local status, info = msys.av.scan(nil, msg, vctx)
    if status == msys.av.EC_AV_INFECTED then
        vctx:set_code(550, "5.7.1 " .. info)
        return msys.core.VALIDATE_DONE
    elseif status ~= msys.av.EC_AV_CLEAN then
        vctx:set_code(451, "4.7.1 not scanned")
        return msys.core.VALIDATE_DONE
    end
    return msys.core.VALIDATE_CONT
end
msys.registerModule("bench", mod)
"""

CONFIG = """
Milter_Listener {{ Listen "unix:{socket}" }}
ThreadPool CPU {{ Concurrency = 4 }}
clamav {{}}
antivirus "av1" {{
    enabled = false
    timeout = 60
    file_base = "{tmp}"
    mime_decompose = {decompose}
    clamav "clamav1" {{ signatures = "{signatures}" }}
}}
scriptlet "scriptlet" {{ script "bench" {{ source = "policy" }} }}
"""


# ---- messages ---------------------------------------------------------------


def words(rng, size):
    text = []
    while size > 0:
        line = " ".join(rng.choice(("mail", "signature", "invoice", "meeting",
                                    "the", "and", "scanner", "report"))
                        for _ in range(10))
        text.append(line)
        size -= len(line) + 2
    return "\r\n".join(text)


def attachment(rng, size, is_new):
    data = base64.b64encode(rng.randbytes(size)).decode()
    lines = [data[i:i + 76] for i in range(0, len(data), 76)]
    if is_new and lines:
        lines[0] = MARKER + lines[0][len(MARKER):]
    return "\r\n".join(lines)


def make_mail(rng, size, is_new):
    """A mail of about size bytes: text, HTML, and an attachment."""
    text = min(size // 4, 12000)
    body = (f"{MARKER}\r\n" if is_new else "") + words(rng, text)
    rest = max(size - 3 * text, 0) * 3 // 4
    parts = ["Content-Type: text/plain\r\n\r\n" + body,
             "Content-Type: text/html\r\n\r\n<html><body><p>"
             + body + "</p></body></html>"]
    if rest > 600:
        parts.append("Content-Type: application/octet-stream\r\n"
                     "Content-Transfer-Encoding: base64\r\n"
                     'Content-Disposition: attachment; filename="a.bin"\r\n'
                     "\r\n" + attachment(rng, rest, is_new))
    boundary = f"b{rng.getrandbits(64):x}"
    return ("From: a@example.com\r\nTo: b@example.org\r\nSubject: bench\r\n"
            "MIME-Version: 1.0\r\n"
            f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
            + "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
            + f"--{boundary}--\r\n")


def make_corpus(folder, count, new_share, seed):
    """Mails of 147 KB on average, small ones and large ones."""
    folder.mkdir()
    rng = random.Random(seed)
    for i in range(count):
        size = int(147000 * (0.15, 0.3, 0.6, 1.0, 2.95)[i % 5])
        is_new = (i % 10) < round(new_share * 10)
        mail = make_mail(rng, size, is_new)
        (folder / f"{i:03}.eml").write_bytes(mail.encode())
    return sorted(str(path) for path in folder.iterdir())


def make_signatures(folder, count):
    folder.mkdir()
    rng = random.Random(7)
    with open(folder / "bench.ndb", "w", encoding="ascii") as out:
        for i in range(count):
            out.write(f"Bench.Test-{i}:0:*:{rng.randbytes(24).hex()}\n")
        out.write("Bench.EICAR:0:*:" + EICAR.encode().hex() + "\n")


# ---- servers ----------------------------------------------------------------


class Server:
    """A process, and the socket by which one knows that it serves."""

    def __init__(self, command, path, log):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(command, stdout=self.log,
                                        stderr=self.log)
        end = time.monotonic() + PATIENCE_S
        while not os.path.exists(path):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                sys.exit(f"{command[0]} does not start:\n"
                         + pathlib.Path(log).read_text(errors="replace"))
            time.sleep(0.02)

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return ((int(fields[11]) + int(fields[12]))
                / os.sysconf("SC_CLK_TCK"))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()


def start_assayd(build, folder, name, decompose):
    socket = folder / f"{name}.sock"
    config = folder / f"{name}.conf"
    policy = folder / "policy.lua"
    tmp = folder / f"{name}.tmp"
    tmp.mkdir()
    policy.write_text(POLICY)
    config.write_text(CONFIG.format(
        socket=socket, tmp=tmp, signatures=folder / "signatures",
        decompose=decompose))
    return Server([str(build / "bin/assayd"), "-c", str(config)],
                  socket, folder / f"{name}.log")


def start_clamav_milter(folder):
    clamd = folder / "clamd.sock"
    milter = folder / "clamav-milter.sock"
    (folder / "clamd.tmp").mkdir()
    (folder / "clamd.conf").write_text(
        f"LocalSocket {clamd}\nDatabaseDirectory {folder}/signatures\n"
        f"TemporaryDirectory {folder}/clamd.tmp\nForeground yes\nUser root\n"
        "MaxThreads 10\n")
    (folder / "clamav-milter.conf").write_text(
        f"MilterSocket {milter}\nClamdSocket unix:{clamd}\nForeground yes\n"
        "User root\nOnInfected Reject\nMaxFileSize 100M\n")
    return [Server(["clamd", "-c", str(folder / "clamd.conf")], clamd,
                   folder / "clamd.log"),
            Server(["clamav-milter", "-c", str(folder / "clamav-milter.conf")],
                   milter, folder / "clamav-milter.log")]


# ---- rounds -----------------------------------------------------------------


def load(build, socket, files, messages, *options):
    done = subprocess.run(
        [str(build / "tests/milter_load"), "-s", str(socket), "-t", "4", "-n",
         str(messages), *options, *files],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"milter_load: {done.stderr}")
    return json.loads(done.stdout)


def accepted(result):
    """clamav-milter says accept, the others continue."""
    replies = result["replies"]
    return replies.get("c", 0) + replies.get("a", 0)


def check_detects(build, folder, name):
    path = folder / "infected.eml"
    path.write_bytes(("From: a@example.com\r\nSubject: test\r\n\r\n" + EICAR
                      + "\r\n").encode())
    result = load(build, folder / f"{name}.sock", [str(path)], 1)
    if accepted(result) != 0:
        sys.exit(f"{name} lets the test virus pass: {result}")


# name, what it shows, servers, corpus, options of the load
CASES = [
    ("fresh headers", ("floor", "decomposed", "clamav-milter"), "repeated",
     ["--fresh-headers"]),
    ("whole repeated mails", ("floor", "whole"), "repeated", []),
    ("whole repeated mails, kept connections", ("floor", "whole"), "repeated",
     ["--keep"]),
    ("real mix", ("decomposed", "clamav-milter"), "mix",
     ["--fresh-headers", "--marker", MARKER]),
]


def cpu_seconds(server):
    """Of a server and of all loads so far; none is known of clamav-milter,
    which works in two processes."""
    if not server:
        return 0
    load_usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return server.cpu_seconds() + load_usage.ru_utime + load_usage.ru_stime


def run_case(build, folder, case, corpora, servers, rounds, messages):
    """Messages per second and CPU seconds per message of each server."""
    name, names, corpus, options = case
    speeds = {server: [] for server in names}
    costs = {server: [] for server in names}
    for server in names:  # what is remembered is remembered before
        load(build, folder / f"{server}.sock", corpora[corpus],
             len(corpora[corpus]), *options)
    for _ in range(rounds):
        for server in names:
            count = messages * (10 if server == "floor" else 1)
            if server == "clamav-milter" or corpus == "mix":
                count = max(messages // 4, 1)
            before = cpu_seconds(servers.get(server))
            result = load(build, folder / f"{server}.sock", corpora[corpus],
                          count, *options)
            if accepted(result) != count:
                sys.exit(f"{name}: {server} refused clean mail: {result}")
            speeds[server].append(result["per_second"])
            costs[server].append(
                (cpu_seconds(servers.get(server)) - before) / count)
    return [{server: statistics.median(values)
             for server, values in of_all.items()}
            for of_all in (speeds, costs)]


def report(name, speeds, costs):
    ours = "decomposed" if "decomposed" in speeds else "whole"
    parts = [f"{server} {speed:.0f}/s" for server, speed in speeds.items()]
    for other in ("floor", "clamav-milter"):
        if other in speeds:
            parts.append(
                f"assayd/{other} {speeds[ours] / speeds[other]:.2f}")
    if "floor" in speeds:
        parts.append(f"by CPU time {costs['floor'] / costs[ours]:.2f}")
    print(f"{name}: " + ", ".join(parts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default="build/bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--signatures", type=int, default=20000)
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-"))
    servers = {}
    clamav = []
    try:
        make_signatures(folder / "signatures", args.signatures)
        corpora = {"repeated": make_corpus(folder / "repeated", 40, 0, 1),
                   "mix": make_corpus(folder / "mix", 40, 0.6, 2)}
        floor = folder / "floor.sock"
        servers["floor"] = Server(
            [str(args.build / "tests/milter_floor"), str(floor)], floor,
            folder / "floor.log")
        for name, decompose in (("whole", 0), ("decomposed", 1)):
            servers[name] = start_assayd(args.build, folder, name, decompose)
        clamav = start_clamav_milter(folder)
        for name in ("whole", "decomposed", "clamav-milter"):
            check_detects(args.build, folder, name)
        for case in CASES:
            report(case[0], *run_case(args.build, folder, case, corpora,
                                      servers, args.rounds, args.messages))
    finally:
        for server in [*clamav, *servers.values()]:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
