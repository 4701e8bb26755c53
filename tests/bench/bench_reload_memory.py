#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""What memory scanner processes take while newer signatures are loaded, for
both ways to do it (reload = "beside" and "stop-then-load").

Counted is PSS of assayd and all its scanner processes: each page once, however
many share it. Prints the memory before, the most during a reload, and the ratio
of the two. It asserts nothing but that the reload took place. Needs root, for
scanner processes do not let others look.
"""

import argparse
import os
import pathlib
import random
import sys
import tempfile
import threading

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("ASSAY_BUILD", str(REPOSITORY / "build/bench"))
os.environ.setdefault("ASSAY_SOURCE", str(REPOSITORY))
sys.path[:0] = [str(REPOSITORY / "tests/system/chaos"),
                str(REPOSITORY / "tests/system/support")]

import chaos  # noqa: E402  it finds the others
import scanners  # noqa: E402


def write_signatures(folder, count):
    chance = random.Random(7)
    with open(folder / "bench.ndb", "w", encoding="ascii") as file:
        for number in range(count):
            file.write(f"Bench.Made-Up-{number}:0:*:"
                       f"{chance.randbytes(24).hex()}\n")


def pss_kb(leader):
    total = 0
    for pid in scanners.in_session(leader):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has ended
        total += int(text.split("\nPss:", 1)[1].split()[0])
    return total


class Watch(threading.Thread):
    """The most that is seen, looked at all the time."""

    def __init__(self, leader):
        super().__init__()
        self.leader = leader
        self.most = 0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.01):
            self.most = max(self.most, pss_kb(self.leader))


def measure(folder, reload_, count):
    signatures = chaos.folder_in(folder, "signatures")
    write_signatures(signatures, count)
    text = chaos.configuration(
        chaos.folder_in(folder), f'reload = "{reload_}" timeout = 60',
        rest="Signature_Check_Interval = 3600") \
        .replace(str(chaos.SIGNATURES), str(signatures))
    with scanners.Host(folder, text) as host:
        before, watch = pss_kb(host.pid), Watch(host.pid)
        (signatures / "more.ndb").write_text("Bench.More:0:*:" + "ab" * 24)
        watch.start()
        answer = chaos.console(folder, "antivirus:av reload")
        watch.done.set()
        watch.join()
        if not answer["engines"][0]["changed"]:
            sys.exit(f"nothing was reloaded: {answer}")
    return before, watch.most


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    for reload_ in ("beside", "stop-then-load"):
        for _ in range(args.rounds):
            with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
                before, most = measure(pathlib.Path(name), reload_,
                                       args.signatures)
            print(f"{reload_:<16}{before / 1024:8.1f} MB before, "
                  f"{most / 1024:8.1f} MB at most while it loads: "
                  f"ratio {most / before:.2f}", flush=True)


if __name__ == "__main__":
    main()
