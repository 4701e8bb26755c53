#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What a busy assayd does under trouble, round by round in turn:

reload    p99 latency of clean scans while signatures are swapped in again and
          again, against p99 without
overload  messages per second that get a verdict when three times as many
          arrive as can be scanned, against as many as can; and the verdicts
          per CPU second of the server, which other work on the machine does
          not change

Prints medians and ratios; asserts no time. It fails when a clean message is
refused without overload, or a message is not answered.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import tempfile
import threading
import time

import bench_milter as bench

CONFIG = """
Milter_Listener {{ Listen "unix:{socket}" }}
Signature_Check_Interval = 1
ThreadPool CPU {{ Concurrency = 2 }}
clamav {{}}
antivirus "av1" {{
    enabled = true
    timeout = {timeout}
    file_base = "{tmp}"
    clamav "clamav1" {{ signatures = "{signatures}" }}
}}
"""


def start(build, folder, name, timeout):
    socket = folder / f"{name}.sock"
    tmp = folder / f"{name}.tmp"
    tmp.mkdir()
    signatures = folder / f"{name}.signatures"
    shutil.copytree(folder / "signatures", signatures)
    config = folder / f"{name}.conf"
    config.write_text(CONFIG.format(socket=socket, tmp=tmp, timeout=timeout,
                                    signatures=signatures))
    return bench.Server([str(build / "bin/assayd"), "-c", str(config)], socket,
                        folder / f"{name}.log")


class Updater(threading.Thread):
    """Brings new signatures every second, as freshclam does: renamed."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.done = threading.Event()

    def run(self):
        number = 0
        while not self.done.wait(1.0):
            number += 1
            name = os.urandom(24).hex()
            fresh = self.folder / "extra.tmp"
            fresh.write_text(f"Bench.Extra-{number}:0:*:{name}\n")
            fresh.rename(self.folder / "extra.ndb")

    def end(self):
        self.done.set()
        self.join()


def reload_case(args, folder, files):
    server = start(args.build, folder, "reload", 60)
    quiet, busy = [], []
    options = ["--fresh-headers", "--marker", bench.MARKER]
    try:
        probe = bench.load(args.build, folder / "reload.sock", files,
                           args.messages, *options)
        rate = str(probe["per_second"] * 0.4)  # a server with room to spare
        for number in range(args.rounds):
            with_updates = (False, True) if number % 2 == 0 else (True, False)
            for is_busy in with_updates:
                updater = Updater(folder / "reload.signatures")
                if is_busy:
                    updater.start()
                (busy if is_busy else quiet).append(
                    bench.load(args.build, folder / "reload.sock", files,
                               args.messages, *options, "--rate", rate))
                if is_busy:
                    updater.end()
                time.sleep(2)  # the last swap ends
    finally:
        server.stop()
    for result in quiet + busy:
        if bench.accepted(result) != args.messages:
            raise SystemExit(f"reload: clean mail was refused: {result}")
    swaps = (folder / "reload.log").read_text().count("engine.signatures ")
    before = statistics.median(r["p99_ms"] for r in quiet)
    during = statistics.median(r["p99_ms"] for r in busy)
    print(f"reload: p99 {before:.1f} ms, {during:.1f} ms while signatures "
          f"reload ({swaps} times), ratio {during / before:.2f}", flush=True)


def overload_case(args, folder, files):
    server = start(args.build, folder, "overload", 2)
    capacity, goodput, refused = [], [], 0
    efficiency = []  # verdicts per CPU second, under overload against without
    options = ["--fresh-headers", "--marker", bench.MARKER]
    socket = folder / "overload.sock"
    try:
        bench.load(args.build, socket, files, args.messages, *options)
        for _ in range(args.rounds):
            started = server.cpu_seconds()
            result = bench.load(args.build, socket, files, args.messages,
                                *options)
            capacity.append(result["per_second"])
            cost = (server.cpu_seconds() - started) / args.messages
            started = server.cpu_seconds()
            rate = result["per_second"] * 3
            # Long enough for the queue to be full for most of the run.
            count = int(rate * args.seconds)
            result = bench.load(args.build, socket, files, count, *options,
                                "--rate", str(rate), "-t", "200")
            goodput.append(bench.accepted(result) / result["seconds"])
            efficiency.append(bench.accepted(result) * cost
                              / (server.cpu_seconds() - started))
            refused += count - bench.accepted(result)
    finally:
        server.stop()
    best, under = statistics.median(capacity), statistics.median(goodput)
    print(f"overload: {best:.0f}/s at capacity, {under:.0f}/s with a verdict "
          f"when three times as many come ({refused} were told to come again), "
          f"ratio {under / best:.2f}, per CPU second "
          f"{statistics.median(efficiency):.2f}", flush=True)
    log = (folder / "overload.log").read_text()
    for reason in ("overload", "timeout"):
        print(f"  {log.count('reason=' + reason)} scans ended by {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default="build/bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--signatures", type=int, default=20000)
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-"))
    try:
        bench.make_signatures(folder / "signatures", args.signatures)
        files = bench.make_corpus(folder / "unique", 40, 1, 3)
        reload_case(args, folder, files)
        overload_case(args, folder, files)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
