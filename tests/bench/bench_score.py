#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""bench_score against rspamd and spamd, which this starts on loopback and ends.

Prints what bench_score prints; asserts no time.
"""

import argparse
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True,
                        help="folder of the build, such as build/bench")
    parser.add_argument("--backend", choices=("rspamd", "spamd", "both"),
                        default="both")
    parser.add_argument("--rounds", default="10")
    parser.add_argument("--threads", default="16")
    parser.add_argument("--messages", default="400",
                        help="of rspamd; spamd gets a tenth")
    return parser.parse_args()


def run(args, backend, server, messages):
    subprocess.run(
        [args.build / "tests/bench_score", "--backend", backend, "--server",
         server, "--rounds", args.rounds, "--threads", args.threads,
         "--messages", str(messages)], check=True)


def main():
    args = parse()
    args.build = args.build.resolve()
    os.environ["ASSAY_BUILD"] = str(args.build)
    os.environ["ASSAY_SOURCE"] = str(SOURCE)
    sys.path.insert(0, str(SOURCE / "tests/system/cloudmark"))
    # pylint: disable=import-outside-toplevel,import-error
    import real_rspamd
    import real_spamd
    if args.backend != "spamd":
        service = real_rspamd.Rspamd()
        try:
            run(args, "rspamd", service.address, int(args.messages))
        finally:
            service.stop()
    if args.backend != "rspamd":
        service = real_spamd.Spamd()
        try:
            run(args, "spamd", service.addresses[1],
                max(1, int(args.messages) // 10))
        finally:
            service.stop()


if __name__ == "__main__":
    main()
