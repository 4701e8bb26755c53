#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
"""AV-23 end to end: `assay scan` with the clamav engine and `paranoid = 1`
over the evasion corpus. Every hidden test file is found; no harmless twin is
taken for it; mail of every day is clean."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MAKE = HERE.parent / "data" / "evasion" / "make.py"
# In two pieces, so that no file of the source tree is a detection itself.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}"
         b"$EICAR-STANDARD-ANTIVIRUS-TEST" + b"-FILE!$H+H*")


def configure(work):
    signatures = work / "db"
    signatures.mkdir()
    (signatures / "eicar.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
    conf = work / "assay.conf"
    conf.write_text('clamav { }\n'
                    'antivirus "av" {\n'
                    '    paranoid = 1\n'
                    '    timeout = 120\n'
                    '    clamav "clamav1" {\n'
                    f'        signatures = "{signatures}"\n'
                    f'        temporary = "{work}"\n'
                    '    }\n'
                    '}\n')
    return conf


def scan(build, conf, folder):
    """Status and info by name."""
    paths = sorted(folder.iterdir())
    done = subprocess.run(
        [build / "bin" / "assay", "scan", "-c", conf, "--json", *paths],
        stdout=subprocess.PIPE, text=True, check=False)
    answers = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if "path" in answer:
            answers[pathlib.Path(answer["path"]).stem] = (
                answer["status"], answer.get("info", ""))
    if set(answers) != {path.stem for path in paths}:
        sys.exit(f"{folder.name}: {len(answers)} answers to {len(paths)} mails")
    return answers


def check(answers, is_right, what):
    wrong = {name: answer for name, answer in answers.items()
             if not is_right(*answer)}
    for name, answer in sorted(wrong.items()):
        print(f"{what} {name}: {answer[0]} {answer[1]}")
    print(f"{what}: {len(answers)} mails, {len(wrong)} wrong answers")
    return len(wrong)


def main():
    build = pathlib.Path(os.environ["ASSAY_BUILD"])
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="assay-evasion-") as folder:
        work = pathlib.Path(folder)
        conf = configure(work)
        mails = work / "mails"
        subprocess.run([sys.executable, MAKE, mails], check=True)
        wrong += check(scan(build, conf, mails / "hidden"),
                       lambda status, info: status == "infected", "hidden")
        wrong += check(scan(build, conf, mails / "twin"),
                       lambda status, info: "Eicar" not in info and
                       (status == "clean" or
                        info.startswith("Paranoid.")), "twin")
        wrong += check(scan(build, conf, mails / "ordinary"),
                       lambda status, info: status == "clean", "ordinary")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
